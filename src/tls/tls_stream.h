#pragma once

#include <memory>

#include "buffer/executor.h"
#include "buffer/slab.h"
#include "buffer/stream.h"
#include "tls/context.h"
#include "tls/peer_info.h"
#include "tls/tls_info.h"

namespace starlock::tls {

/// A stream's handler that also hears that the handshake is done: once, before any OnData. A handshake that fails
/// is an OnClosed with kNotTls, kHandshakeFailed, kVerifyFailed (or the lower stream's kReset).
class TlsHandler : public buffer::StreamHandler {
 public:
  virtual void OnHandshake(const TlsInfo& info) = 0;
};

/// The sessions of one control connection and of the data connections that belong to it: FTP servers demand that a data
/// connection resumes the session of its control connection, and no other's will do. One that is empty makes the
/// first handshake a full one.
class SessionFamily {
 public:
  SessionFamily();
  ~SessionFamily();
  SessionFamily(const SessionFamily&) = delete;
  SessionFamily& operator=(const SessionFamily&) = delete;

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// TLS upon another stream, either role. Writes before the handshake is done are queued.
///
/// - kNotTls: in the server role the first byte is not 0x16; in the client role it is neither 0x16 nor 0x15.
/// - Renegotiation is refused in both roles; tickets are issued in the server role and kept in the client role.
/// - OnEnd(kClean) is close_notify; OnEnd(kTruncated) is the lower stream's end without one, after all that was
///   authenticated has been given to OnData. A record that fails to open ends in OnClosed(kTls), with the right alert
///   sent, likewise after all that was authenticated before it.
/// - Handshake memory is shed when the handshake is done, and an idle stream holds no buffer.
class TlsStream final : public buffer::Stream {
 public:
  /// Begins the handshake on `lower`, whose first bytes are `already_read` (what came behind a STARTTLS).
  /// `context`, `pool` and `executor` must outlive the stream; the executor is for what must be reported and what no
  /// event of the lower stream will bring about (data that was left unread, say).
  static std::unique_ptr<TlsStream> Accept(ServerContext& context, buffer::SlabPool& pool, buffer::Executor& executor,
                                           std::unique_ptr<buffer::Stream> lower, buffer::Chain already_read,
                                           TlsHandler* handler);
  /// `family`: resumes its sessions, not the context's, and adds to them. All of a family must be of one context.
  static std::unique_ptr<TlsStream> Connect(ClientContext& context, buffer::SlabPool& pool, buffer::Executor& executor,
                                            std::unique_ptr<buffer::Stream> lower, TlsHandler* handler,
                                            std::shared_ptr<SessionFamily> family = nullptr);
  ~TlsStream() override;

  void SetHandler(buffer::StreamHandler* handler) override;
  void SetReading(bool on) override;
  bool Write(buffer::Chain bytes) override;
  void End(buffer::StreamEnd end) override;
  void Abort() override;
  size_t queued() const override;
  size_t unacknowledged() const override;
  /// Known once the handshake is done: what a record needs around its body.
  buffer::Room room() override;

  /// What the peer showed of itself, and what verification made of it: known from OnHandshake on, and after a
  /// handshake that failed at the certificate or later, as long as the stream lives. Costs parsing; for people.
  PeerInfo peer() const;

 private:
  class Impl;
  explicit TlsStream(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;  ///< shared only with what was deferred
};

}  // namespace starlock::tls
