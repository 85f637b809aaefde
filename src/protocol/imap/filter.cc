#include "protocol/imap/filter.h"

#include <algorithm>

#include "protocol/text/cutters.h"

namespace starlock::protocol::imap {
namespace {

// A client that asks on without reading would have us remember its questions for ever.
constexpr size_t kMaxQuestions = 100;

bool LogsIn(Verb verb) { return verb == Verb::kLogin || verb == Verb::kAuthenticate; }

// Commands that leave nothing behind which TLS would have had to protect.
bool IsStateless(Verb verb) {
  return verb == Verb::kCapability || verb == Verb::kNoop || verb == Verb::kId || verb == Verb::kLogout;
}

}  // namespace

Act ImapFilter::Begin() {
  const bool let_in = ParseResponse(prologue_.greeting).Is("PREAUTH");
  return let_in ? Act(Relay{}) : Read{};
}

Frame ImapFilter::Cut(Side side, std::string_view in, Scan& scan) {
  if (side == Side::kServer) return CutResponse(in, scan);
  if (held_) return Frame::Whole(in.size());  // whatever it is, it has to wait
  return sasl_ ? CutLine(in, scan) : cutter_.Cut(in, scan);
}

Act ImapFilter::On(Side side, std::string_view unit, Out& out) {
  return side == Side::kServer ? OnResponse(unit, out) : OnPiece(unit, out);
}

// Between commands, so nothing that was said before is half said now.
Act ImapFilter::OnTlsUp() { return prologue_.server_tls ? Act(Relay{}) : Read{}; }

Act ImapFilter::OnPiece(std::string_view piece, Out& out) {
  if (held_) return Wait{};
  if (sasl_) {
    sasl_ = false;
    held_ = true;
    out.server() += piece;
    return Read{};
  }
  if (cutter_.between()) {
    Command command = Parse(piece);
    if (MustWait(command)) return Wait{};
    command_ = std::move(command);
    crosses_ = command_.verb != Verb::kStarttls && command_.verb != Verb::kMalformed;
    if (crosses_) Ask(out);
  }
  cutter_.Use(piece);
  if (crosses_) {
    out.server() += piece;
    held_ = cutter_.waits() || (cutter_.between() && LogsIn(command_.verb));
    return Read{};
  }
  if (cutter_.waits()) cutter_.Refuse();
  return cutter_.between() ? Answer(out) : Read{};
}

// An upgrade in the midst of answers would leave some of them outside TLS and some inside.
bool ImapFilter::MustWait(const Command& command) const {
  if (command.verb == Verb::kStarttls) return !questions_.empty();
  const auto same = [&](const Question& question) { return question.tag == command.tag; };
  return questions_.size() >= kMaxQuestions || std::any_of(questions_.begin(), questions_.end(), same);
}

void ImapFilter::Ask(Out& out) {
  questions_.push_back({command_.tag, LogsIn(command_.verb)});
  // What we don't know may well have been meant to be protected.
  window_open_ = window_open_ && IsStateless(command_.verb);
  if (command_.external) {
    out.Note("a client asks for AUTHENTICATE EXTERNAL: no certificate of the client's reaches the server through us");
  }
}

Act ImapFilter::Answer(Out& out) {
  const char* refusal = Refusal();
  if (refusal == nullptr) {
    out.client() += Tagged(command_, "OK Begin TLS negotiation now");
    return Upgrade{Side::kClient};
  }
  if (++refusals_ > kMaxCommands) return Fail{{End::kLimit, Blame::kClient, "too many commands were refused"}};
  out.client() += Tagged(command_, refusal);
  return Read{};
}

// What is wrong with the command that does not cross; nullptr: nothing.
const char* ImapFilter::Refusal() const {
  if (command_.verb != Verb::kStarttls) return "BAD This is no command";
  if (prologue_.client_tls) return "BAD TLS is active already";
  if (prologue_.env.client == TlsMode::kOff) return "BAD STARTTLS is not available";
  if (!on_offer()) return "BAD Too late for STARTTLS";
  return command_.has_argument ? "BAD STARTTLS has no argument" : nullptr;
}

Act ImapFilter::OnResponse(std::string_view unit, Out& out) {
  const Response response = ParseResponse(unit);
  out.client() += WithOffer(unit, on_offer());
  if (!noted_binding_ && ListsChannelBinding(CapabilitiesIn(unit))) {
    noted_binding_ = true;
    out.Note(
        "the server offers channel binding (AUTH=*-PLUS), which can't hold across two TLS legs: "
        "have clients use a mechanism without -PLUS");
  }
  switch (response.kind) {
    case Kind::kContinuation:
      OnContinuation();
      return Read{};
    case Kind::kUntagged:
      return Read{};
    case Kind::kTagged:
      break;
  }
  return OnTagged(response);
}

void ImapFilter::OnContinuation() {
  if (!held_) return;
  if (cutter_.waits()) {
    cutter_.Allow();
  } else if (command_.verb == Verb::kAuthenticate) {
    sasl_ = true;
  } else {
    return;  // a LOGIN is whole already
  }
  held_ = false;
}

Act ImapFilter::OnTagged(const Response& response) {
  const auto same = [&](const Question& question) { return question.tag == response.tag; };
  const auto question = std::find_if(questions_.begin(), questions_.end(), same);
  if (question == questions_.end()) return Read{};
  const bool logged_in = question->logs_in && response.ok();
  const bool current = crosses_ && question->tag == command_.tag;
  questions_.erase(question);
  if (logged_in) return Relay{};
  if (current) {
    // Answered instead of allowed: the client's next line is a command again.
    if (cutter_.waits()) cutter_.Refuse();
    held_ = sasl_ = false;
  }
  return Read{};
}

}  // namespace starlock::protocol::imap
