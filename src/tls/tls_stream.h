#pragma once

#include <memory>

#include "buffer/executor.h"
#include "buffer/slab.h"
#include "buffer/stream.h"
#include "tls/context.h"
#include "tls/peer_info.h"
#include "tls/tls_info.h"

namespace starlock::tls {

/// A stream handler that is also told that the handshake is done: once, before any OnData. A handshake that fails is
/// reported by OnClosed with kNotTls, kHandshakeFailed, kVerifyFailed or the lower stream's kReset.
class TlsHandler : public buffer::StreamHandler {
 public:
  virtual void OnHandshake(const TlsInfo& info) = 0;
};

/// The TLS sessions of one FTP control connection and its data connections, which must resume a session of their own
/// control connection. In the client role, the sessions are kept here; while there is none, the handshake is a full
/// one. In the server role, the first handshake founds the family. Only its session, and what resumes that, belong to
/// it: the session of any other full handshake is not resumed here.
class SessionFamily {
 public:
  SessionFamily();
  ~SessionFamily();
  SessionFamily(const SessionFamily&) = delete;
  SessionFamily& operator=(const SessionFamily&) = delete;

  struct Impl;
  Impl& impl() { return *impl_; }
  const Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// TLS over another stream, in either role. Writes before the handshake is done are queued.
///
/// - kNotTls: in the server role the first byte is not 0x16; in the client role it is neither 0x16 nor 0x15.
/// - Renegotiation is refused in both roles; tickets are issued in the server role and kept in the client role.
/// - OnEnd(kClean) is the peer's close_notify; OnEnd(kTruncated) is the lower stream's end without one. Both follow all
///   authenticated data. A record that cannot be opened gives OnClosed(kTls) after all data authenticated before it,
///   and the peer gets the alert.
/// - Handshake memory is freed when the handshake is done, and an idle stream holds no buffer.
class TlsStream final : public buffer::Stream {
 public:
  /// Starts the handshake on `lower`. `already_read` holds bytes of it that were read before, which TLS sees first.
  /// `context`, `pool` and `executor` must outlive the stream. The executor defers reports that no event of the lower
  /// stream will trigger, for example of data that was left unread. `family`: only its sessions are resumed, and new
  /// ones belong to it.
  static std::unique_ptr<TlsStream> Accept(ServerContext& context, buffer::SlabPool& pool, buffer::Executor& executor,
                                           std::unique_ptr<buffer::Stream> lower, buffer::Chain already_read,
                                           TlsHandler* handler, std::shared_ptr<SessionFamily> family = nullptr);
  /// `family`: its sessions are resumed instead of the context's, and new ones are added to it. All streams of a family
  /// must have the same context.
  static std::unique_ptr<TlsStream> Connect(ClientContext& context, buffer::SlabPool& pool, buffer::Executor& executor,
                                            std::unique_ptr<buffer::Stream> lower, TlsHandler* handler,
                                            std::shared_ptr<SessionFamily> family = nullptr);
  ~TlsStream() override;

  /// A handler that is set with this before the handshake is done does not get OnHandshake.
  void SetHandler(buffer::StreamHandler* handler) override;
  /// As SetHandler; `handler` also hears that the handshake is done, if it is still running.
  void SetTlsHandler(TlsHandler* handler);
  void SetReading(bool on) override;
  bool Write(buffer::Chain bytes) override;
  void End(buffer::StreamEnd end) override;
  void Abort() override;
  size_t queued() const override;
  size_t unacknowledged() const override;
  /// The room that a record needs around its body; known once the handshake is done.
  buffer::Room room() override;

  /// The peer's certificates and the result of their verification. Known from OnHandshake on, and after a handshake
  /// that failed at the certificate or later. Parses the certificates on each call.
  PeerInfo peer() const;

 private:
  class Impl;
  explicit TlsStream(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;  ///< shared only with deferred calls
};

}  // namespace starlock::tls
