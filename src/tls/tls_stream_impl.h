#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "tls/client_context_impl.h"
#include "tls/record_layer.h"
#include "tls/server_context_impl.h"
#include "tls/tls_stream.h"

namespace starlock::tls {

/// The state machine of a TLS stream. Only Pump changes the state, on the lower stream's events and in deferred turns.
/// The owner's calls only record requests or write. So they report nothing, and a handler is never called from inside
/// BoringSSL.
class TlsStream::Impl final : public buffer::StreamHandler, public std::enable_shared_from_this<Impl> {
 public:
  /// Exactly one of `server` and `client` is not nullptr.
  Impl(ServerContext* server, ClientContext* client, buffer::SlabPool& pool, buffer::Executor& executor,
       std::unique_ptr<buffer::Stream> lower, TlsHandler* handler, std::shared_ptr<SessionFamily> family = nullptr);
  void Start(buffer::Chain already_read);
  /// The stream is being destroyed: later calls and events are ignored.
  void Forget();

  // The owner's calls.
  void SetHandler(buffer::StreamHandler* handler);
  void SetTlsHandler(TlsHandler* handler);
  void SetReading(bool on);
  bool Write(buffer::Chain bytes);
  void End(buffer::StreamEnd end);
  void Abort();
  size_t queued() const;
  size_t unacknowledged() const;
  buffer::Room room() { return records_.room(); }
  PeerInfo peer() const;

  // The lower stream's events.
  void OnData(buffer::Chain& in) override;
  void OnWritable() override;
  void OnEnd(buffer::StreamEnd end) override;
  void OnClosed(const Error& error) override;

 private:
  enum class Phase : uint8_t { kHandshake, kOpen, kClosed };

  bssl::UniquePtr<SSL> NewSsl();
  void Pump();
  void PumpLater();
  void WatchLower();
  bool Flush();

  // The handshake: tls_handshake.cc.
  void Feed(buffer::Chain in);
  void Handshake();
  bool LacksAlpn() const;
  void Established();
  Error HandshakeError();

  // Input.
  void Read();
  void Open();
  void Settle();
  void ReportEnd();
  bool AllDelivered() const;

  // Output and the end.
  void Seal(buffer::Chain bytes);
  void SendEnd();
  void EndLower();
  void Fail(Error error);
  void ReportClosed();
  Error Settled(const Error& lower_error) const;

  ServerContext* const server_;
  ClientContext* const client_;
  const std::shared_ptr<SessionFamily> family_;  ///< may be nullptr
  buffer::SlabPool& pool_;
  buffer::Executor& executor_;
  std::unique_ptr<buffer::Stream> lower_;
  TlsHandler* handshake_handler_;  ///< nullptr once it was called
  buffer::StreamHandler* handler_;
  VerifyOutcome verified_;
  RecordLayer records_;
  buffer::Chain plain_;                        ///< decrypted and not yet consumed
  buffer::Chain unsent_;                       ///< written during the handshake
  std::optional<Error> closing_;               ///< why the stream closes; reported once all decrypted data is consumed
  std::optional<buffer::StreamEnd> peer_end_;  ///< received; reported likewise
  std::optional<buffer::StreamEnd> our_end_;   ///< requested; sent once the handshake is done

  Phase phase_ = Phase::kHandshake;
  bool begun_ = false;          ///< the peer's first byte has been checked
  bool reading_ = false;        ///< what the owner wants
  bool lower_reading_ = false;  ///< the lower stream's reading
  bool lower_ended_ = false;    ///< its FIN arrived
  bool lower_closed_ = false;   ///< it is closed: nothing can be read or written
  bool failed_ = false;         ///< fatal error: no record can be opened or sealed
  bool blocked_ = false;        ///< Write has returned false
  bool peer_end_reported_ = false;
  bool our_end_sent_ = false;
  bool answered_since_end_ = false;  ///< data was written after the peer's end
  bool pump_due_ = false;            ///< a deferred Pump is scheduled
};

}  // namespace starlock::tls
