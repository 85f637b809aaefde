#include "session/leg.h"

#include <utility>

#include "session/holder.h"

namespace starlock::session {

void Leg::Open(std::unique_ptr<buffer::Stream> stream) {
  stream_ = std::move(stream);
  state_ = State::kPlain;
  stream_->SetHandler(this);
}

void Leg::Accept(tls::ServerContext& context, buffer::SlabPool& pool, buffer::Executor& executor, bool upgrade,
                 std::shared_ptr<tls::SessionFamily> family) {
  buffer::Chain already_read;
  already_read.Copy(pool, input_.view());
  input_.Clear();
  BeginHandshake(tls::TlsStream::Accept(context, pool, executor, std::move(stream_), std::move(already_read), this,
                                        std::move(family)),
                 upgrade);
}

void Leg::Connect(tls::ClientContext& context, buffer::SlabPool& pool, buffer::Executor& executor, bool upgrade,
                  std::shared_ptr<tls::SessionFamily> family) {
  BeginHandshake(tls::TlsStream::Connect(context, pool, executor, std::move(stream_), this, std::move(family)),
                 upgrade);
}

void Leg::BeginHandshake(std::unique_ptr<tls::TlsStream> tls, bool upgrade) {
  tls_ = tls.get();
  stream_ = std::move(tls);
  state_ = State::kHandshaking;
  output_ = Output::kFree;  // TLS has its own queue, and does not report when the one below it has room again
  upgraded_ = upgrade;
}

void Leg::Finish(buffer::StreamEnd end) {
  if (stream_) stream_->End(end);
  output_ = Output::kFinished;
}

void Leg::Close(net::Loop& loop) {
  input_.Clear();
  if (stream_) stream_->SetHandler(nullptr);
  DisposeOf(loop, std::move(stream_));
  tls_ = nullptr;
  state_ = State::kClosed;
}

size_t Leg::Write(buffer::SlabPool& pool, std::string_view bytes) {
  if (!stream_ || finished() || bytes.empty()) return 0;
  buffer::Chain chain;
  chain.Copy(pool, bytes);
  output_ = stream_->Write(std::move(chain)) ? Output::kFree : Output::kCongested;
  return bytes.size();
}

void Leg::Offer(buffer::Chain& in) {
  if (discards_) return in.Consume(in.size());
  input_.Offer(in);
  if (input_.full()) stream_->SetReading(false);
}

void Leg::Use(size_t n) {
  if (n == 0) return;
  input_.Use(n);
  if (stream_) stream_->SetReading(true);
}

void Leg::Discard() {
  input_.Clear();
  discards_ = true;
  if (stream_) stream_->SetReading(true);
}

void Leg::OnWritable() {
  if (congested()) output_ = Output::kFree;
  owner_->OnWritable(side_);
}

void Leg::OnEnd(buffer::StreamEnd end) {
  end_ = end;
  owner_->OnEnd(side_);
}

void Leg::OnHandshake(const tls::TlsInfo& info) {
  state_ = State::kTls;
  owner_->OnHandshake(side_, info);
}

}  // namespace starlock::session
