#include "protocol/ftp/words.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "protocol/core/goodbye.h"
#include "protocol/core/harmless.h"
#include "protocol/text/lines.h"

namespace starlock::protocol::ftp {
namespace {

// Removes the Telnet signals that may precede ABOR: IAC IP and IAC DM (RFC 959 4.1.3).
std::string_view WithoutTelnet(std::string_view line) {
  constexpr char kIac = '\xff';
  while (line.size() >= 2 && line[0] == kIac && (line[1] == '\xf4' || line[1] == '\xf2')) line.remove_prefix(2);
  return line;
}

// Removes a number from the front of `text`; nullopt: there is none, or it exceeds `max`.
std::optional<unsigned> TakeNumber(std::string_view& text, unsigned max) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number > max) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

// `h1,h2,h3,h4,p1,p2` at the front of `text`.
std::optional<Place> TakePlace(std::string_view text) {
  std::array<unsigned, 6> numbers{};
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0) {
      if (text.empty() || text[0] != ',') return std::nullopt;
      text.remove_prefix(1);
    }
    const auto number = TakeNumber(text, 255);
    if (!number) return std::nullopt;
    numbers[i] = *number;
  }
  if (!text.empty() && IsDigit(text[0])) return std::nullopt;
  return Place{fmt::format("{}.{}.{}.{}", numbers[0], numbers[1], numbers[2], numbers[3]),
               static_cast<uint16_t>(numbers[4] * 256 + numbers[5])};
}

// Whether a line of a FEAT reply names a command that we answer ourselves.
bool IsOurs(std::string_view line) {
  line = Content(line);
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  const std::string_view word = TakeWord(line);
  constexpr std::string_view kOurs[] = {"AUTH", "PBSZ", "PROT", "CCC", "ADAT", "MIC", "CONF", "ENC"};
  return std::any_of(std::begin(kOurs), std::end(kOurs), [&](std::string_view own) { return EqualsNoCase(word, own); });
}

std::string_view Offered(Offer offer) {
  switch (offer) {
    case Offer::kNothing:
      return "";
    case Offer::kAuth:
      return " AUTH TLS\r\n PBSZ\r\n PROT\r\n";
    case Offer::kInside:
      return " PBSZ\r\n PROT\r\n";
  }
  return "";
}

// Some servers split a long line (inetutils at 511 bytes) and execute the rest. What begins there could be a command
// that must not cross: one for data connections, or for TLS.
bool MayHideCommand(std::string_view line) {
  constexpr size_t kShortestSplit = 500;
  constexpr std::string_view kHidden[] = {"PORT", "EPRT", "LPRT", "PASV", "EPSV", "LPSV", "CPSV",
                                          "SPSV", "XPSV", "LIST", "NLST", "MLSD", "RETR", "STOR",
                                          "STOU", "APPE", "AUTH", "PROT", "CCC"};
  const std::string_view tail = line.substr(std::min(line.size(), kShortestSplit));
  return std::any_of(std::begin(kHidden), std::end(kHidden),
                     [tail](std::string_view verb) { return ContainsNoCase(tail, verb); });
}

}  // namespace

Command Parse(std::string_view line) {
  static constexpr KnownWord<Verb> kKnown[] = {
      {"AUTH", Verb::kAuth},     {"PBSZ", Verb::kPbsz},     {"PROT", Verb::kProt},     {"CCC", Verb::kCcc},
      {"ADAT", Verb::kForeign},  {"MIC", Verb::kForeign},   {"CONF", Verb::kForeign},  {"ENC", Verb::kForeign},
      {"LPRT", Verb::kForeign},  {"LPSV", Verb::kForeign},  {"SPSV", Verb::kForeign},  {"CPSV", Verb::kForeign},
      {"XPSV", Verb::kForeign},  {"SSCN", Verb::kForeign},  {"PASV", Verb::kPasv},     {"EPSV", Verb::kEpsv},
      {"PORT", Verb::kPort},     {"EPRT", Verb::kEprt},     {"RETR", Verb::kTransfer}, {"STOR", Verb::kTransfer},
      {"APPE", Verb::kTransfer}, {"STOU", Verb::kTransfer}, {"LIST", Verb::kTransfer}, {"NLST", Verb::kTransfer},
      {"MLSD", Verb::kTransfer}, {"ABOR", Verb::kAbor},     {"STAT", Verb::kStat},     {"REIN", Verb::kRein},
      {"FEAT", Verb::kFeat},     {"NOOP", Verb::kNoop},     {"QUIT", Verb::kQuit},
  };
  const bool harmless = IsExactly(line, {"FEAT", "SYST", "NOOP", "HELP", "QUIT"});
  line = WithoutTelnet(line);
  const auto end = std::find_if_not(line.begin(), line.end(), IsLetterOrDigit);
  const std::string_view word = line.substr(0, static_cast<size_t>(end - line.begin()));
  std::string_view rest = line.substr(word.size());
  // Servers disagree on where a verb ends, and on Telnet bytes inside it. A line that any server may take for PORT is
  // refused.
  if (word.empty() || (rest[0] != ' ' && rest != "\r\n") || MayHideCommand(line)) return {Verb::kGarbled, {}, line};
  rest = Content(rest);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return {FindVerb(kKnown, word, Verb::kOther), rest, line, harmless};
}

