#include "protocol/ftp/server_leg.h"

#include <utility>

namespace starlock::protocol::ftp {
namespace {

constexpr std::string_view kAuth = "AUTH TLS\r\n";
constexpr std::string_view kPbsz = "PBSZ 0\r\n";
constexpr std::string_view kProt = "PROT P\r\n";

bool Succeeds(int code) { return code / 100 == 2; }

}  // namespace

LegAct ServerLeg::Begin(Out& /*out*/) { return Read{}; }

LegAct ServerLeg::On(std::string_view reply, Out& out) {
  const int code = CodeOf(reply);
  if (control_.Is<AwaitsGreeting>()) return OnGreeting(reply, out);
  if (control_.Is<AwaitsAuth>()) return OnAuthReply(code);
  if (control_.Is<AwaitsPbsz>() && Succeeds(code)) return Ask(AwaitsProt{}, kProt, out);
  return OnProtReply(code, out);
}

LegAct ServerLeg::OnTlsUp(Out& out) { return Ask(AwaitsPbsz{}, kPbsz, out); }

LegAct ServerLeg::OnGreeting(std::string_view reply, Out& out) {
  const int code = CodeOf(reply);
  if (code == 120) return Read{};  // service ready in a few minutes; 220 follows
  greeting_ = reply;
  if (Upgrades(mode_)) {
    if (code == 220) return Ask(AwaitsAuth{}, kAuth, out);
    return NoTls{End::kStarttlsNotOffered, true};
  }
  if (mode_ == TlsMode::kImplicit) {
    if (Succeeds(code)) return Ask(AwaitsPbsz{}, kPbsz, out);
    data_.Become(ServerDataDue{});  // if the session goes on, data connections must wait for PROT
  }
  return Settled{};
}

// FEAT is not asked for: a server may support AUTH without it. 431 and 534 mean that AUTH is known and refused; other
// errors mean that it is not offered.
LegAct ServerLeg::OnAuthReply(int code) {
  if (code == 234) {
    control_.Become(ServerHandshake{});
    return StartTls{};
  }
  const bool in_words = (code / 100 == 4 || code / 100 == 5) && code != 421;
  const bool denied = code == 431 || code == 534 || !in_words;
  return NoTls{denied ? End::kStarttlsRefused : End::kStarttlsNotOffered, in_words};
}

// The reply to PROT, or an error reply to PBSZ.
LegAct ServerLeg::OnProtReply(int code, Out& out) {
  if (Succeeds(code)) {
    data_.Become(ServerDataPrivate{});
  } else if (code == 530 || code == 503) {
    data_.Become(ServerDataDue{});
  } else {
    return RefuseData(out);
  }
  return Settled{};
}

void ServerLeg::ProtectAfterLogin(std::string_view welcome, Out& out) {
  data_.Become(LatePbsz{std::string(welcome)});
  out.server() += kPbsz;
}

LegAct ServerLeg::OnLateReply(int code, Out& out) {
  const auto* pbsz = data_.If<LatePbsz>();
  const auto* prot = data_.If<LateProt>();
  if (pbsz != nullptr && Succeeds(code)) {
    data_.Become(LateProt{pbsz->welcome});
    out.server() += kProt;
    return Read{};
  }
  const std::string welcome = pbsz != nullptr ? pbsz->welcome : prot != nullptr ? prot->welcome : "";
  LegAct act = Settled{};
  if (Succeeds(code)) {
    data_.Become(ServerDataPrivate{});
  } else {
    act = RefuseData(out);
  }
  if (Is<Settled>(act)) out.client() += welcome;
  return act;
}

// Where TLS is required, there must be no data connection in plaintext.
LegAct ServerLeg::RefuseData(Out& out) {
  if (mode_ != TlsMode::kOpportunistic) {
    return Fail{{End::kStarttlsRefused, Blame::kServer, "the server refuses to protect data connections"}};
  }
  out.Note("the server refuses to protect data connections: they will be in plaintext");
  data_.Become(ServerDataRefused{});
  return Settled{};
}

std::string ServerLeg::Settle() {
  control_.Become(InSession{});
  return std::exchange(greeting_, {});
}

template <typename Next>
LegAct ServerLeg::Ask(Next next, std::string_view command, Out& out) {
  control_.Become(next);
  out.server() += command;
  return Read{};
}

}  // namespace starlock::protocol::ftp
