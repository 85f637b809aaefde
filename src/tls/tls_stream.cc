#include "tls/tls_stream.h"

#include <openssl/rand.h>

#include <utility>

#include "tls/session_family_impl.h"
#include "tls/tls_stream_impl.h"

namespace starlock::tls {

SessionFamily::Impl::Impl() { RAND_bytes(id.data(), id.size()); }
SessionFamily::SessionFamily() : impl_(std::make_unique<Impl>()) {}
SessionFamily::~SessionFamily() = default;

TlsStream::TlsStream(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsStream::~TlsStream() { impl_->Forget(); }

std::unique_ptr<TlsStream> TlsStream::Accept(ServerContext& context, buffer::SlabPool& pool, buffer::Executor& executor,
                                             std::unique_ptr<buffer::Stream> lower, buffer::Chain already_read,
                                             TlsHandler* handler, std::shared_ptr<SessionFamily> family) {
  auto impl = std::make_shared<Impl>(&context, nullptr, pool, executor, std::move(lower), handler, std::move(family));
  impl->Start(std::move(already_read));
  return std::unique_ptr<TlsStream>(new TlsStream(std::move(impl)));
}

std::unique_ptr<TlsStream> TlsStream::Connect(ClientContext& context, buffer::SlabPool& pool,
                                              buffer::Executor& executor, std::unique_ptr<buffer::Stream> lower,
                                              TlsHandler* handler, std::shared_ptr<SessionFamily> family) {
  auto impl = std::make_shared<Impl>(nullptr, &context, pool, executor, std::move(lower), handler, std::move(family));
  impl->Start(buffer::Chain());
  return std::unique_ptr<TlsStream>(new TlsStream(std::move(impl)));
}

void TlsStream::SetHandler(buffer::StreamHandler* handler) { impl_->SetHandler(handler); }
void TlsStream::SetTlsHandler(TlsHandler* handler) { impl_->SetTlsHandler(handler); }
void TlsStream::SetReading(bool on) { impl_->SetReading(on); }
bool TlsStream::Write(buffer::Chain bytes) { return impl_->Write(std::move(bytes)); }
void TlsStream::End(buffer::StreamEnd end) { impl_->End(end); }
void TlsStream::Abort() { impl_->Abort(); }
size_t TlsStream::queued() const { return impl_->queued(); }
size_t TlsStream::unacknowledged() const { return impl_->unacknowledged(); }
buffer::Room TlsStream::room() { return impl_->room(); }
PeerInfo TlsStream::peer() const { return impl_->peer(); }

}  // namespace starlock::tls