int CodeOf(std::string_view line) {
  if (line.size() < 5 || !IsDigit(line[0]) || !IsDigit(line[1]) || !IsDigit(line[2])) return -1;
  if (line[3] != ' ' && line[3] != '-' && line.substr(3) != "\r\n") return -1;
  return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

bool IsLastLine(std::string_view line, int code) { return CodeOf(line) == code && line[3] != '-'; }

Frame CutReply(std::string_view in, Scan& scan) {
  return CutUnitOfLines(in, scan, [in](std::string_view line) {
    const int code = CodeOf(in);
    if (code < 0) return Frame::Bad("not a reply");
    return IsLastLine(line, code) ? Frame::Whole(line.size()) : Frame::Partial();
  });
}

// RFC 1123 4.1.2.6: the numbers may be anywhere after the code, with or without parentheses.
uint16_t PortInPasv(std::string_view reply) {
  for (size_t at = 4; at < reply.size(); ++at) {
    if (!IsDigit(reply[at]) || IsDigit(reply[at - 1])) continue;
    if (const auto place = TakePlace(reply.substr(at))) return place->port;
  }
  return 0;
}

uint16_t PortInEpsv(std::string_view reply) {
  const size_t open = reply.find('(');
  if (open == std::string_view::npos) return 0;
  std::string_view text = reply.substr(open + 1);
  if (text.size() < 4 || text[1] != text[0] || text[2] != text[0]) return 0;
  const char delimiter = text[0];
  text.remove_prefix(3);
  const auto port = TakeNumber(text, 65535);
  return port && !text.empty() && text[0] == delimiter ? static_cast<uint16_t>(*port) : uint16_t{0};
}

std::optional<Place> ParsePort(std::string_view argument) {
  const bool plain = argument.find_first_not_of("0123456789,") == std::string_view::npos;
  const bool six = std::count(argument.begin(), argument.end(), ',') == 5;
  return plain && six ? TakePlace(argument) : std::nullopt;
}

std::optional<Place> ParseEprt(std::string_view argument) {
  if (argument.size() < 7) return std::nullopt;
  const char delimiter = argument[0];
  std::array<std::string_view, 3> fields;
  argument.remove_prefix(1);
  for (std::string_view& field : fields) {
    const size_t end = argument.find(delimiter);
    if (end == std::string_view::npos) return std::nullopt;
    field = argument.substr(0, end);
    argument.remove_prefix(end + 1);
  }
  const auto port = TakeNumber(fields[2], 65535);
  if (!argument.empty() || !fields[2].empty() || !port) return std::nullopt;
  if (fields[0] != (IsIpv6(fields[1]) ? "2" : "1")) return std::nullopt;
  return Place{std::string(fields[1]), static_cast<uint16_t>(*port)};
}

bool IsIpv6(std::string_view address) { return address.find(':') != std::string_view::npos; }

bool SameAddress(const std::string& a, const std::string& b) {
  const int family = IsIpv6(a) ? AF_INET6 : AF_INET;
  std::array<unsigned char, 16> first{};
  std::array<unsigned char, 16> second{};
  // The scope of a link-local address has a meaning on its own host only.
  return inet_pton(family, a.substr(0, a.find('%')).c_str(), first.data()) == 1 &&
         inet_pton(family, b.substr(0, b.find('%')).c_str(), second.data()) == 1 && first == second;
}

std::string PasvReply(std::string_view host, uint16_t port) {
  if (host.empty() || IsIpv6(host)) return {};
  std::string numbers(host);
  std::replace(numbers.begin(), numbers.end(), '.', ',');
  return fmt::format("227 Entering Passive Mode ({},{},{}).\r\n", numbers, port / 256, port % 256);
}

std::string EpsvReply(uint16_t port) { return fmt::format("229 Entering Extended Passive Mode (|||{}|).\r\n", port); }

std::string OwnFeatures(Offer offer) { return fmt::format("211-Features:\r\n{}211 End\r\n", Offered(offer)); }

std::string EditFeatures(std::string_view reply, Offer offer) {
  const int code = CodeOf(reply);
  const auto lines = LinesOf(reply);
  const bool single = lines.size() == 1;
  const bool none = single && (code == 211 || code / 100 == 5);  // no features, or FEAT is not supported
  if (none && offer != Offer::kNothing) return OwnFeatures(offer);
  if (code != 211 || single) return std::string(reply);
  std::string edited(lines.front());
  edited += Offered(offer);
  for (size_t i = 1; i + 1 < lines.size(); ++i) {
    if (!IsOurs(lines[i])) edited += lines[i];
  }
  return edited.append(lines.back());
}

std::string Goodbye(const Failure& failure) {
  const GoodbyeKind kind = GoodbyeFor(failure);
  if (kind == GoodbyeKind::kSyntax) return fmt::format("500 Syntax error: {}\r\n", failure.why);
  return fmt::format("421 {}\r\n", GoodbyeText(kind));
}

}  // namespace starlock::protocol::ftp
