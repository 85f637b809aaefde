// Input: records become plaintext.

#include <algorithm>
#include <climits>
#include <span>
#include <string>
#include <utility>

#include "tls/record_internals.h"
#include "tls/record_layer.h"

namespace starlock::tls {
namespace {

// Smaller records are merged: moving their bytes costs less than handling each chunk later.
constexpr size_t kSmall = 2048;

// Appends `next` to `run` if both are small and adjacent in their slab, apart from a tag and a header.
bool Merge(buffer::Chunk& run, buffer::Chunk& next) {
  return !run.empty() && next.size() < kSmall && run.size() + next.size() <= SSL3_RT_MAX_PLAIN_LENGTH && run.Join(next);
}

}  // namespace

RecordLayer::Status RecordLayer::Open(buffer::Chain& plain) {
  if (in_place() && record_internals::CanOpen(ssl_.get())) return OpenInPlace(plain);
  return OpenByReading(plain);
}

RecordLayer::Status RecordLayer::OpenInPlace(buffer::Chain& plain) {
  using record_internals::Result;
  buffer::Chunk run;
  Status status = Status::kDone;
  while (status == Status::kDone) {
    const record_internals::Opened opened = record_internals::Open(ssl_.get(), in_.front());
    incomplete_ = 0;
    switch (opened.result) {
      case Result::kData: {
        const auto before = static_cast<size_t>(opened.data.data() - in_.front().data());
        buffer::Chunk record = in_.TakeFront(opened.used);
        record.TrimFront(before);
        record.TrimBack(record.size() - opened.data.size());
        if (Merge(run, record)) break;
        plain.Append(std::exchange(run, std::move(record)));
        break;
      }
      case Result::kNothing:
        in_.Consume(opened.used);
        if (const Status handled = HandleMessages(); handled != Status::kMore) status = handled;
        break;
      case Result::kPartial:
        if (!AwaitRest(opened.used)) status = Status::kMore;
        break;
      case Result::kEnd:
        status = Status::kEnd;
        break;
      case Result::kFailed:
        status = Status::kFailed;
        break;
    }
  }
  plain.Append(std::move(run));
  if (status != Status::kMore) DropInput();
  CommitOutput();
  return status;
}

// The first record needs `whole` contiguous bytes. True: they have arrived, and are contiguous now.
bool RecordLayer::AwaitRest(size_t whole) {
  if (in_.size() >= whole) {
    in_.Gather(pool_, whole);
    return true;
  }
  // The rest may take long, so the partial record is copied out and does not pin its slab. Bytes as they were read have
  // only the tailroom that rounding left; more tailroom than that marks a record that was already copied. A few bytes
  // get little room, because the rest may never come.
  constexpr size_t kMark = 64;
  incomplete_ = in_.size();
  const size_t missing = whole - incomplete_;
  const bool few = incomplete_ < whole / 4;
  in_.Hold(kMark, (few ? std::min(missing, incomplete_) : missing) + kMark);
  return false;
}

// SSL_peek handles waiting messages before it looks for data, and finds none.
RecordLayer::Status RecordLayer::HandleMessages() {
  uint8_t none = 0;
  hidden_ = true;
  const int result = SSL_peek(ssl_.get(), &none, 1);
  hidden_ = false;
  return StatusOf(result);
}

RecordLayer::Status RecordLayer::OpenByReading(buffer::Chain& plain) {
  int result = 1;
  opening_ = true;
  while (result > 0) {
    buffer::Chunk chunk = pool_.Reserve();
    const std::span<uint8_t> tail = chunk.tail();
    size_t used = 0;
    while (used < tail.size()) {
      result =
          SSL_read(ssl_.get(), tail.data() + used, static_cast<int>(std::min<size_t>(tail.size() - used, INT_MAX)));
      if (result <= 0) break;
      used += static_cast<size_t>(result);
    }
    pool_.Commit(chunk, used);
    plain.Append(std::move(chunk));
  }
  opening_ = false;
  incomplete_ = 0;
  if (!late_.empty()) {
    const std::string late = std::exchange(late_, {});
    Emit({reinterpret_cast<const uint8_t*>(late.data()), late.size()});
    CommitOutput();
  }
  return StatusOf(result);
}

}  // namespace starlock::tls
