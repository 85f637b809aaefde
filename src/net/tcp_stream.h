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
/// One recv per turn, into the loop's pool; an idle connection holds no buffer. The receive size doubles when a read
/// fills it, up to kMaxReceive, and returns to kMinReceive when reading pauses, so that less waits for a slow peer. A
/// reset is reported as OnClosed(kReset), after all bytes that the kernel received before it. While reading is off,
/// those bytes and the OnClosed wait.
class TcpStream final : public buffer::Stream, public buffer::Transport, private Poll::Watcher {
 public:
  static constexpr size_t kMinReceive = size_t{64} * 1024;   ///< the receive size at first, in bytes
  static constexpr size_t kMaxReceive = size_t{256} * 1024;  ///< and at most

  /// Takes a connected socket and prepares it with PrepareSocket. kSystem: it cannot be watched, and is closed.
  static Result<std::unique_ptr<TcpStream>> Adopt(Loop& loop, Descriptor socket);
  /// Takes a socket that is prepared and watched by `loop` already.
  static std::unique_ptr<TcpStream> Adopt(Loop& loop, Poll poll);
  /// `stream` as a TcpStream; nullptr if it is another kind of stream, or nullptr. Only TcpStream is a Transport.
  static TcpStream* Of(buffer::Stream* stream);
  ~TcpStream() override;

  void SetHandler(buffer::StreamHandler* handler) override;
  void SetReading(bool on) override;
  bool Write(buffer::Chain bytes) override;
  void End(buffer::StreamEnd end) override;
  void EndWith(buffer::Chain bytes, buffer::StreamEnd end) override;
  void Abort() override;
  size_t queued() const override;
  size_t unacknowledged() const override;
  /// Bodies are aligned to buffer::kAlignment.
  void SetRoom(const buffer::Room& room) override { room_ = room; }
  /// Only bulk transfers are passed on by the kernel; for a few bytes, reading and writing costs less.
  void PassTo(buffer::Stream* sink) override { sink_ = Of(sink); }
  buffer::Transport* transport() override { return this; }
  /// The local address; empty once the connection is closed.
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
  buffer::Chain in_;                        ///< bytes that the handler has not consumed
  PipePool::Lent pipe_;                     ///< holds unsent bytes in the kernel, before those of out_
  buffer::Chain out_;                       ///< unsent bytes
  Error error_;                             ///< the connection is lost; reported once nothing is left to read
  std::optional<buffer::StreamEnd> end_;    ///< set by End
  std::unique_ptr<Timer> acknowledgement_;  ///< End(kTruncated): polls for acknowledgement before the reset
  std::chrono::milliseconds ack_interval_{};
  Loop::Clock::time_point ack_deadline_;
  buffer::Room room_;
  size_t receive_size_ = kMinReceive;
  TcpStream* sink_ = nullptr;  ///< set by PassTo
  size_t passed_ = 0;          ///< bytes passed to it and not yet reported
  bool reading_ = false;
  bool stalled_ = false;       ///< Write has returned false
  bool fin_ = false;           ///< the peer's FIN has been read
  bool end_reported_ = false;  ///< OnEnd was called
  bool shut_ = false;          ///< our FIN was given to the kernel
  bool exhausted_ = false;     ///< the connection is lost, and all received bytes are read
  bool owes_closed_ = false;   ///< closed; OnClosed is still due
};

/// TcpStream::local of a TcpStream; an empty address for any other stream.
SocketAddress LocalAddressOf(buffer::Stream& stream);

}  // namespace starlock::net
