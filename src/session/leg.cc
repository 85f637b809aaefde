#include "session/leg.h"

#include <algorithm>
#include <utility>

namespace starlock::session {

void Leg::Take(buffer::Chain& in) {
  if (discards) return in.Consume(in.size());
  while (!in.empty() && input.size() < kMaxInput) {
    const std::string_view first = in.begin()->view();
    const size_t n = std::min(first.size(), kMaxInput - input.size());
    input.append(first.substr(0, n));
    in.Consume(n);
  }
  if (input.size() >= kMaxInput) stream->SetReading(false);
}

void Leg::Use(size_t n) {
  if (n == 0) return;
  if (n == input.size()) {
    DropInput();
  } else {
    input.erase(0, n);
  }
  if (stream) stream->SetReading(true);
}

// An assignment would keep the memory.
void Leg::DropInput() { std::string().swap(input); }

void Leg::Discard() {
  discards = true;
  Use(input.size());
}

void Leg::Accept(tls::ServerContext& context, buffer::SlabPool& pool, buffer::Executor& executor) {
  buffer::Chain already_read;
  already_read.Copy(pool, input);
  DropInput();
  handshaking = true;
  congested = false;  // TLS has a queue of its own, and nobody waits for what is below it
  stream = tls::TlsStream::Accept(context, pool, executor, std::move(stream), std::move(already_read), this);
  stream->SetReading(true);
}

void Leg::Connect(tls::ClientContext& context, buffer::SlabPool& pool, buffer::Executor& executor) {
  handshaking = true;
  congested = false;
  stream = tls::TlsStream::Connect(context, pool, executor, std::move(stream), this, family);
  stream->SetReading(true);
}

size_t Leg::Write(buffer::SlabPool& pool, std::string_view bytes) {
  if (!stream || finished || bytes.empty()) return 0;
  buffer::Chain chain;
  chain.Copy(pool, bytes);
  congested = !stream->Write(std::move(chain));
  return bytes.size();
}

}  // namespace starlock::session
