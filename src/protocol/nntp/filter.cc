#include "protocol/nntp/filter.h"

#include "protocol/text/cutters.h"

namespace starlock::protocol::nntp {
namespace {

// A client that asks on without reading would have us remember its questions for ever.
constexpr size_t kMaxOutstanding = 100;

constexpr const char* kChannelBinding =
    "the server offers channel binding (-PLUS), which cannot hold across two TLS legs: clients that insist on it must "
    "be told not to, or the server not to offer it";
constexpr const char* kExternal =
    "the client wants to authenticate by its TLS certificate (EXTERNAL), which the server behind cannot see: use "
    "another mechanism";

bool IsExternal(std::string_view argument) {
  const bool sasl = EqualsNoCase(TakeWord(argument), "SASL");
  return sasl && EqualsNoCase(TakeWord(argument), "EXTERNAL");
}

constexpr int kStreamingPermitted = 203;  // RFC 4644 2.3

// The client's article follows: POST, IHAVE.
bool AsksForArticle(int code) { return code == 340 || code == 335; }

}  // namespace

void NntpFilter::Body::Pass(std::string_view piece) {
  if (line_start && piece == ".\r\n") {
    open = false;
  } else {
    line_start = piece.back() == '\n' && piece.size() > 1 && piece[piece.size() - 2] == '\r';
  }
}

Frame NntpFilter::Cut(Side side, std::string_view in, Scan& scan) {
  const Body& body = body_[Index(side)];
  if (body.open) return CutBody(in, body.line_start);
  if (side == Side::kClient) return CutLine(in, scan);
  const bool list = !outstanding_.empty() && outstanding_.front() == Verb::kCapabilities;
  return list ? CutCapabilities(in, scan) : CutStatus(in, scan);
}

Act NntpFilter::On(Side side, std::string_view unit, Out& out) {
  Body& body = body_[Index(side)];
  if (!body.open) return side == Side::kServer ? OnReply(unit, out) : OnCommand(unit, out);
  body.Pass(unit);
  out.to[Index(Other(side))] += unit;
  return Read{};
}

// What follows may be an article, a SASL response, or a command in another state.
bool NntpFilter::MustWait() const {
  if (outstanding_.empty()) return false;
  const Verb last = outstanding_.back();
  return last == Verb::kAuthinfo || last == Verb::kCompress || last == Verb::kPost ||
         outstanding_.size() >= kMaxOutstanding;
}

Act NntpFilter::OnCommand(std::string_view line, Out& out) {
  if (sasl_) {
    sasl_ = false;
    out.server() += line;
    return Read{};
  }
  if (MustWait()) return Wait{};
  const Command command = Parse(line);
  switch (command.verb) {
    case Verb::kStarttls:
      return OnStarttls(command.argument, out);
    case Verb::kCapabilities:
    case Verb::kModeReader:
    case Verb::kQuery:
    case Verb::kQuit:
      return Forward(line, command.verb, out);
    case Verb::kAuthinfo:
      if (IsExternal(command.argument)) out.Note(kExternal);
      break;
    case Verb::kTakethis:
      // Its article follows unasked. But a server that does not know it takes the lines of that article for commands,
      // and so do we for as long as none has said that it does (RFC 4644 2.1: a client asks first).
      if (!streams_ && !outstanding_.empty()) return Wait{};
      if (streams_) body_[Index(Side::kClient)].Begin();
      break;
    case Verb::kListgroup:
    case Verb::kPost:
    case Verb::kCompress:
    case Verb::kOther:
      break;
  }
  window_open_ = false;  // what we don't know may well have been meant to be protected
  return Forward(line, command.verb, out);
}

Act NntpFilter::OnStarttls(std::string_view argument, Out& out) {
  if (prologue_.client_tls) return Answer("502 TLS is active already\r\n", out);
  if (prologue_.env.client == TlsMode::kOff) return Answer("500 STARTTLS is not available\r\n", out);
  if (!OnOffer()) return Answer("502 Too late for STARTTLS\r\n", out);
  if (!argument.empty()) return Answer("501 STARTTLS has no parameter\r\n", out);
  if (!outstanding_.empty() || body_[Index(Side::kServer)].open) return Wait{};
  out.client() += "382 Continue with TLS negotiation\r\n";
  return Upgrade{Side::kClient};
}

Act NntpFilter::OnReply(std::string_view reply, Out& out) {
  if (outstanding_.empty()) {  // unasked: a 400 before the upstream closes
    out.client() += reply;
    return Read{};
  }
  const Verb asked = outstanding_.front();
  if (asked == Verb::kCapabilities) return OnCapabilities(reply, out);
  out.client() += reply;
  const int code = CodeOf(reply);
  sasl_ = asked == Verb::kAuthinfo && code == 383;
  if (sasl_) return Read{};
  if (AsksForArticle(code) && outstanding_.size() == 1) {
    body_[Index(Side::kClient)].Begin();  // its answer is the next one
    return Read{};
  }
  outstanding_.pop_front();
  streams_ = streams_ || code == kStreamingPermitted;
  if (HasBody(code, asked)) body_[Index(Side::kServer)].Begin();
  const bool login = asked == Verb::kAuthinfo && (code == 281 || code == 283);
  const bool compressed = asked == Verb::kCompress && code / 100 == 2;
  return login || compressed ? Act(Relay{}) : Read{};
}

Act NntpFilter::OnCapabilities(std::string_view reply, Out& out) {
  outstanding_.pop_front();
  if (CodeOf(reply) != 101) {
    out.client() += reply;
    return Read{};
  }
  streams_ = streams_ || DottedHas(reply, "STREAMING");
  if (!noted_ && ContainsNoCase(reply, "-PLUS")) {
    noted_ = true;
    out.Note(kChannelBinding);
  }
  out.client() += OnOffer() ? DottedWith(reply, "STARTTLS") : DottedWithout(reply, "STARTTLS");
  return Read{};
}

Act NntpFilter::Forward(std::string_view line, Verb asked, Out& out) {
  outstanding_.push_back(asked);
  out.server() += line;
  return Read{};
}

Act NntpFilter::Answer(std::string_view text, Out& out) {
  if (!outstanding_.empty() || body_[Index(Side::kServer)].open) return Wait{};
  if (++refusals_ > kMaxCommands) return Fail{{End::kLimit, Blame::kClient, "too many commands were refused"}};
  out.client() += text;
  return Read{};
}

}  // namespace starlock::protocol::nntp
