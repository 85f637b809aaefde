#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "base/result.h"
#include "buffer/chain.h"
#include "buffer/stream.h"
#include "net/descriptor.h"
#include "net/loop.h"
#include "net/pipe.h"
#include "net/poll.h"
#include "net/socket_address.h"

namespace starlock::net {

/// A connected TCP socket as a stream.
///
/// One recv a turn, into the loop's pool; an idle connection holds no buffer. Who fills what is offered is offered
/// twice as much next time, up to a slab; whose bytes nobody takes begins anew, so that what waits for a slow peer is
/// less. A reset is told apart from an end: it is an OnClosed(kReset), after everything that the kernel had received
/// before it was shown. Where reading is off, such bytes wait, and the OnClosed with them, until it is on again.
class TcpStream final : public buffer::Stream, private Poll::Watcher {
 public:
  static constexpr size_t kHighMark = size_t{64} * 1024;  ///< Write says false above it
  static constexpr size_t kLowMark = size_t{16} * 1024;   ///< OnWritable at it

  static constexpr size_t kLeastOffer = size_t{64} * 1024;  ///< bytes that one recv takes at most, at first
  static constexpr size_t kMostOffer = size_t{256} * 1024;  ///< and in the end

  /// Takes a connected socket and prepares it (PrepareSocket). kSystem closes it.
  static Result<std::unique_ptr<TcpStream>> Adopt(Loop& loop, Descriptor socket);
  /// Takes one that is prepared and of this loop already.
  static std::unique_ptr<TcpStream> Adopt(Loop& loop, Poll poll);
  ~TcpStream() override;

  void SetHandler(buffer::StreamHandler* handler) override;
  void SetReading(bool on) override;
  bool Write(buffer::Chain bytes) override;
  void End(buffer::StreamEnd end) override;
  void EndWith(buffer::Chain bytes, buffer::StreamEnd end) override;
  void Abort() override;
  size_t queued() const override;
  size_t unacknowledged() const override;
  /// Bodies are 64-byte aligned.
  void SetRoom(const buffer::Room& room) override { room_ = room; }
  /// Only what comes in bulk goes so: a few bytes are read and written for less.
  void PassTo(buffer::Stream* sink) override { sink_ = dynamic_cast<TcpStream*>(sink); }
  /// Our own address on this connection; empty where it is gone.
  SocketAddress local() const;

 private:
  TcpStream(Loop& loop, Poll poll);

  void OnReady(unsigned events) override;
  bool Reads() const { return reading_ && handler_ != nullptr && poll_.open(); }
  void Receive();
  bool Pass();
  bool HasPipe();
  void Forward();
  bool SendPiped();
  bool HasOutput() const { return pipe_ != nullptr || !out_.empty(); }
  void Send();
  void Arm();
  void Break(int number);

  void Report();
  void ShowBytes();
  void ReportClosed();

  void EndWriting();
  void AwaitAcknowledgement();
  void Reset();

  Loop& loop_;
  Poll poll_;
  buffer::StreamHandler* handler_ = nullptr;
  Deferred report_;
  buffer::Chain in_;                        ///< what the handler left
  PipePool::Lent pipe_;                     ///< what the kernel did not take and holds for us; before out_
  buffer::Chain out_;                       ///< what the kernel did not take
  Error error_;                             ///< the socket is broken; told once nothing is left to read
  std::optional<buffer::StreamEnd> end_;    ///< what End asked for
  std::unique_ptr<Timer> acknowledgement_;  ///< End(kTruncated): the reset waits for the peer
  std::chrono::milliseconds ack_interval_{};
  Loop::Clock::time_point ack_deadline_;
  buffer::Room room_;
  size_t offer_ = kLeastOffer;  ///< how much the next recv takes at most
  TcpStream* sink_ = nullptr;   ///< of PassTo
  size_t passed_ = 0;           ///< to it, and not yet told
  bool reading_ = false;
  bool stalled_ = false;      ///< Write has said false
  bool fin_ = false;          ///< the peer's FIN was read
  bool end_told_ = false;     ///< OnEnd was called
  bool shut_ = false;         ///< our FIN is in the kernel's hands
  bool exhausted_ = false;    ///< broken, and the kernel holds no more bytes
  bool owes_closed_ = false;  ///< closed, and the handler has yet to hear it
};

/// TcpStream::local of a stream that is one; of any other an empty address.
SocketAddress LocalAddressOf(const buffer::Stream& stream);

}  // namespace starlock::net
