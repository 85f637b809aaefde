#include "protocol/imap/filter.h"

#include "protocol/core/harmless.h"
#include "protocol/text/lines.h"

namespace starlock::protocol::imap {
namespace {

bool LogsIn(Verb verb) { return verb == Verb::kLogin || verb == Verb::kAuthenticate; }

// The argument of ID: NIL, or a list of quoted strings without `\`, with single spaces between them (RFC 2971 3.1).
// Dovecot takes the client's address and more from fields such as `x-originating-ip`.
bool IsPlainField(std::string_view name) { return !EqualsNoCase(name.substr(0, 2), "x-"); }

bool IsPlainId(std::string_view argument) {
  if (IsExactly(argument, {"NIL"})) return true;
  constexpr std::string_view kEnd = ")\r\n";
  if (argument.empty() || argument.front() != '(') return false;
  for (bool field = true; argument.size() > 2 && argument[1] == '"'; field = !field) {
    argument.remove_prefix(2);
    const size_t end = argument.find_first_of("\"\\");
    if (end == std::string_view::npos || argument[end] != '"') return false;
    if (field && !IsPlainField(argument.substr(0, end))) return false;
    argument.remove_prefix(end + 1);
    if (argument == kEnd) return !field;
    if (argument.empty() || argument.front() != ' ') return false;
  }
  return false;
}

StarttlsWords WordsFor(const Command& command) {
  return {
      .go_ahead = Tagged(command, "OK Begin TLS negotiation now"),
      .active = Tagged(command, "BAD TLS is already active"),
      .off = Tagged(command, "BAD STARTTLS is not available"),
      .too_late = Tagged(command, "BAD Too late for STARTTLS"),
      .has_argument = Tagged(command, "BAD STARTTLS takes no argument"),
  };
}

}  // namespace

Act ImapFilter::Begin() {
  const bool let_in = ParseResponse(prologue().greeting).Is("PREAUTH");
  return let_in ? Act(Relay{}) : Read{};
}

Frame ImapFilter::CutUnit(Side side, std::string_view in, Scan& scan) {
  if (side == Side::kServer) return CutResponse(in, scan);
  switch (next_) {
    case Next::kPiece:
      break;
    case Next::kHeld:
      return Frame::Whole(in.size());  // not parsed yet: it must wait for the server
    case Next::kSasl:
      return CutLine(in, scan);
  }
  return cutter_.Cut(in, scan);
}

bool ImapFilter::IsHarmless(std::string_view piece) const {
  if (!IsPlainLine(piece) || !TakePlainTag(piece)) return false;
  if (IsExactly(piece, {"CAPABILITY", "NOOP", "LOGOUT"})) return true;
  return TakeExactly(piece, {"ID"}) && IsPlainId(piece);
}

bool ImapFilter::MaySpeakUnasked(std::string_view unit) const {
  const Response response = ParseResponse(unit);
  return response.kind == Kind::kUntagged && response.Is("BYE");
}

Act ImapFilter::OnCommand(std::string_view piece, Out& out) {
  if (next_ == Next::kHeld) return Wait{};
  if (next_ == Next::kSasl) {
    next_ = Next::kHeld;
    out.server() += piece;
    return Read{};
  }
  if (cutter_.between()) {
    Command command = Parse(piece);
    if (MustWait(command)) return Wait{.upgrade = command.verb == Verb::kStarttls && on_offer()};
    command_ = std::move(command);
    allowed_ = false;
    crosses_ = command_.verb != Verb::kStarttls && command_.verb != Verb::kMalformed;
    if (crosses_) Cross(out);
  }
  cutter_.Use(piece);
  if (crosses_) {
    out.server() += piece;
    const bool held = cutter_.waits() || (cutter_.between() && LogsIn(command_.verb));
    next_ = held ? Next::kHeld : Next::kPiece;
    return Read{};
  }
  if (cutter_.waits()) cutter_.Refuse();
  return cutter_.between() ? Answer(out) : Read{};
}

// During an upgrade no replies may be outstanding: some would arrive before TLS, and some inside it.
bool ImapFilter::MustWait(const Command& command) const {
  if (command.verb == Verb::kStarttls) return Busy();
  return questions() >= kMaxQuestions || Find(command.tag) != nullptr;
}

void ImapFilter::Cross(Out& out) {
  Ask(command_.tag, LogsIn(command_.verb) ? Asked::kLogin : Asked::kOther);
  if (command_.external) out.Note(kExternalNote);
}

Act ImapFilter::Answer(Out& out) {
  if (command_.verb == Verb::kStarttls) return OnStarttls(WordsFor(command_), command_.has_argument, out);
  return Refuse(Tagged(command_, "BAD Invalid command"), out);
}

Act ImapFilter::OnReply(std::string_view unit, Out& out) {
  const Response response = ParseResponse(unit);
  if (!IsAnswer(response)) window().Close();
  out.client() += WithOffer(unit, on_offer());
  if (ListsChannelBinding(CapabilitiesIn(unit))) out.Note(kChannelBindingNote);
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

// Whether the response belongs to a command that is outstanding.
bool ImapFilter::IsAnswer(const Response& response) const {
  switch (response.kind) {
    case Kind::kContinuation:
      return next_ == Next::kHeld;
    case Kind::kUntagged:
      return Busy();
    case Kind::kTagged:
      break;
  }
  return Find(response.tag) != nullptr;
}

void ImapFilter::OnContinuation() {
  if (next_ != Next::kHeld) return;
  if (cutter_.waits()) {
    cutter_.Allow();
    allowed_ = true;
    next_ = Next::kPiece;
  } else if (command_.verb == Verb::kAuthenticate) {
    next_ = Next::kSasl;
  }
}

Act ImapFilter::OnTagged(const Response& response) {
  const Asked* question = Find(response.tag);
  if (question == nullptr) return Read{};
  const bool logged_in = *question == Asked::kLogin && response.ok();
  Answered(response.tag);
  if (logged_in) return Relay{};
  if (crosses_ && response.tag == command_.tag) {
    if (allowed_ && !cutter_.between() && !cutter_.waits()) {  // is what comes next the literal or a command?
      return Fail{{End::kProtocolError, Blame::kServer, "the server answered a command before its literal"}};
    }
    // The command got its final reply, so the client's next line is a command.
    if (cutter_.waits()) cutter_.Refuse();
    next_ = Next::kPiece;
  }
  return Read{};
}

}  // namespace starlock::protocol::imap
