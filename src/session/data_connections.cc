#include "session/data_connections.h"

#include <string>
#include <utility>

#include "session/holder.h"

namespace starlock::session {

using protocol::DataEvent;
using protocol::DataRequest;

void DataConnections::Handle(const DataRequest& request, DataEnds ends) {
  switch (request.kind) {
    case DataRequest::Kind::kOpen:
      return Open(request, std::move(ends));
    case DataRequest::Kind::kBegin:
      if (current_) current_->Begin(request.tls[0], request.tls[1]);
      return;
    case DataRequest::Kind::kClose:
      return DisposeOf(loop_, std::move(current_));
  }
}

void DataConnections::Open(const DataRequest& request, DataEnds ends) {
  if (current_ && current_->begun()) {
    DisposeOf(loop_, std::move(finishing_));
    finishing_ = std::move(current_);
  }
  DisposeOf(loop_, std::move(current_));
  DataOwner& owner = *this;
  current_ = std::make_unique<DataConnection>(owner, loop_, resolver_, std::move(ends));
  current_->Open(request.server_port, request.client_port);
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
  const DataEnds& ends = data.ends();
  const std::string& external = ends.route.settings->data.external_address;
  const std::string host = external.empty() ? ends.local.HostString() : external;
  owner_.OnDataEvent(DataEvent{DataEvent::Kind::kReady, host, port});
}

void DataConnections::OnDataBroken(DataConnection& data) {
  if (&data == current_.get() && data.begun()) owner_.OnDataEvent(DataEvent{DataEvent::Kind::kBroken, {}, 0});
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
