#include "driver/raw.h"

#include <algorithm>
#include <memory>
#include <span>

namespace starlock::bench::raw {
namespace {

constexpr uint64_t kTurn = kBatch;  // bytes for one connection before the next one has its turn

/// The buffer that all connections read into; its content is not kept.
std::span<char> Sink() {
  static const Blocks::Block block = Blocks().Take();
  return {block.get(), kBatch};
}

}  // namespace

Pattern::Pattern() : text_(kPeriod + kBatch, '\0') {
  uint64_t state = 0x9e3779b97f4a7c15;
  for (size_t i = 0; i < text_.size(); ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    text_[i] = i < kPeriod ? static_cast<char>(state >> 56) : text_[i - kPeriod];
  }
}

Channel::Io Transfer::Send(Channel& channel, bool& more) {
  more = false;
  const uint64_t begun = done_;
  while (done_ < request_.size) {
    const std::string_view bytes = pattern_.At(done_, request_.check).substr(0, request_.size - done_);
    size_t n = 0;
    const Channel::Io io = channel.Write(bytes, n);
    done_ += n;
    if (io != Channel::Io::kOk) return io;
    if (done_ < request_.size && done_ - begun >= kTurn) {
      more = true;
      return Channel::Io::kAgain;
    }
  }
  return channel.Flush();
}

Channel::Io Transfer::Receive(Channel& channel, bool& more) {
  more = false;
  const uint64_t begun = done_;
  while (done_ < request_.size) {
    // Dropping the bytes in the kernel (MSG_TRUNC) would be cheaper for the driver, but also for the proxy: if no other
    // core reads what it wrote, its sends find their pages in its own cache and need less than half of the CPU.
    const std::span<char> into = Sink().first(std::min<uint64_t>(kBatch, request_.size - done_));
    size_t n = 0;
    const Channel::Io io = channel.Read(into, n);
    if (io != Channel::Io::kOk) return io;
    if (request_.check && !pattern_.Is(done_, {into.data(), n})) good_ = false;
    done_ += n;
    if (done_ < request_.size && done_ - begun >= kTurn) {
      more = true;
      return Channel::Io::kAgain;
    }
  }
  return Channel::Io::kOk;
}

}  // namespace starlock::bench::raw
