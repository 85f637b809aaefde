#pragma once

#include <memory>
#include <string>

#include "buffer/stream.h"
#include "protocol/core/dialogue.h"
#include "tls/tls_info.h"
#include "tls/tls_stream.h"

namespace starlock::session {

using protocol::Blame;
using protocol::BlameOf;
using protocol::End;
using protocol::Side;

/// What a leg tells its session: a stream's events, with the side they came from.
class LegOwner {
 public:
  virtual ~LegOwner() = default;
  virtual void OnData(Side side, buffer::Chain& in) = 0;
  virtual void OnWritable(Side side) = 0;
  virtual void OnEnd(Side side, buffer::StreamEnd end) = 0;
  virtual void OnClosed(Side side, const Error& error) = 0;
  virtual void OnHandshake(Side side, const tls::TlsInfo& info) = 0;
  virtual void OnPassed(Side /*side*/, size_t /*bytes*/, bool /*room*/) {}
};

/// One side of a session: its stream, whatever that is made of by now, and what was read and not used yet.
class Leg final : public tls::TlsHandler {
 public:
  /// What a leg may hold of a negotiation's input; reading pauses there.
  static constexpr size_t kMaxInput = 64 * 1024;

  Leg(LegOwner& owner, Side side) : owner_(owner), side_(side) {}

  std::unique_ptr<buffer::Stream> stream;
  std::string input;                           ///< negotiation and filter only
  std::shared_ptr<tls::SessionFamily> family;  ///< of Connect; may be nullptr
  bool handshaking = false;                    ///< TLS has begun and is not up
  bool in_tls = false;                         ///< TLS is up
  bool after_upgrade = false;                  ///< that TLS was begun in mid-stream
  bool ended = false;                          ///< the peer has ended its direction
  buffer::StreamEnd end = buffer::StreamEnd::kClean;
  bool congested = false;     ///< our own words wait here above the high mark
  bool said_goodbye = false;  ///< our last words are written
  bool finished = false;      ///< the other leg's end was passed on here: nothing more is written
  bool discards = false;      ///< a unit was dropped in its midst: nobody can tell where the next one begins

  bool open() const { return stream != nullptr; }
  /// Bytes that were written here and have yet to reach the peer. Costs a system call.
  size_t undelivered() const { return open() ? stream->queued() + stream->unacknowledged() : 0; }
  Side side() const { return side_; }

  /// Moves as much of `in` to `input` as it may hold, and pauses reading where it is full. Where the leg discards, all
  /// of `in` is dropped.
  void Take(buffer::Chain& in);
  /// Drops the first `n` bytes of `input`; reads on.
  void Use(size_t n);
  /// Drops all of `input`, and the memory that held it: who waits for its next unit holds no buffer.
  void DropInput();
  /// The same, and all that is still to come.
  void Discard();
  /// Begins TLS upon the stream; what `input` holds is the first that TLS sees.
  void Accept(tls::ServerContext& context, buffer::SlabPool& pool, buffer::Executor& executor);
  void Connect(tls::ClientContext& context, buffer::SlabPool& pool, buffer::Executor& executor);
  /// Writes `bytes`, copied; may leave the leg congested. How many the stream was given: none where the leg is closed
  /// or finished.
  size_t Write(buffer::SlabPool& pool, std::string_view bytes);

  void OnData(buffer::Chain& in) override { owner_.OnData(side_, in); }
  void OnWritable() override { owner_.OnWritable(side_); }
  void OnEnd(buffer::StreamEnd how) override { owner_.OnEnd(side_, how); }
  void OnClosed(const Error& error) override { owner_.OnClosed(side_, error); }
  void OnPassed(size_t bytes, bool room) override { owner_.OnPassed(side_, bytes, room); }
  void OnHandshake(const tls::TlsInfo& tls_info) override { owner_.OnHandshake(side_, tls_info); }

 private:
  LegOwner& owner_;
  const Side side_;
};

}  // namespace starlock::session
