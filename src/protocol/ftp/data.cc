// Data connections: RFC 959 3.2 and 5.3.2, RFC 2428, RFC 4217 9.

#include "protocol/ftp/dialogue.h"
#include "protocol/text/lines.h"

namespace starlock::protocol::ftp {
namespace {

constexpr uint16_t kFirstOfAnyone = 1024;  // RFC 2577 3: no PORT to a service

}  // namespace

Act FtpDialogue::OnPassive(const Command& command, Out& out) {
  window_open_ = false;
  if (command.verb == Verb::kEpsv && !command.argument.empty()) {
    if (EqualsNoCase(command.argument, "ALL")) return Answer("200 EPSV from now on\r\n", out);
    const std::string_view ours = IsIpv6(env().client_address) ? "2" : "1";
    if (command.argument != ours) {
      return Refuse("522 Network protocol not supported, use (" + std::string(ours) + ")\r\n", out);
    }
  }
  opened_by_ = command.verb;
  client_port_ = 0;
  return AskForPort(out);
}

Act FtpDialogue::OnActive(const Command& command, Out& out) {
  window_open_ = false;
  const auto place = command.verb == Verb::kPort ? ParsePort(command.argument) : ParseEprt(command.argument);
  if (!place) return Refuse("501 Syntax error in the address\r\n", out);
  // RFC 2577: nobody is sent to a third host from here.
  if (!SameAddress(place->host, env().client_address) || place->port < kFirstOfAnyone) {
    return Refuse("504 Only a port of your own address\r\n", out);
  }
  opened_by_ = command.verb;
  client_port_ = place->port;
  return AskForPort(out);
}

Act FtpDialogue::AskForPort(Out& out) {
  if (prot_is_due_) return Answer("530 Not logged in\r\n", out);  // nor could data be protected
  data_ = Data::kOpening;
  outstanding_.push_back(epsv_unknown_ ? Asked::kPasv : Asked::kEpsv);
  out.server() += epsv_unknown_ ? "PASV\r\n" : "EPSV\r\n";
  return Read{};
}

Act FtpDialogue::OnPassiveReply(std::string_view reply, int code, Out& out) {
  const Asked asked = outstanding_.front();
  outstanding_.pop_front();
  // It doesn't know EPSV, or not for this family; 530 is the client's affair.
  if (asked == Asked::kEpsv && code / 100 == 5 && code != 530) {
    epsv_unknown_ = true;
    return AskForPort(out);
  }
  data_ = Data::kNone;
  if (code / 100 != 2) return Answer(reply, out);
  const uint16_t port = asked == Asked::kEpsv ? PortInEpsv(reply) : PortInPasv(reply);
  if (port == 0) return Answer("425 The server behind did not say where its data is\r\n", out);
  data_ = Data::kOpening;
  out.data.push_back(DataRequest::Open(port, client_port_));
  return Read{};
}

Act FtpDialogue::OnData(const DataEvent& event, Out& out) {
  switch (event.kind) {
    case DataEvent::Kind::kReady:
      break;
    case DataEvent::Kind::kFailed:
      data_ = Data::kNone;
      return Answer("425 Can't open a data connection\r\n", out);
    case DataEvent::Kind::kBroken:
      broken_ = true;
      return Read{};
  }
  data_ = Data::kReady;
  switch (opened_by_) {
    case Verb::kPasv: {
      const std::string answer = PasvReply(event.host, event.port);
      if (!answer.empty()) return Answer(answer, out);
      data_ = Data::kNone;
      out.data.push_back(DataRequest::Close());
      return Refuse("522 There is no IPv4 here, use EPSV\r\n", out);
    }
    case Verb::kEpsv:
      return Answer(EpsvReply(event.port), out);
    default:
      return Answer("200 Got your address\r\n", out);
  }
}

// Whether data may cross on the client's leg as its PROT is.
bool FtpDialogue::MayTransfer() const {
  const bool must_protect = env().client == TlsMode::kRequired || env().client == TlsMode::kImplicit;
  return prot_private_ || !must_protect;
}

Act FtpDialogue::OnTransfer(const Command& command, Out& out) {
  window_open_ = false;
  if (!MayTransfer()) return Refuse("521 PROT P comes first\r\n", out);
  under_way_ = broken_ = false;
  if (data_ == Data::kReady) Begin(out);
  return Forward(command, Asked::kTransfer, out);
}

// Before the transfer's 150, for there are servers that shake hands before it.
void FtpDialogue::Begin(Out& out) {
  data_ = Data::kBegun;
  out.data.push_back(DataRequest::Begin(ClientInTls() && prot_private_, protects_server_));
}

}  // namespace starlock::protocol::ftp
