#include "protocol/nntp/filter.h"

#include "protocol/core/harmless.h"
#include "protocol/text/lines.h"

namespace starlock::protocol::nntp {
namespace {

const StarttlsWords& Words() {
  static const StarttlsWords kWords = {
      .go_ahead = "382 Continue with TLS negotiation\r\n",
      .active = "502 TLS is already active\r\n",
      .off = "500 STARTTLS is not available\r\n",
      .too_late = "502 Too late for STARTTLS\r\n",
      .has_argument = "501 STARTTLS takes no parameter\r\n",
  };
  return kWords;
}

bool IsExternal(std::string_view argument) {
  const bool sasl = EqualsNoCase(TakeWord(argument), "SASL");
  return sasl && EqualsNoCase(TakeWord(argument), "EXTERNAL");
}

constexpr int kStreamingPermitted = 203;  // RFC 4644 2.3

// The server asks for the client's article (POST, IHAVE).
bool AsksForArticle(int code) { return code == 340 || code == 335; }

}  // namespace

Frame NntpFilter::CutUnit(Side side, std::string_view in, Scan& scan) {
  const DotBody& body = body_[Index(side)];
  if (body.open()) return body.Cut(in);
  if (side == Side::kClient) return CutLine(in, scan);
  const bool list = questions() > 0 && asked() == Verb::kCapabilities;
  return list ? CutCapabilities(in, scan) : CutStatus(in, scan);
}

Act NntpFilter::OnClientUnit(std::string_view unit, Out& out) {
  DotBody& body = body_[Index(Side::kClient)];
  if (!body.open()) return InOrderFilter::OnClientUnit(unit, out);
  body.Pass(unit);
  out.server() += unit;
  return Read{};
}

Act NntpFilter::OnServerUnit(std::string_view unit, Out& out) {
  DotBody& body = body_[Index(Side::kServer)];
  if (!body.open()) return InOrderFilter::OnServerUnit(unit, out);
  body.Pass(unit);
  out.client() += unit;
  return Read{};
}

bool NntpFilter::IsHarmless(std::string_view unit) const {
  return IsExactly(unit, {"CAPABILITIES", "MODE READER", "DATE", "HELP", "QUIT"});
}

bool NntpFilter::MaySpeakUnasked(std::string_view unit) const { return CodeOf(unit) == 400; }

// After these commands the client's input may be an article, a SASL response, or a command in another state.
bool NntpFilter::MustWait() const {
  if (questions() == 0) return false;
  const Verb last = asked_last();
  return last == Verb::kAuthinfo || last == Verb::kCompress || last == Verb::kPost || InOrderFilter::MustWait();
}

Act NntpFilter::OnCommand(std::string_view line, Out& out) {
  const Command command = Parse(line);
  switch (command.verb) {
    case Verb::kStarttls:
      return OnStarttls(Words(), !command.argument.empty(), out);
    case Verb::kModeReader:
      streams_ = false;  // another server may take over (RFC 3977 5.3): it has to list streaming again
      return Forward(line, command.verb, out);
    case Verb::kCapabilities:
    case Verb::kQuery:
    case Verb::kQuit:
      return Forward(line, command.verb, out);
    case Verb::kAuthinfo:
      if (IsExternal(command.argument)) out.Note(kExternalNote);
      break;
    case Verb::kTakethis:
      // The article follows at once. A server that does not know TAKETHIS would execute the article's lines as
      // commands. So we parse them as commands, too, until the server has listed or permitted streaming (RFC 4644 2.1).
      if (!streams_ && questions() > 0) return Wait{};
      if (streams_) body_[Index(Side::kClient)].Begin();
      break;
    case Verb::kListgroup:
    case Verb::kPost:
    case Verb::kCompress:
      break;
    case Verb::kOther:
      if (IsDisguised(line, "STARTTLS")) return Refuse("500 Unknown command\r\n", out);
      break;
  }
  return Forward(line, command.verb, out);
}

Act NntpFilter::OnReply(std::string_view reply, Out& out) {
  const Verb question = asked();
  if (question == Verb::kCapabilities) return OnCapabilities(reply, out);
  out.client() += reply;
  const int code = CodeOf(reply);
  if (question == Verb::kAuthinfo && code == 383) {
    ExpectSaslResponse();
    return Read{};
  }
  if (AsksForArticle(code) && questions() == 1) {
    body_[Index(Side::kClient)].Begin();  // the next reply belongs to the article
    return Read{};
  }
  Answered();
  if (question == Verb::kTakethis && code / 100 == 5) streams_ = false;
  streams_ = streams_ || code == kStreamingPermitted;
  if (HasBody(code, question)) body_[Index(Side::kServer)].Begin();
  const bool login = question == Verb::kAuthinfo && (code == 281 || code == 283);
  const bool compressed = question == Verb::kCompress && code / 100 == 2;
  return login || compressed ? Act(Relay{}) : Read{};
}

Act NntpFilter::OnCapabilities(std::string_view reply, Out& out) {
  Answered();
  if (CodeOf(reply) != 101) {
    out.client() += reply;
    return Read{};
  }
  streams_ = DottedHas(reply, "STREAMING");
  if (ContainsNoCase(reply, "-PLUS")) out.Note(kChannelBindingNote);
  out.client() += on_offer() ? DottedWith(reply, "STARTTLS") : DottedWithout(reply, "STARTTLS");
  return Read{};
}

}  // namespace starlock::protocol::nntp
