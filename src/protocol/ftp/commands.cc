// The client's commands: RFC 959, and the server role of RFC 4217.

#include "protocol/core/limits.h"
#include "protocol/ftp/dialogue.h"

namespace starlock::protocol::ftp {

Act FtpDialogue::OnCommand(std::string_view line, Out& out) {
  const Command command = Parse(line);
  if (client_.before_tls()) return BeforeTls(command, out);
  // After the client's upgrade the server is silent until it is asked: what it is saying is its goodbye.
  if (unasked_ && server_speaks_) return Wait{};
  if (data_.pending() || !replies_.Admits(command.verb)) {
    return Wait{.upgrade = command.verb == Verb::kAuth && client_.offer() == Offer::kAuth};
  }
  switch (command.verb) {
    case Verb::kAuth:
      return OnAuth(command, out);
    case Verb::kPbsz:
      return Say(client_.OnPbsz(command.argument), out);
    case Verb::kProt:
      return Say(client_.OnProt(command.argument), out);
    case Verb::kCcc:
      return Say(Answer::Refusal("534 CCC not allowed\r\n"), out);
    case Verb::kForeign:
      return Say(Answer::Refusal("502 Command not implemented\r\n"), out);
    case Verb::kGarbled:
      return Say(Answer::Refusal("500 Syntax error\r\n"), out);
    case Verb::kPasv:
    case Verb::kEpsv:
    case Verb::kPort:
    case Verb::kEprt:
      return OnClientEnd(command, out);
    case Verb::kTransfer:
      return OnTransfer(command, out);
    case Verb::kRein:
      return OnRein(command, out);
    case Verb::kFeat:
      return Forward(command, Asked::kFeat, out);
    case Verb::kAbor:
      return Forward(command, Asked::kAbor, out);
    case Verb::kStat:
      return Forward(command, Asked::kStat, out);
    case Verb::kNoop:
    case Verb::kQuit:
    case Verb::kOther:
      break;
  }
  return Forward(command, Asked::kOther, out);
}

// TLS is required: no command reaches the upstream (RFC 4217 12.1, 13).
Act FtpDialogue::BeforeTls(const Command& command, Out& out) {
  if (++refusals_ > kMaxCommands) {
    return Fail{{End::kLimit, Blame::kClient, "too many commands before AUTH TLS"}};
  }
  switch (command.verb) {
    case Verb::kAuth:
      return OnAuth(command, out);
    case Verb::kFeat:
      out.client() += OwnFeatures(client_.offer());
      return Read{};
    case Verb::kNoop:
      out.client() += "200 OK\r\n";
      return Read{};
    case Verb::kQuit:
      out.client() += "221 Goodbye\r\n";
      return Fail::Told(End::kClosed, Blame::kNone, "the client quit before AUTH TLS");
    case Verb::kPbsz:
    case Verb::kProt:
      out.client() += "503 Use AUTH TLS first\r\n";
      return Read{};
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
    case Verb::kOther:
    case Verb::kGarbled:
      break;
  }
  refused_ = true;
  out.client() += "530 TLS required, use AUTH TLS first\r\n";
  return Read{};
}

Act FtpDialogue::OnAuth(const Command& command, Out& out) {
  if (server_speaks_) client_.CloseWindow();  // no question is outstanding, so this is no answer
  const Answer answer = client_.OnAuth(command.argument);
  if (!client_.upgrades()) return Say(answer, out);
  out.client() += answer.text;
  return Upgrade{Side::kClient};
}

// Inside TLS, REIN would end TLS (RFC 4217 11).
Act FtpDialogue::OnRein(const Command& command, Out& out) {
  if (client_.inside_tls() || tls_up(Side::kServer)) {
    return Say(Answer::Refusal("502 REIN not available inside TLS\r\n"), out);
  }
  return Forward(command, Asked::kOther, out);
}

Act FtpDialogue::OnClientEnd(const Command& command, Out& out) {
  client_.CloseWindow();
  auto parsed = data_.ParseClientEnd(command, env().client_address);
  if (const auto* answer = std::get_if<Answer>(&parsed)) return Say(*answer, out);
  auto& end = std::get<ClientEnd>(parsed);
  end.tls = client_.protects_data();
  if (server_->data_awaits_login()) return Say(Answer::Success("530 Not logged in\r\n"), out);
  unasked_ = false;
  data_.AskForPort(end, out);
  replies_.Push(Asked::kPort);
  return Read{};
}

Act FtpDialogue::OnTransfer(const Command& command, Out& out) {
  if (!client_.MayTransfer())
    return Say(Answer::Refusal("521 Data connection must be protected, use PROT P first\r\n"), out);
  if (data_.ready()) BeginData(out);
  return Forward(command, Asked::kTransfer, out);
}

// Called before the 1xx reply: some servers do the data connection's TLS handshake before they send it.
void FtpDialogue::BeginData(Out& out) { data_.Begin(client_.protects_data(), server_->protects_data(), out); }

Act FtpDialogue::Forward(const Command& command, Asked asked, Out& out) {
  unasked_ = false;
  if (!command.harmless) client_.CloseWindow();
  replies_.Push(asked);
  out.server() += command.line;
  return Read{};
}

Act FtpDialogue::Say(const Answer& answer, Out& out) {
  if (answer.refused && ++refusals_ > kMaxCommands) {
    return Fail{{End::kLimit, Blame::kClient, "too many commands were refused"}};
  }
  out.client() += answer.text;
  return Read{};
}

}  // namespace starlock::protocol::ftp
