#include "session/data_connections.h"

#include <string>
#include <utility>

#include "session/holder.h"

namespace starlock::session {

using protocol::DataEvent;
using protocol::DataRequest;

DataConnections::DataConnections(DataConnectionsOwner& owner, net::Loop& loop, net::Resolver& resolver,
                                 const Route& route, const net::SocketAddress& client, const net::SocketAddress& local)
    : owner_(owner), loop_(loop), resolver_(resolver), ends_{route, 0, {}, client, local, {}} {
  if (route.client_leg) BeginFamily(Side::kClient);
}

void DataConnections::Handle(const DataRequest& request, size_t target, const net::SocketAddress& server) {
  ends_.target = target;
  ends_.server = server;
  switch (request.kind) {
    case DataRequest::Kind::kOpen:
      return Open(request);
    case DataRequest::Kind::kBegin:
      if (current_) current_->Begin(request.tls[0], request.tls[1]);
      return;
    case DataRequest::Kind::kClose:
      return DisposeOf(loop_, std::move(current_));
  }
}

void DataConnections::Open(const DataRequest& request) {
  if (current_ && current_->begun()) {
    DisposeOf(loop_, std::move(finishing_));
    finishing_ = std::move(current_);
  }
  if (current_) current_->StopListening();  // the new one may need the port
  DisposeOf(loop_, std::move(current_));
  DataOwner& owner = *this;
  current_ = std::make_unique<DataConnection>(owner, loop_, resolver_, ends_);
  current_->Open(request.server_port, request.client_port, request.tls[protocol::Index(Side::kClient)]);
}

size_t DataConnections::undelivered() const {
  return (current_ ? current_->undelivered() : 0) + (finishing_ ? finishing_->undelivered() : 0);
}

void DataConnections::Close() {
  for (auto* data : {&current_, &finishing_}) {
    if (*data) (*data)->StopListening();
    DisposeOf(loop_, std::move(*data));
  }
}

void DataConnections::OnDataReady(DataConnection& data, uint16_t port) {
  if (&data != current_.get()) return;
  const std::string& external = ends_.route.settings->data.external_address;
  const std::string host = external.empty() ? ends_.local.HostString() : external;
  owner_.OnDataEvent(DataEvent{DataEvent::Kind::kReady, host, port});
}

void DataConnections::OnDataBroken(DataConnection& data) {
  if (&data == current_.get() && data.begun()) owner_.OnDataEvent(DataEvent{DataEvent::Kind::kBroken, {}, 0});
}

void DataConnections::OnDataStranger(DataConnection& /*data*/) {
  if (std::exchange(noted_, true)) return;
  owner_.OnNote(
      "a data connection was dropped, because it did not resume the control connection's TLS session: if the client "
      "cannot do that, set data_session: any");
}

void DataConnections::OnDataEnded(DataConnection& data, bool broken) {
  std::optional<DataEvent> event;
  if (&data == finishing_.get()) {
    DisposeOf(loop_, std::move(finishing_));
  } else if (&data == current_.get()) {
    if (!data.begun()) {
      event = DataEvent{DataEvent::Kind::kFailed, {}, 0};
    } else if (broken) {
      event = DataEvent{DataEvent::Kind::kBroken, {}, 0};
    }
    DisposeOf(loop_, std::move(current_));
  }
  owner_.OnDataEvent(event);
}

}  // namespace starlock::session
