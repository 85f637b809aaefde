#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "tls/client_context_impl.h"
#include "tls/record_layer.h"
#include "tls/server_context_impl.h"
#include "tls/tls_stream.h"

namespace starlock::tls {

/// A stream's states, and what moves it from one to the next: the lower stream's events and deferred turns, all of
/// which end in Pump. The owner's calls only note what is wanted, or write; so nothing is reported from inside them,
/// and no call of BoringSSL's ever lies beneath a handler.
class TlsStream::Impl final : public buffer::StreamHandler, public std::enable_shared_from_this<Impl> {
 public:
  /// Exactly one of `server` and `client` is there.
  Impl(ServerContext* server, ClientContext* client, buffer::SlabPool& pool, buffer::Executor& executor,
       std::unique_ptr<buffer::Stream> lower, TlsHandler* handler, std::shared_ptr<SessionFamily> family = nullptr);
  void Start(buffer::Chain already_read);
  /// The stream is going: no call and no event after it counts.
  void Forget();

  // The owner's calls.
  void SetHandler(buffer::StreamHandler* handler);
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

  // The way in.
  void Read();
  void Open();
  void Settle();
  void ReportEnd();
  bool AllDelivered() const;

  // The way out, and the end.
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
  TlsHandler* handshake_handler_;  ///< nullptr once told
  buffer::StreamHandler* handler_;
  VerifyOutcome verified_;
  RecordLayer records_;
  buffer::Chain plain_;           ///< opened and not yet taken
  buffer::Chain unsent_;          ///< written before the handshake was done
  std::optional<Error> closing_;  ///< why it is over; reported once all that was authenticated has been taken
  std::optional<buffer::StreamEnd> peer_end_;  ///< found; reported likewise
  std::optional<buffer::StreamEnd> our_end_;   ///< asked for; sent once the handshake is done

  Phase phase_ = Phase::kHandshake;
  bool begun_ = false;          ///< the peer's first byte was seen
  bool reading_ = false;        ///< what the owner wants
  bool lower_reading_ = false;  ///< what the lower stream was told
  bool lower_ended_ = false;    ///< FIN
  bool lower_closed_ = false;   ///< it is gone: nothing can be read or written
  bool failed_ = false;         ///< BoringSSL gave up: nothing more can be opened or sealed
  bool blocked_ = false;        ///< Write has said false
  bool peer_end_reported_ = false;
  bool our_end_sent_ = false;
  bool answered_since_end_ = false;  ///< data was written after the peer's end was found
  bool pump_due_ = false;            ///< deferred
};

}  // namespace starlock::tls
