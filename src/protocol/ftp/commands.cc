// What the client says: RFC 959, and RFC 4217 in the server role.

#include "protocol/ftp/dialogue.h"
#include "protocol/text/lines.h"

namespace starlock::protocol::ftp {

Act FtpDialogue::OnCommand(std::string_view line, Out& out) {
  const Command command = Parse(line);
  if (!client_settled_) return BeforeTls(command, out);
  if (MustWait(command.verb)) return Wait{};
  if (!outstanding_.empty() && outstanding_.front() == Asked::kAbor) {
    outstanding_.clear();
    abor_owed_ = true;
  }
  switch (command.verb) {
    case Verb::kAuth:
      return OnAuth(command, out);
    case Verb::kPbsz:
      return OnPbsz(command, out);
    case Verb::kProt:
      return OnProt(command, out);
    case Verb::kCcc:
      return Refuse("534 The connection stays protected\r\n", out);
    case Verb::kForeign:
      return Refuse("502 Not available\r\n", out);
    case Verb::kGarbled:
      return Refuse("500 Syntax error\r\n", out);
    case Verb::kPasv:
    case Verb::kEpsv:
      return OnPassive(command, out);
    case Verb::kPort:
    case Verb::kEprt:
      return OnActive(command, out);
    case Verb::kTransfer:
      return OnTransfer(command, out);
    case Verb::kRein:
      return OnRein(command, out);
    case Verb::kFeat:
      return Forward(command, Asked::kFeat, out);
    case Verb::kAbor:
      return Forward(command, Asked::kAbor, out);
    case Verb::kStat:
      window_open_ = window_open_ && command.argument.empty();
      return Forward(command, Asked::kStat, out);
    case Verb::kNoop:
    case Verb::kQuit:
    case Verb::kStateless:
      return Forward(command, Asked::kOther, out);
    case Verb::kOther:
      break;
  }
  window_open_ = false;  // what we don't know may well have been meant to be protected
  return Forward(command, Asked::kOther, out);
}

bool FtpDialogue::MustWait(Verb verb) const {
  if (data_ == Data::kOpening) return true;
  if (outstanding_.empty()) return false;
  // Some servers answer a transfer and its ABOR with one reply between them, and nobody may wait for a second.
  if (outstanding_.size() == 1 && outstanding_.front() == Asked::kAbor) return false;
  const bool passes = verb == Verb::kAbor || verb == Verb::kStat;
  return !(passes && outstanding_.front() == Asked::kTransfer && outstanding_.size() < 3);
}

// TLS is required, and the upstream waits untouched: RFC 4217 12.1, 13.
Act FtpDialogue::BeforeTls(const Command& command, Out& out) {
  if (++refusals_ > kMaxCommands) {
    return Fail{{End::kLimit, Blame::kClient, "too many commands before AUTH TLS"}};
  }
  switch (command.verb) {
    case Verb::kAuth:
      return OnAuth(command, out);
    case Verb::kFeat:
      out.client() += EditFeatures("", Offer::kAuth);
      return Read{};
    case Verb::kNoop:
      out.client() += "200 OK\r\n";
      return Read{};
    case Verb::kQuit:
      out.client() += "221 Goodbye\r\n";
      return Fail::Told(End::kClosed, Blame::kNone, "the client quit before AUTH TLS");
    case Verb::kPbsz:
    case Verb::kProt:
      return Answer("503 AUTH TLS comes first\r\n", out);
    case Verb::kCcc:
    case Verb::kForeign:
    case Verb::kPasv:
    case Verb::kEpsv:
    case Verb::kPort:
    case Verb::kEprt:
    case Verb::kTransfer:
    case Verb::kAbor:
    case Verb::kStat:
    case Verb::kRein:
    case Verb::kStateless:
    case Verb::kOther:
    case Verb::kGarbled:
      break;
  }
  refused_ = true;
  return Answer("530 AUTH TLS comes first\r\n", out);
}

// RFC 4217 4; TLS-C is the older name of TLS, and SSL would have protected data without being asked.
Act FtpDialogue::OnAuth(const Command& command, Out& out) {
  if (ClientInTls()) return Refuse("503 TLS is active already\r\n", out);
  if (env().client == TlsMode::kOff) return Refuse("502 AUTH is not available\r\n", out);
  if (!window_open_) return Refuse("503 Too late for AUTH\r\n", out);
  if (command.argument.empty()) return Refuse("501 AUTH needs a mechanism\r\n", out);
  const bool known = EqualsNoCase(command.argument, "TLS") || EqualsNoCase(command.argument, "TLS-C");
  if (!known) return Refuse("504 The mechanism is TLS\r\n", out);
  out.client() += "234 Ready for TLS\r\n";
  return Upgrade{Side::kClient};
}

// RFC 4217 8: the buffer's size means nothing here, but PBSZ 0 must come before PROT.
Act FtpDialogue::OnPbsz(const Command& command, Out& out) {
  if (env().client == TlsMode::kOff) return Refuse("502 PBSZ is not available\r\n", out);
  if (!ClientInTls()) return Refuse("503 AUTH TLS comes first\r\n", out);
  const bool number =
      !command.argument.empty() && command.argument.find_first_not_of("0123456789") == std::string_view::npos;
  if (!number) return Refuse("501 PBSZ takes a number\r\n", out);
  has_pbsz_ = true;
  return Answer(command.argument == "0" ? "200 PBSZ 0\r\n" : "200 PBSZ=0\r\n", out);
}

Act FtpDialogue::OnProt(const Command& command, Out& out) {
  if (env().client == TlsMode::kOff) return Refuse("502 PROT is not available\r\n", out);
  if (!ClientInTls() || !has_pbsz_) return Refuse("503 PBSZ comes first\r\n", out);
  const std::string_view level = command.argument;
  if (EqualsNoCase(level, "S") || EqualsNoCase(level, "E")) return Refuse("536 TLS knows P and C\r\n", out);
  const bool is_private = EqualsNoCase(level, "P");
  if (!is_private && !EqualsNoCase(level, "C")) return Refuse("504 The levels are P and C\r\n", out);
  prot_private_ = is_private;
  return Answer(is_private ? "200 Data will be protected\r\n" : "200 Data will be in the clear\r\n", out);
}

// RFC 4217 11 would end TLS with it.
Act FtpDialogue::OnRein(const Command& command, Out& out) {
  if (ClientInTls() || tls_up(Side::kServer)) return Refuse("502 REIN is not available inside TLS\r\n", out);
  window_open_ = false;
  return Forward(command, Asked::kOther, out);
}

Offer FtpDialogue::offer() const {
  if (ClientInTls()) return Offer::kInside;
  return env().client == TlsMode::kOpportunistic && window_open_ ? Offer::kAuth : Offer::kNothing;
}

Act FtpDialogue::Forward(const Command& command, Asked asked, Out& out) {
  outstanding_.push_back(asked);
  out.server() += command.line;
  return Read{};
}

Act FtpDialogue::Answer(std::string_view text, Out& out) {
  out.client() += text;
  return Read{};
}

Act FtpDialogue::Refuse(std::string_view text, Out& out) {
  if (++refusals_ > kMaxCommands) return Fail{{End::kLimit, Blame::kClient, "too many commands were refused"}};
  return Answer(text, out);
}

}  // namespace starlock::protocol::ftp
