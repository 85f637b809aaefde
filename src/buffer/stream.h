#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/error.h"
#include "buffer/chain.h"

namespace starlock::buffer {

/// How the bytes of one direction came to their end.
enum class StreamEnd : uint8_t {
  kClean,      ///< FIN on a plain stream, close_notify under TLS
  kTruncated,  ///< FIN without close_notify under TLS: more may have been meant, and an attacker may have cut it
};

/// How bytes should lie for their next owner to work on them where they lie: in chunks of at most `body` bytes, each
/// with at least this headroom and this tailroom. A wish, and never a condition.
struct Room {
  size_t head = 0;
  size_t tail = 0;
  size_t body = SIZE_MAX;
  bool operator==(const Room&) const = default;
};

/// What a stream tells its owner. A handler may call the stream from inside any of these, but must not destroy it
/// there: hand it to the loop to be destroyed at the end of its turn.
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  /// Bytes have come. Take what you can from the front of `in`; what is left is kept and shown again, with more
  /// behind it, when reading is next on. Leaving bytes there while reading is on is a programming error: switch
  /// reading off first.
  virtual void OnData(Chain& in) = 0;
  /// Write() has said false, and the queue has fallen to the low mark since.
  virtual void OnWritable() = 0;
  /// No byte will follow in this direction; the other one goes on. At most once, after the last OnData.
  virtual void OnEnd(StreamEnd end) = 0;
  /// So many bytes went on to the sink of PassTo without being shown. `room`: what that one's Write would have said.
  virtual void OnPassed(size_t /*bytes*/, bool /*room*/) {}
  /// The stream is gone in both directions, and this is its last call. `kNone`: both directions had ended in order
  /// and everything written was accepted by the kernel. Not called after Abort or from a destructor.
  virtual void OnClosed(const Error& error) = 0;
};

/// A two-way flow of bytes: a socket, or TLS upon another stream. Single-threaded: all calls on its loop.
///
/// Nothing is reported from inside a call of the owner's: events come from the loop, so that a handler never
/// re-enters itself. (Write may send at once; its outcome is reported later.) Destroying a stream closes it at once,
/// silently.
class Stream {
 public:
  virtual ~Stream() = default;

  /// Who is told. May be changed at any time (a session hands a stream to TLS so); nullptr: nobody, reading is off.
  virtual void SetHandler(StreamHandler* handler) = 0;
  /// Streams begin with reading off. While it is off nothing is taken from the peer, so the peer is slowed down;
  /// a reset may go unseen until the next read or write.
  virtual void SetReading(bool on) = 0;
  /// Takes all of `bytes`, sends what it can at once and queues the rest. False: the queue is above the high mark,
  /// so stop until OnWritable. After End or Abort bytes are dropped.
  virtual bool Write(Chain bytes) = 0;
  /// Ends our direction once the queue is sent. kClean: close_notify under TLS, then FIN. kTruncated: what the other
  /// side of us suffered is passed on: FIN without close_notify under TLS; on a plain socket a reset, sent only when
  /// the peer has acknowledged everything, so that nothing is lost.
  virtual void End(StreamEnd end) = 0;
  /// Write and End in one, which may save the peer a packet.
  virtual void EndWith(Chain bytes, StreamEnd end) {
    Write(std::move(bytes));
    End(end);
  }
  /// Closes both directions at once with a reset, dropping the queue. No handler call follows.
  virtual void Abort() = 0;
  /// Bytes accepted by Write and not yet by the kernel.
  virtual size_t queued() const = 0;
  /// Bytes that the kernel has and the peer's has yet to acknowledge. Costs a system call: for who looks now and then.
  virtual size_t unacknowledged() const { return 0; }

  /// How bytes that are to be written here should lie.
  virtual Room room() { return {}; }
  /// How bytes shown to OnData should lie from now on. Streams that can't help it do nothing.
  virtual void SetRoom(const Room& /*room*/) {}
  /// What comes from now on is for `sink`, which must be of the same loop: where both are sockets, the kernel may pass
  /// it on, and OnPassed tells, in place of OnData and Write. nullptr, before `sink` dies: no more.
  virtual void PassTo(Stream* /*sink*/) {}
};

}  // namespace starlock::buffer
