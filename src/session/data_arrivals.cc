#include "session/data_arrivals.h"

#include <algorithm>
#include <utility>

#include "session/holder.h"

namespace starlock::session {

/// A connection from the client's address that may be the client's.
class DataArrivals::Candidate final : public tls::TlsHandler {
 public:
  Candidate(DataArrivals& owner, std::unique_ptr<buffer::Stream> stream) : owner_(owner), stream_(std::move(stream)) {
    stream_->SetHandler(this);
  }
  ~Candidate() override {
    if (stream_) Abort();
  }
  Candidate(const Candidate&) = delete;
  Candidate& operator=(const Candidate&) = delete;

  void StartTls(net::Loop& loop, const Terms& terms) {
    stream_ = tls::TlsStream::Accept(*terms.route.client_leg, loop.pool(), loop, std::move(stream_), buffer::Chain(),
                                     this, terms.family);
    stream_->SetReading(false);  // a handshake reads by itself
  }
  std::unique_ptr<buffer::Stream> Release() { return std::move(stream_); }
  void Close(net::Loop& loop) {
    if (stream_) Abort();
    DisposeOf(loop, std::move(stream_));
  }

  void OnHandshake(const tls::TlsInfo& info) override { owner_.OnHandshake(*this, info); }
  void OnData(buffer::Chain& /*in*/) override { stream_->SetReading(false); }
  void OnWritable() override {}
  void OnEnd(buffer::StreamEnd /*end*/) override {}
  void OnClosed(const Error& /*error*/) override { owner_.OnClosed(*this); }

 private:
  void Abort() {
    stream_->SetHandler(nullptr);
    stream_->Abort();
  }

  DataArrivals& owner_;
  std::unique_ptr<buffer::Stream> stream_;
};

DataArrivals::DataArrivals(net::Loop& loop, Terms terms, OnArrived on_arrived, OnStranger on_stranger)
    : loop_(loop),
      terms_(std::move(terms)),
      on_arrived_(std::move(on_arrived)),
      on_stranger_(std::move(on_stranger)),
      tls_(terms_.tls) {}

DataArrivals::~DataArrivals() = default;

bool DataArrivals::Listen() {
  auto bound = DataPorts::Bind(terms_.route.data_ports, terms_.local, terms_.client);
  if (!bound) return false;
  lease_ = std::move(bound->lease);
  port_ = bound->socket.address().port();
  auto listener = net::Listener::Create(
      loop_, std::move(bound->socket),
      [this](std::unique_ptr<buffer::Stream> stream, const net::SocketAddress& peer) {
        OnAccept(std::move(stream), peer);
      },
      [](const Error&) {});
  if (!listener) return false;
  listener_ = std::move(listener).value();
  return true;
}

void DataArrivals::OnAccept(std::unique_ptr<buffer::Stream> stream, const net::SocketAddress& peer) {
  if (!listener_ || peer.HostString() != terms_.client) {
    stream->Abort();
    return DisposeOf(loop_, std::move(stream));
  }
  if (!tls_) return Arrive(std::move(stream), false);
  if (candidates_.size() == kMaxCandidates) Drop(*candidates_.front());
  Candidate& candidate = *candidates_.emplace_back(std::make_unique<Candidate>(*this, std::move(stream)));
  if (begun_) candidate.StartTls(loop_, terms_);
}

void DataArrivals::Begin(bool tls) {
  begun_ = true;
  tls_ = tls;
  if (tls) {
    for (const auto& candidate : candidates_) candidate->StartTls(loop_, terms_);
  } else if (!candidates_.empty()) {
    Arrive(candidates_.front()->Release(), false);
  }
}

void DataArrivals::OnHandshake(Candidate& candidate, const tls::TlsInfo& info) {
  if (IsClient(terms_.route, info)) return Arrive(candidate.Release(), true);
  Drop(candidate);
  on_stranger_(Stranger::kNotResumed);
}

void DataArrivals::OnClosed(Candidate& candidate) {
  Drop(candidate);
  if (begun_) on_stranger_(Stranger::kNoHandshake);
}

void DataArrivals::Arrive(std::unique_ptr<buffer::Stream> stream, bool secured) {
  Stop();
  on_arrived_(std::move(stream), secured);
}

void DataArrivals::Stop() {
  listener_.reset();
  lease_ = {};
  while (!candidates_.empty()) Drop(*candidates_.front());
}

// The candidate may be on the call stack.
void DataArrivals::Drop(Candidate& candidate) {
  const auto same = [&](const auto& other) { return other.get() == &candidate; };
  const auto found = std::find_if(candidates_.begin(), candidates_.end(), same);
  if (found == candidates_.end()) return;
  candidate.Close(loop_);
  DisposeOf(loop_, std::move(*found));
  candidates_.erase(found);
}

bool DataArrivals::IsClient(const Route& route, const tls::TlsInfo& info) {
  return info.resumed || route.settings->data.session == config::DataSession::kAny;
}

}  // namespace starlock::session
