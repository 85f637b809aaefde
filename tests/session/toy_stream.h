#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "buffer/slab.h"
#include "buffer/stream.h"

namespace starlock::session {

/// What a ToyStream was asked for and what it answers. Outlives the stream.
struct Toy {
  buffer::StreamHandler* handler = nullptr;
  bool reading = false;
  bool room = true;  ///< what Write returns
  std::string written;
  std::optional<buffer::StreamEnd> end;
  std::function<void()> on_end;  ///< called by the first End
  bool aborted = false;
  size_t queued = 0;
  buffer::Room shape;              ///< what room() returns
  buffer::Room asked;              ///< what SetRoom said
  buffer::Stream* sink = nullptr;  ///< what PassTo said
  buffer::Stream* stream = nullptr;

  std::unique_ptr<buffer::Stream> Make();
  /// Shows `bytes` to the handler; what it leaves is dropped.
  void Show(buffer::SlabPool& pool, std::string_view bytes) const {
    buffer::Chain chain;
    chain.Copy(pool, bytes);
    handler->OnData(chain);
  }
};

/// A stream that records what it is asked for. A test calls its handler.
class ToyStream final : public buffer::Stream {
 public:
  explicit ToyStream(Toy& toy) : toy_(toy) {}
  void SetHandler(buffer::StreamHandler* handler) override { toy_.handler = handler; }
  void SetReading(bool on) override { toy_.reading = on; }
  bool Write(buffer::Chain bytes) override {
    toy_.written += bytes.ToString();
    return toy_.room;
  }
  void End(buffer::StreamEnd end) override {
    if (toy_.end) return;
    toy_.end = end;
    if (toy_.on_end) toy_.on_end();
  }
  void Abort() override {
    toy_.aborted = true;
    toy_.handler = nullptr;
  }
  size_t queued() const override { return toy_.queued; }
  buffer::Room room() override { return toy_.shape; }
  void SetRoom(const buffer::Room& room) override { toy_.asked = room; }
  void PassTo(buffer::Stream* sink) override { toy_.sink = sink; }

 private:
  Toy& toy_;
};

inline std::unique_ptr<buffer::Stream> Toy::Make() {
  auto made = std::make_unique<ToyStream>(*this);
  stream = made.get();
  return made;
}

}  // namespace starlock::session
