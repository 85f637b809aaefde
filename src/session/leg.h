#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "buffer/stream.h"
#include "net/loop.h"
#include "protocol/core/act.h"
#include "session/input.h"
#include "tls/tls_info.h"
#include "tls/tls_stream.h"

namespace starlock::session {

using protocol::Blame;
using protocol::BlameOf;
using protocol::End;
using protocol::Side;

/// Receives a leg's stream events, after the leg has updated its own state. See buffer::StreamHandler for the rules.
class LegOwner {
 public:
  virtual ~LegOwner() = default;
  virtual void OnData(Side side, buffer::Chain& in) = 0;
  virtual void OnWritable(Side side) = 0;
  /// The peer ended its direction: Leg::end() says how.
  virtual void OnEnd(Side side) = 0;
  /// The stream is closed in both directions. The leg stays open() until it is closed by its owner.
  virtual void OnClosed(Side side, const Error& error) = 0;
  virtual void OnHandshake(Side side, const tls::TlsInfo& info) = 0;
  virtual void OnPassed(Side /*side*/, size_t /*bytes*/, bool /*room*/) {}
};

/// One connection of a session: its stream (plain, then perhaps TLS over it), its unused input and its state. A leg is
/// used for one connection only; a redial makes a new one.
///
///     kUnopened ─Open─▶ kPlain ─Accept/Connect─▶ kHandshaking ─handshake done─▶ kTls ─Close─▶ kClosed
///
/// Close is allowed in any state.
class Leg final : private tls::TlsHandler {
 public:
  enum class State : uint8_t { kUnopened, kPlain, kHandshaking, kTls, kClosed };

  Leg(Side side, LegOwner* owner) : owner_(owner), side_(side) {}

  /// Events go to `owner` from now on. nullptr: no owner; allowed while no stream is open.
  void SetOwner(LegOwner* owner) { owner_ = owner; }

  /// Takes a connected stream. Reading starts off.
  void Open(std::unique_ptr<buffer::Stream> stream);
  /// Begins TLS in the server role; TLS reads the unused input first. `upgrade`: whether TLS was agreed on in plaintext
  /// before, rather than implicit. `family`: see tls::TlsStream::Accept.
  void Accept(tls::ServerContext& context, buffer::SlabPool& pool, buffer::Executor& executor, bool upgrade,
              std::shared_ptr<tls::SessionFamily> family = nullptr);
  /// Begins TLS in the client role. `family`: see tls::TlsStream::Connect.
  void Connect(tls::ClientContext& context, buffer::SlabPool& pool, buffer::Executor& executor, bool upgrade,
               std::shared_ptr<tls::SessionFamily> family);
  /// Ends our direction because the peer's side of the session has ended. Nothing is written here afterwards.
  void Finish(buffer::StreamEnd end);
  /// Drops unused input and the stream, which lives until the end of the loop's turn.
  void Close(net::Loop& loop);

  /// Writes a copy of `bytes`, which may leave the leg congested. Returns how many bytes the stream was given: none if
  /// the leg is not open or is finished.
  size_t Write(buffer::SlabPool& pool, std::string_view bytes);

  /// Adds to the unused input (see Input::Offer); pauses reading when that is full. After Discard drops all of `in`.
  void Offer(buffer::Chain& in);
  /// Drops the first `n` bytes of unused input and resumes reading.
  void Use(size_t n);
  /// Drops all input, present and future, because its unit boundaries are lost. Reads on to see the peer's end.
  void Discard();
  Input& input() { return input_; }

  State state() const { return state_; }
  bool open() const { return stream_ != nullptr; }
  /// The stream while open(), for reading, ending and passing.
  buffer::Stream* stream() const { return stream_.get(); }
  /// Whether TLS was agreed on in plaintext before it began (STARTTLS), rather than implicit.
  bool upgraded() const { return upgraded_; }
  /// How the peer ended its direction; absent: it has not.
  const std::optional<buffer::StreamEnd>& end() const { return end_; }
  /// Whether the stream's queue is above the high mark after a Write.
  bool congested() const { return output_ == Output::kCongested; }
  bool finished() const { return output_ == Output::kFinished; }
  /// Bytes in the stream's queue.
  size_t queued() const { return open() ? stream_->queued() : 0; }
  /// Bytes that were written and have not reached the peer yet. Costs a system call.
  size_t undelivered() const { return open() ? stream_->queued() + stream_->unacknowledged() : 0; }
  /// What the peer showed in its handshake; nothing without TLS.
  tls::PeerInfo peer() const { return tls_ != nullptr ? tls_->peer() : tls::PeerInfo{}; }

 private:
  enum class Output : uint8_t { kFree, kCongested, kFinished };

  void BeginHandshake(std::unique_ptr<tls::TlsStream> tls, bool upgrade);

  void OnData(buffer::Chain& in) override { owner_->OnData(side_, in); }
  void OnWritable() override;
  void OnEnd(buffer::StreamEnd end) override;
  void OnClosed(const Error& error) override { owner_->OnClosed(side_, error); }
  void OnPassed(size_t bytes, bool room) override { owner_->OnPassed(side_, bytes, room); }
  void OnHandshake(const tls::TlsInfo& info) override;

  LegOwner* owner_;
  std::unique_ptr<buffer::Stream> stream_;
  tls::TlsStream* tls_ = nullptr;  ///< is stream_, once TLS has begun
  Input input_;                    ///< negotiation and filter only
  std::optional<buffer::StreamEnd> end_;
  const Side side_;
  State state_ = State::kUnopened;
  Output output_ = Output::kFree;
  bool upgraded_ = false;
  bool discards_ = false;
};

}  // namespace starlock::session
