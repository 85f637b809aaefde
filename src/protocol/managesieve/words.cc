#include "protocol/managesieve/words.h"

#include <fmt/format.h>

#include <utility>

#include "protocol/core/goodbye.h"
#include "protocol/text/literals.h"
#include "protocol/text/words.h"

namespace starlock::protocol::managesieve {
namespace {

bool IsCapability(std::string_view line, std::string_view name) {
  const Token token = TakeToken(line);
  return token.kind == Token::Kind::kString && token.Is(name);
}

}  // namespace

Command Parse(std::string_view unit) {
  static constexpr KnownWord<Verb> kKnown[] = {
      {"CAPABILITY", Verb::kCapability},
      {"NOOP", Verb::kNoop},
      {"LOGOUT", Verb::kLogout},
      {"STARTTLS", Verb::kStarttls},
      {"AUTHENTICATE", Verb::kAuthenticate},
  };
  WordAndArgument command = TakeWordAndArgument(unit);
  return {FindVerb(kKnown, command.word, Verb::kOther), command.has_argument, std::move(command.argument)};
}

Line KindOf(std::string_view line) {
  const Token token = TakeToken(line);
  if (token.kind != Token::Kind::kAtom) return Line::kData;
  if (token.Is("OK")) return Line::kOk;
  if (token.Is("NO")) return Line::kNo;
  return token.Is("BYE") ? Line::kBye : Line::kData;
}

Frame CutResponse(std::string_view in, Scan& scan) {
  for (;;) {
    const Frame line = CutAnswerWithLiterals(in.substr(scan.line));
    if (line.kind != Frame::Kind::kWhole) return line;
    const Line kind = KindOf(in.substr(scan.line, line.size));
    scan.line += line.size;
    if (kind != Line::kData) return Frame::Whole(scan.line);
  }
}

std::vector<std::string_view> LinesOf(std::string_view response) {
  std::vector<std::string_view> lines;
  while (!response.empty()) {
    const Frame line = CutAnswerWithLiterals(response);
    const size_t size = line.kind == Frame::Kind::kWhole ? line.size : response.size();
    lines.push_back(response.substr(0, size));
    response.remove_prefix(size);
  }
  return lines;
}

bool IsStarttls(std::string_view line) { return IsCapability(line, "STARTTLS"); }

bool OffersStarttls(std::string_view response) {
  for (const std::string_view line : LinesOf(response)) {
    if (IsStarttls(line)) return true;
  }
  return false;
}

bool Refers(std::string_view line) {
  TakeToken(line);
  return TakeToken(line).kind == Token::Kind::kOpen && TakeToken(line).Is("REFERRAL");
}

bool BindsChannels(std::string_view response) {
  for (std::string_view line : LinesOf(response)) {
    if (!IsCapability(line, "SASL")) continue;
    TakeToken(line);
    const std::string value = TakeToken(line).value;
    for (std::string_view mechanisms = SkipBlanks(value); !mechanisms.empty();) {
      if (BindsChannel(TakeWord(mechanisms))) return true;
    }
  }
  return false;
}

std::string WithoutStarttls(std::string_view response) {
  std::string bare;
  for (const std::string_view line : LinesOf(response)) {
    if (!IsStarttls(line)) bare += line;
  }
  return bare;
}

std::string WithStarttls(std::string_view response) {
  std::string offering;
  for (const std::string_view line : LinesOf(response)) {
    if (IsStarttls(line)) continue;
    if (KindOf(line) == Line::kOk) offering += kStarttlsLine;
    offering += line;
  }
  return offering;
}

std::string CapabilitiesBeforeTls(std::string_view response) {
  std::string ours;
  for (const std::string_view line : LinesOf(response)) {
    if (IsCapability(line, "SASL") || IsStarttls(line)) continue;
    if (KindOf(line) == Line::kOk) ours += fmt::format("\"SASL\" \"\"\r\n{}", kStarttlsLine);
    ours += line;
  }
  return ours;
}

std::string Goodbye(const Env& /*env*/, const Failure& failure) {
  const GoodbyeKind kind = GoodbyeFor(failure);
  if (kind == GoodbyeKind::kSyntax) return QuotedLine("BYE", fmt::format("Syntax error: {}", failure.why));
  return QuotedLine("BYE (TRYLATER)", GoodbyeText(kind));
}

}  // namespace starlock::protocol::managesieve
