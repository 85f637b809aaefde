#include "session/dialler.h"

#include <utility>

namespace starlock::session {

using protocol::Blame;
using protocol::End;

Dialler::Dialler(net::Loop& loop, net::Resolver& resolver, const std::vector<HostPort>& targets,
                 std::chrono::milliseconds timeout, OnDone on_done)
    : loop_(loop), resolver_(resolver), targets_(targets), timeout_(timeout), on_done_(std::move(on_done)) {}

void Dialler::Dial(bool next) {
  target_ = next ? target_ + 1 : 0;
  connector_ = std::make_unique<net::Connector>(
      loop_, resolver_, std::vector(targets_.begin() + static_cast<std::ptrdiff_t>(target_), targets_.end()), timeout_,
      [this](Result<net::Connector::Connected> connected) { OnConnected(std::move(connected)); });
}

void Dialler::OnConnected(Result<net::Connector::Connected> connected) {
  connector_.reset();
  if (!connected) {
    target_ = targets_.size() - 1;  // all that were left have been tried
    return on_done_(connected.error());
  }
  target_ += connected->target;
  address_ = connected->address;
  on_done_(std::move(connected->stream));
}

protocol::Failure Dialler::Explain(const Error& error) {
  switch (error.code) {
    case ErrorCode::kSystem:
      return {End::kLimit, Blame::kProxy, "cannot create a socket for the connection to the server", error.detail};
    case ErrorCode::kResolveFailed:
      return {End::kResolveFailed, Blame::kServer, "cannot resolve the server's name", error.detail};
    default:
      return {End::kConnectFailed, Blame::kServer, "cannot connect to the server", error.detail};
  }
}

}  // namespace starlock::session
