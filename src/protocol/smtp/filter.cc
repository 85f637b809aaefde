#include "protocol/smtp/filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "protocol/core/harmless.h"
#include "protocol/smtp/words.h"
#include "protocol/text/lines.h"

namespace starlock::protocol::smtp {
namespace {

const StarttlsWords& Words() {
  static const StarttlsWords kWords = {
      .go_ahead = "220 2.0.0 Ready to start TLS\r\n",
      .active = "503 5.5.1 TLS is already active\r\n",
      .off = "502 5.5.1 STARTTLS is not available\r\n",
      .too_late = "503 5.5.1 Too late for STARTTLS\r\n",
      .has_argument = "501 5.5.4 STARTTLS takes no parameter\r\n",
  };
  return kWords;
}

bool IsUnreadable(std::string_view line) {
  return IsDisguised(line, "STARTTLS") || IsDisguised(line, "XCLIENT") || IsDisguised(line, "XFORWARD");
}

}  // namespace

SmtpFilter::SmtpFilter(std::string_view hello, const Prologue& prologue)
    : InOrderFilter(prologue),
      hello_(hello),
      upstream_met_(prologue.introduced),
      must_greet_(prologue.introduced && prologue.client_tls) {}

Frame SmtpFilter::CutUnit(Side side, std::string_view in, Scan& scan) {
  if (side == Side::kServer) return CutSmtpReply(in, scan);
  if (chunk_ > 0) return Frame::Whole(static_cast<size_t>(std::min<uint64_t>(chunk_, in.size())));
  return body_.open() ? body_.Cut(in) : CutLine(in, scan);
}

bool SmtpFilter::IsHarmless(std::string_view line) const {
  if (IsExactly(line, {"RSET", "QUIT", "NOOP", "EHLO", "HELO", "LHLO"})) return true;
  return IsPlainLine(line) && TakeExactly(line, {"EHLO", "HELO", "LHLO", "NOOP"});
}

bool SmtpFilter::MaySpeakUnasked(std::string_view reply) const { return CodeOf(reply) == 421; }

// After the upgrade the client must send EHLO again. The filter enforces this only if the upstream already got an EHLO.
// Otherwise the upstream itself enforces it.
Act SmtpFilter::OnTlsUp() {
  must_greet_ = upstream_met_;
  return must_greet_ ? Act(Read{}) : InOrderFilter::OnTlsUp();
}

// The reply decides how the client's next bytes are read: as a command, as a message or as a SASL response.
bool SmtpFilter::MustWait() const {
  if (!Busy()) return false;
  const Asked last = asked_last();
  return InOrderFilter::MustWait() || last == Asked::kAuth || last == Asked::kLayeredAuth || last == Asked::kData ||
         last == Asked::kTurn;
}

Act SmtpFilter::OnClientUnit(std::string_view unit, Out& out) {
  if (chunk_ > 0) {
    chunk_ -= unit.size();
  } else if (body_.open()) {
    body_.Pass(unit);
    if (!body_.open()) ExpectVerdicts();
  } else {
    return InOrderFilter::OnClientUnit(unit, out);
  }
  out.server() += unit;
  return Read{};
}

Act SmtpFilter::OnCommand(std::string_view line, Out& out) {
  const Command command = Parse(line, hello_);
  switch (command.verb) {
    case Verb::kStarttls:
      return OnStarttls(Words(), !command.argument.empty(), out);
    case Verb::kOrigin:
      return Refuse("550 5.7.1 XCLIENT and XFORWARD are not allowed\r\n", out);
    case Verb::kHelo:
    case Verb::kEhlo:
      if (both_in_tls()) return RelayInTurn();
      chunking_ = false;  // the reply decides
      return Forward(line, command.verb == Verb::kEhlo ? Asked::kEhlo : Asked::kHelo, out);
    case Verb::kNoop:
    case Verb::kQuery:
    case Verb::kQuit:
      return Forward(line, Asked::kOther, out);
    case Verb::kRset:
      return Forward(line, Asked::kReset, out);
    case Verb::kMail:
    case Verb::kRcpt:
    case Verb::kData:
    case Verb::kBdat:
    case Verb::kAuth:
    case Verb::kTurn:
      break;
    case Verb::kOther:
      if (IsUnreadable(line)) return Refuse("500 5.5.2 Command not recognized\r\n", out);
      break;
  }
  if (must_greet_) return Refuse(fmt::format("503 5.5.1 Send {} first\r\n", hello_), out);
  return OnTransaction(command, line, out);
}

Act SmtpFilter::OnTransaction(const Command& command, std::string_view line, Out& out) {
  switch (command.verb) {
    case Verb::kMail:
      return both_in_tls() ? RelayInTurn() : Forward(line, Asked::kReset, out);
    case Verb::kRcpt:
      return Forward(line, Asked::kRcpt, out);
    case Verb::kData:
      return Forward(line, Asked::kData, out);
    case Verb::kBdat:
      return OnChunk(line, out);
    case Verb::kAuth:
      return Forward(line, MayAddLayer(command.argument) ? Asked::kLayeredAuth : Asked::kAuth, out);
    case Verb::kTurn:
      return Forward(line, Asked::kTurn, out);
    default:
      return Forward(line, Asked::kOther, out);
  }
}

// The chunk follows at once (RFC 3030 2). If we read its size differently from the server, one of us would execute a
// part of the message. So would a server that does not know BDAT: it must not hear of it.
Act SmtpFilter::OnChunk(std::string_view line, Out& out) {
  if (!chunking_) return Refuse("502 5.5.1 BDAT is not available\r\n", out);
  const std::optional<Chunk> chunk = ChunkOf(line);
  if (!chunk) return Fail{{End::kProtocolError, Blame::kClient, "not a valid BDAT"}};
  if (chunk->last && lmtp() && Busy()) return Wait{};  // how many recipients are there?
  chunk_ = chunk->size;
  out.server() += line;
  if (chunk->last) {
    ExpectVerdicts();
  } else {
    Expect(Asked::kChunk);
  }
  return Read{};
}

// A message is complete: SMTP has one reply for it, LMTP one for each recipient (RFC 2033 4.2).
void SmtpFilter::ExpectVerdicts() {
  const bool given = std::exchange(early_verdict_, false);
  const size_t replies = lmtp() ? std::max<size_t>(std::exchange(recipients_, 0), 1) : 1;
  for (size_t i = given ? 1 : 0; i < replies; ++i) Expect(Asked::kVerdict);
}

// A reply within the client's message is the message's verdict.
Act SmtpFilter::OnServerUnit(std::string_view reply, Out& out) {
  if (body_.open() && !Busy()) early_verdict_ = true;
  return InOrderFilter::OnServerUnit(reply, out);
}

Act SmtpFilter::OnReply(std::string_view reply, Out& out) {
  const int code = CodeOf(reply);
  const Asked question = asked();
  if (question == Asked::kEhlo && code == 250) {
    chunking_ = Offers(reply, "CHUNKING");
    lists_nothing_ = !Offers(reply, "STARTTLS") && !Offers(reply, "XCLIENT") && !Offers(reply, "XFORWARD");
    out.client() += ForClient(reply, on_offer());
  } else {
    out.client() += reply;
  }
  if ((question == Asked::kAuth || question == Asked::kLayeredAuth) && code == 334) {
    ExpectSaslResponse();
    return Read{};
  }
  Answered();
  return OnDone(question, code);
}

// A command has its final reply.
Act SmtpFilter::OnDone(Asked question, int code) {
  const bool good = code / 100 == 2;
  switch (question) {
    case Asked::kHelo:
    case Asked::kEhlo:
      if (code != 250) break;
      upstream_met_ = true;
      must_greet_ = false;
      recipients_ = 0;
      break;
    case Asked::kReset:
      if (good) recipients_ = 0;
      break;
    case Asked::kRcpt:
      if (good) ++recipients_;
      break;
    case Asked::kData:
      if (code / 100 != 3) return Read{};
      if (!MustReadOn()) return Relay{};
      body_.Begin();
      return Read{};
    case Asked::kChunk:
    case Asked::kVerdict:
      // Without a transaction, LMTP has one reply for all recipients. No other group of verdicts is outstanding then.
      while (lmtp() && code == 503 && Busy() && asked() == Asked::kVerdict) Answered();
      if (good && !MustReadOn()) return Relay{};
      break;
    case Asked::kAuth:
      return code == 235 && !MustReadOn() ? Act(Relay{}) : Read{};
    case Asked::kLayeredAuth:
      return code == 235 ? Act(Relay{}) : Read{};
    case Asked::kTurn:
      return good ? Act(Relay{}) : Read{};
    case Asked::kOther:
      return code / 100 == 3 ? Act(Relay{}) : Read{};  // an extension that we do not know
  }
  if (code / 100 != 3) return Read{};
  return Fail{{End::kProtocolError, Blame::kServer, "the server's replies do not match the commands"}};
}

}  // namespace starlock::protocol::smtp
