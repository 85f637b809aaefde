// The data connections of a session whose protocol has any.

#include <utility>

#include "session/session.h"

namespace starlock::session {

using protocol::DataEvent;
using protocol::DataRequest;

void Session::Request(const DataRequest& request) {
  switch (request.kind) {
    case DataRequest::Kind::kOpen:
      return OpenData(request);
    case DataRequest::Kind::kBegin:
      if (data_) data_->Begin(request.tls[0], request.tls[1]);
      return;
    case DataRequest::Kind::kClose:
      return DisposeOf(context_.loop, std::move(data_));
  }
}

// One whose transfer has begun may not have delivered all that it has: it goes on beside the new one. But no more than
// one does, for who begins a third has long had the first.
void Session::OpenData(const DataRequest& request) {
  if (data_ && data_->begun()) {
    DisposeOf(context_.loop, std::move(finishing_));
    finishing_ = std::move(data_);
  }
  DisposeOf(context_.loop, std::move(data_));
  DataOwner& owner = *this;
  data_ = std::make_unique<DataConnection>(owner, context_.loop, context_.resolver,
                                           DataEnds{route_, target_, server_address_, peer_, local_, server_.family});
  data_->Open(request.server_port, request.client_port);
}

void Session::OnDataReady(DataConnection& data, uint16_t port) {
  if (&data != data_.get()) return;
  const std::string& external = route_.settings->data.external_address;
  const std::string host = external.empty() ? local_.HostString() : external;
  TellData({DataEvent::Kind::kReady, host, port});
}

void Session::OnDataBroken(DataConnection& data) {
  if (&data == data_.get() && data.begun()) TellData({DataEvent::Kind::kBroken, {}, 0});
}

void Session::OnDataEnded(DataConnection& data, bool broken) {
  if (&data == finishing_.get()) {
    DisposeOf(context_.loop, std::move(finishing_));
  } else if (&data == data_.get()) {
    const bool begun = data.begun();
    DisposeOf(context_.loop, std::move(data_));
    if (!begun) {
      TellData({DataEvent::Kind::kFailed, {}, 0});
    } else if (broken) {
      TellData({DataEvent::Kind::kBroken, {}, 0});
    }
  }
  LeaveWhenDone();
}

void Session::OnDataMoved(Side from, size_t bytes) {
  Touch();
  counter(from) += bytes;
}

void Session::TellData(const DataEvent& event) {
  if (phase_ != Phase::kTalk) return;
  protocol::Out out;
  Perform(dialogue_->NotifyData(event, out), out);
  Pump();
}

bool Session::InTransfer() const {
  return (data_ && data_->begun()) || finishing_ || (dialogue_ && dialogue_->InTransfer());
}

// A drain waits for the transfer that was under way, and for the answer that belongs to it.
void Session::LeaveWhenDone() {
  if (leaving_ && phase_ == Phase::kTalk && !InTransfer()) Abandon({End::kDrained, Blame::kNone, "shutting down"});
}

}  // namespace starlock::session
