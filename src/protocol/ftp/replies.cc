// The upstream's replies.

#include "protocol/ftp/dialogue.h"

namespace starlock::protocol::ftp {

Act FtpDialogue::OnReply(std::string_view unit, Out& out) {
  Reply reply = replies_.Take(unit);
  const bool ours = reply.asked == Asked::kPort || reply.asked == Asked::kProtection;
  if (AnnouncesPort(reply.code) && !ours) {
    // The verb, which is unknown to us, opens a port of the upstream's own.
    client_.CloseWindow();
    if (reply.kind == Reply::Kind::kUnasked) return Read{};
    unit = "502 Command not implemented\r\n";
    reply.code = 502;
  }
  switch (reply.kind) {
    case Reply::Kind::kNone:
      return Fail{{End::kProtocolError, Blame::kServer, "not a reply"}};
    case Reply::Kind::kPreliminary:
      return OnPreliminary(reply, unit, out);
    case Reply::Kind::kFinal:
      return OnFinal(reply, unit, out);
    case Reply::Kind::kUnasked:
      client_.CloseWindow();
      break;
    case Reply::Kind::kPart:
    case Reply::Kind::kLateAbor:
    case Reply::Kind::kStatus:
      break;
  }
  out.client() += unit;
  return Read{};
}

// A command with an unknown verb may be a transfer.
Act FtpDialogue::OnPreliminary(const Reply& reply, std::string_view unit, Out& out) {
  if (reply.asked == Asked::kOther && data_.ready() && client_.MayTransfer()) {
    replies_.BeginTransfer();
    BeginData(out);
  }
  out.client() += unit;
  return Read{};
}

Act FtpDialogue::OnFinal(const Reply& reply, std::string_view unit, Out& out) {
  switch (reply.asked) {
    case Asked::kPort:
      return OnPortReply(unit, reply.code, out);
    case Asked::kProtection:
      return OnLateProtection(reply.code, out);
    case Asked::kTransfer:
    case Asked::kRunningTransfer:
      return OnTransferEnd(reply, unit, out);
    case Asked::kFeat:
      out.client() += EditFeatures(unit, client_.offer());
      return Read{};
    case Asked::kAbor:
    case Asked::kStat:
    case Asked::kOther:
      break;
  }
  const bool logged_in = reply.code == 230 || reply.code == 232;
  logged_in_ = logged_in_ || logged_in;
  if (logged_in && server_->data_awaits_login()) {
    server_->ProtectAfterLogin(unit, out);
    replies_.PushFirst(Asked::kProtection);
    return Read{};
  }
  out.client() += unit;
  return Read{};
}

Act FtpDialogue::OnPortReply(std::string_view unit, int code, Out& out) {
  const auto answer = data_.OnPortReply(unit, code, out);
  if (answer) out.client() += *answer;
  if (data_.asks_for_port()) replies_.PushFirst(Asked::kPort);
  return Read{};
}

Act FtpDialogue::OnTransferEnd(const Reply& reply, std::string_view unit, Out& out) {
  // The upstream reports success, but not all bytes reached the other side.
  const bool lost = reply.code / 100 == 2 && data_.broken();
  out.client() += lost ? "426 Data connection lost, transfer incomplete\r\n" : unit;
  data_.End(reply.asked == Asked::kRunningTransfer, out);
  return Read{};
}

// The login succeeded, and the client has not been told yet.
Act FtpDialogue::OnLateProtection(int code, Out& out) {
  const LegAct act = server_->OnLateReply(code, out);
  if (const auto* fail = std::get_if<Fail>(&act)) return *fail;
  if (Is<Read>(act)) replies_.PushFirst(Asked::kProtection);
  return Read{};
}

}  // namespace starlock::protocol::ftp
