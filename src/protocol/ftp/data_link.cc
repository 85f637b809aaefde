#include "protocol/ftp/data_link.h"

#include <fmt/format.h>

#include <utility>

#include "protocol/text/lines.h"

namespace starlock::protocol::ftp {
namespace {

constexpr uint16_t kFirstUnprivilegedPort = 1024;  // RFC 2577 3

std::variant<ClientEnd, Answer> ParsePassive(const Command& command, const std::string& client_address) {
  if (command.verb == Verb::kEpsv && !command.argument.empty()) {
    const std::string_view ours = IsIpv6(client_address) ? "2" : "1";
    if (command.argument != ours) {
      return Answer::Refusal(fmt::format("522 Network protocol not supported, use ({})\r\n", ours));
    }
  }
  return ClientEnd{command.verb};
}

std::variant<ClientEnd, Answer> ParseActive(const Command& command, const std::string& client_address) {
  const auto place = command.verb == Verb::kPort ? ParsePort(command.argument) : ParseEprt(command.argument);
  if (!place) return Answer::Refusal("501 Syntax error in address\r\n");
  if (!SameAddress(place->host, client_address) || place->port < kFirstUnprivilegedPort) {
    return Answer::Refusal("504 Address must be your own, port must be 1024 or higher\r\n");
  }
  return ClientEnd{command.verb, place->port};
}

}  // namespace

std::variant<ClientEnd, Answer> DataLink::ParseClientEnd(const Command& command, const std::string& client_address) {
  const bool epsv = command.verb == Verb::kEpsv;
  if (epsv && EqualsNoCase(command.argument, "ALL")) {
    epsv_only_ = true;
    return Answer::Success("200 EPSV ALL accepted\r\n");
  }
  if (epsv_only_ && !epsv) return Answer::Refusal("503 Only EPSV is allowed after EPSV ALL\r\n");
  const bool passive = epsv || command.verb == Verb::kPasv;
  return passive ? ParsePassive(command, client_address) : ParseActive(command, client_address);
}

void DataLink::AskForPort(const ClientEnd& client, Out& out) {
  state_.Become(AsksForPort{client});
  out.server() += passive_only_ ? "PASV\r\n" : "EPSV\r\n";
}

std::optional<std::string> DataLink::OnPortReply(std::string_view reply, int code, Out& out) {
  const auto* asked = state_.If<AsksForPort>();
  const ClientEnd client = asked != nullptr ? asked->client : ClientEnd{};
  // EPSV is not supported, or not for this address family. 530 (not logged in) is passed on.
  if (!passive_only_ && code / 100 == 5 && code != 530) {
    passive_only_ = true;
    out.server() += "PASV\r\n";
    return std::nullopt;
  }
  const bool granted = code / 100 == 2;
  const uint16_t port = !granted ? 0 : passive_only_ ? PortInPasv(reply) : PortInEpsv(reply);
  if (port == 0) {
    state_.Become(NoData{});
    return granted ? "425 Can't open data connection\r\n" : std::string(reply);
  }
  state_.Become(Opens{client});
  out.data.push_back(DataRequest::Open(port, client.port, client.tls));
  return std::nullopt;
}

std::optional<Answer> DataLink::OnEvent(const DataEvent& event, Out& out) {
  switch (event.kind) {
    case DataEvent::Kind::kReady: {
      const auto* opens = state_.If<Opens>();
      const ClientEnd client = opens != nullptr ? opens->client : ClientEnd{};
      return OnReady(client, event, out);
    }
    case DataEvent::Kind::kFailed:
      if (state_.Is<Opens>()) {
        state_.Become(NoData{});
        return Answer::Success("425 Can't open data connection\r\n");
      }
      // The client was told that the connection is ready. If a transfer uses it, that transfer fails.
      if (state_.Is<Ready>()) state_.Become(Broken{});
      break;
    case DataEvent::Kind::kBroken:
      if (state_.Is<Begun>()) state_.Become(Broken{});  // else the transfer's final reply has been passed on
      break;
  }
  return std::nullopt;
}

Answer DataLink::OnReady(const ClientEnd& client, const DataEvent& event, Out& out) {
  const bool passive = client.asked_by == Verb::kPasv;
  std::string address = passive ? PasvReply(event.host, event.port) : "";
  if (passive && address.empty()) {
    state_.Become(NoData{});
    out.data.push_back(DataRequest::Close());
    return Answer::Refusal("522 Network protocol not supported, use EPSV\r\n");
  }
  state_.Become(Ready{});
  if (passive) return Answer::Success(std::move(address));
  if (client.asked_by == Verb::kEpsv) return Answer::Success(EpsvReply(event.port));
  return Answer::Success("200 Data address accepted\r\n");
}

void DataLink::Begin(bool client_tls, bool server_tls, Out& out) {
  state_.Become(Begun{});
  out.data.push_back(DataRequest::Begin(client_tls, server_tls));
}

void DataLink::End(bool began, Out& out) {
  if (state_.Is<NoData>()) return;
  state_.Become(NoData{});
  if (!began) out.data.push_back(DataRequest::Close());
}

}  // namespace starlock::protocol::ftp
