#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/error.h"
#include "buffer/chain.h"

namespace starlock::buffer {

/// A stream's queue, in bytes: above the high mark Write returns false, and OnWritable follows at the low mark.
inline constexpr size_t kHighMark = size_t{64} * 1024;
inline constexpr size_t kLowMark = size_t{16} * 1024;

/// How one direction of a stream ended.
enum class StreamEnd : uint8_t {
  kClean,      ///< FIN on a plain stream, close_notify under TLS
  kTruncated,  ///< FIN without close_notify under TLS: the data may be incomplete, by fault or attack
};

/// The layout that lets the next owner process bytes in place: chunks of at most `body` bytes, each with at least
/// `head` bytes of headroom and `tail` of tailroom. A hint; other layouts work too.
struct Room {
  size_t head = 0;
  size_t tail = 0;
  size_t body = SIZE_MAX;
  bool operator==(const Room&) const = default;
};

/// A stream's events. A handler may call the stream from inside any of them, but must not destroy it there: it passes
/// the stream to Loop::Dispose, which destroys it at the end of the turn.
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  /// Bytes have arrived. The handler consumes from the front of `in`. Bytes that it leaves are reported again, with
  /// later ones, when reading is switched on again. A handler that leaves bytes must switch reading off first.
  virtual void OnData(Chain& in) = 0;
  /// The queue has fallen to the low mark after Write() returned false.
  virtual void OnWritable() = 0;
  /// The peer has ended its direction; ours stays open. At most once, after the last OnData.
  virtual void OnEnd(StreamEnd end) = 0;
  /// PassTo moved `bytes` bytes to the sink without OnData. `room`: the sink's queue is not above its high mark (see
  /// Write).
  virtual void OnPassed(size_t /*bytes*/, bool /*room*/) {}
  /// Both directions are closed; this is the last call. kNone: both ended cleanly, and the kernel accepted everything
  /// that was written. Not called after Abort or from a destructor.
  virtual void OnClosed(const Error& error) = 0;
};

/// The transport under a stream, known only to streams of the same kind.
class Transport {
 protected:
  ~Transport() = default;
};

/// A two-way flow of bytes: a socket, or TLS over another stream. All calls are on the thread of its loop.
///
/// The owner's calls never call the handler: events come from the loop, so a handler is not re-entered. (Write may send
/// immediately; its outcome is reported later.) Destroying a stream closes it immediately, without an event.
class Stream {
 public:
  virtual ~Stream() = default;

  /// Sets the handler, which may change at any time, for example when TLS takes over. nullptr: no handler; reading is
  /// switched off.
  virtual void SetHandler(StreamHandler* handler) = 0;
  /// Reading is off at first. While it is off, nothing is read from the peer, which slows it down (back-pressure), and
  /// a reset may go unnoticed until the next read or write.
  virtual void SetReading(bool on) = 0;
  /// Takes all of `bytes`, sends what it can immediately and queues the rest. False: the queue is above the high mark;
  /// the caller should wait for OnWritable. After End or Abort, bytes are dropped.
  virtual bool Write(Chain bytes) = 0;
  /// Ends our direction once the queue is sent. kClean: close_notify under TLS, then FIN. kTruncated passes a
  /// truncation on: under TLS a FIN without close_notify; on a plain socket a reset, sent only after the peer has
  /// acknowledged everything, so that no data is lost.
  virtual void End(StreamEnd end) = 0;
  /// Write and End in one call, which can save a packet.
  virtual void EndWith(Chain bytes, StreamEnd end) {
    Write(std::move(bytes));
    End(end);
  }
  /// Closes both directions immediately with a reset and drops the queue. No event follows.
  virtual void Abort() = 0;
  /// Bytes that Write has taken and the kernel has not.
  virtual size_t queued() const = 0;
  /// Bytes that the kernel has and the peer has not acknowledged. Costs a system call.
  virtual size_t unacknowledged() const { return 0; }

  /// The preferred layout of bytes for Write.
  virtual Room room() { return {}; }
  /// Asks for a layout of the bytes in OnData. A stream that cannot provide it ignores this.
  virtual void SetRoom(const Room& /*room*/) {}
  /// Announces that all further input is for `sink`, a stream of the same loop. If both are sockets, the kernel may
  /// pass bytes on directly; then OnPassed replaces OnData, and the owner's Write is not needed. nullptr switches it
  /// off, and must be set before `sink` is destroyed.
  virtual void PassTo(Stream* /*sink*/) {}
  /// The socket of a TcpStream (see there), nullptr for any other stream.
  virtual Transport* transport() { return nullptr; }
};

}  // namespace starlock::buffer
