// The leg towards the server, from its greeting to the meeting point: RFC 4217 4, 8 and 9, the client role.

#include <utility>

#include "protocol/core/paired.h"
#include "protocol/ftp/dialogue.h"
#include "protocol/ftp/ftp.h"
#include "protocol/ftp/probe.h"
#include "protocol/text/lines.h"

namespace starlock::protocol::ftp {

Frame FtpDialogue::Cut(Side side, std::string_view in, Scan& scan) {
  if (side == Side::kClient) return stage_ == Stage::kSession ? CutLine(in, scan) : Frame::Idle();
  if (stage_ != Stage::kSession || NeedsWholeReply()) return CutReply(in, scan);
  return client_settled_ ? CutLine(in, scan) : Frame::Idle();
}

Act FtpDialogue::On(Side side, std::string_view unit, Out& out) {
  if (side == Side::kClient) return OnCommand(unit, out);
  return stage_ == Stage::kSession ? OnReply(unit, out) : Negotiate(unit, out);
}

Act FtpDialogue::On(Event event, Side side, Out& out) {
  switch (event) {
    case Event::kStart:
      return Dial{};
    case Event::kUpstreamUp:
      stage_ = Stage::kGreeting;
      return Read{};
    case Event::kTlsUp:
      if (side == Side::kServer) return Ask(Stage::kPbsz, "PBSZ 0", out);
      SettleClient();
      return Read{};
    case Event::kTlsFailed:
      break;
  }
  return OnServerTlsFailed(out);
}

Act FtpDialogue::Negotiate(std::string_view reply, Out& out) {
  const int code = CodeOf(reply);
  switch (stage_) {
    case Stage::kGreeting:
      return OnGreeting(reply, out);
    case Stage::kAuth:
      return OnAuthReply(code, out);
    case Stage::kPbsz:
      if (code / 100 == 2) return Ask(Stage::kProt, "PROT P", out);
      return OnProtReply(code, out);
    case Stage::kProt:
    case Stage::kSession:
      break;
  }
  return OnProtReply(code, out);
}

Act FtpDialogue::OnGreeting(std::string_view reply, Out& out) {
  const int code = CodeOf(reply);
  if (code == 120) return Read{};  // it will be with us in a few minutes
  greeting_ = reply;
  if (code != 220) {
    if (Upgrades(env().server)) return GoOnInPlaintext({End::kStarttlsNotOffered, true}, out);
    return Greet(out);
  }
  if (tls_up(Side::kServer)) return Ask(Stage::kPbsz, "PBSZ 0", out);
  if (Upgrades(env().server)) return Ask(Stage::kAuth, "AUTH TLS", out);
  return Greet(out);
}

// There is no offer to look for: a server may know AUTH without FEAT. So "what is that?" is "not offered", and "not
// now" or "not you" (431, 534) is "refused".
Act FtpDialogue::OnAuthReply(int code, Out& out) {
  if (code == 234) return Upgrade{Side::kServer};
  const bool in_words = (code / 100 == 4 || code / 100 == 5) && code != 421;
  const bool denied = code == 431 || code == 534 || !in_words;
  return GoOnInPlaintext({denied ? End::kStarttlsRefused : End::kStarttlsNotOffered, in_words}, out);
}

// Data in the clear is what a server leg with TLS must never come to by itself. A server may want the login first
// (RFC 4217 12 shows both orders).
Act FtpDialogue::OnProtReply(int code, Out& out) {
  protects_server_ = code / 100 == 2;
  prot_is_due_ = code == 530 || code == 503;
  if (!protects_server_ && !prot_is_due_) {
    if (env().server != TlsMode::kOpportunistic) return ProtRefused();
    out.Note("the server refuses to protect data connections: they will be in plaintext");
  }
  return Greet(out);
}

// The login is done, and the client does not know it yet.
Act FtpDialogue::OnLateProtReply(Asked asked, int code, Out& out) {
  outstanding_.pop_front();
  if (code / 100 == 2 && asked == Asked::kPbsz) {
    outstanding_.push_front(Asked::kProt);
    out.server() += "PROT P\r\n";
    return Read{};
  }
  protects_server_ = code / 100 == 2;
  prot_is_due_ = false;
  if (!protects_server_) {
    if (env().server != TlsMode::kOpportunistic) return ProtRefused();
    out.Note("the server refuses to protect data connections: they will be in plaintext");
  }
  out.client() += welcome_;
  welcome_.clear();
  return Read{};
}

Act FtpDialogue::ProtRefused() const {
  return Fail{{End::kStarttlsRefused, Blame::kServer, "the server refuses to protect data connections"}};
}

Act FtpDialogue::Ask(Stage next, std::string_view command, Out& out) {
  out.server().append(command).append("\r\n");
  stage_ = next;
  return Read{};
}

Act FtpDialogue::GoOnInPlaintext(const NoTls& no_tls, Out& out) {
  if (auto fail = GoOnWithoutTls(no_tls, out)) return *std::move(fail);
  return Greet(out);
}

// The server's leg is where it must be, and its greeting is the client's.
Act FtpDialogue::Greet(Out& out) {
  ReachMeetingPoint(Side::kServer);
  stage_ = Stage::kSession;
  out.client() += greeting_;
  if (env().client != TlsMode::kRequired || ClientInTls()) {
    SettleClient();
  } else if (CodeOf(greeting_) != 220) {
    return Fail::Told(End::kClosed, Blame::kServer, "the server refused service");
  }
  greeting_.clear();
  return Read{};
}

void FtpDialogue::SettleClient() {
  client_settled_ = true;
  // RFC 4217 9: clear until PROT says otherwise. On a port where all is TLS nobody waits for a PROT.
  if (env().client == TlsMode::kImplicit) prot_private_ = has_pbsz_ = true;
  ReachMeetingPoint(Side::kClient);
}

}  // namespace starlock::protocol::ftp

namespace starlock::protocol::ftp {

static std::unique_ptr<Dialogue> MakeFtp(Env env) { return std::make_unique<ftp::FtpDialogue>(std::move(env)); }

const Dialect kFtp = {
    .name = "ftp",
    .default_port = 21,
    .alpn = "ftp",
    .data_alpn = "ftp-data",
    .make_dialogue = MakeFtp,
    .make_prober = ProbeFtp,
};

}  // namespace starlock::protocol::ftp
