#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "net/listener.h"
#include "net/loop.h"
#include "session/data_ports.h"
#include "session/route.h"
#include "tls/tls_stream.h"

namespace starlock::session {

/// Waits for the client's end of one data connection.
///
/// Refuses every peer but the client's address, which may want to steal data (CVE-1999-0351). Others may share that
/// address, behind a NAT for example. Where the data is protected, the client is therefore the peer that completes a
/// TLS handshake first, and (data_session: required) resumes the control connection's session. Everybody else is
/// dropped, and the client is still awaited. Handshakes run side by side, so that a peer that stalls delays nobody.
class DataArrivals {
 public:
  struct Terms {
    const Route& route;
    std::string client;                          ///< the client's address on the control connection
    std::string local;                           ///< our own, where we listen
    bool tls = false;                            ///< the data is protected as things stand
    std::shared_ptr<tls::SessionFamily> family;  ///< the control connection's with the client
  };
  /// Gets the client's connection, once. `secured`: its TLS handshake is done. Called from the loop or from Begin.
  using OnArrived = std::function<void(std::unique_ptr<buffer::Stream> stream, bool secured)>;
  /// A peer was dropped after the transfer had begun. Called from the loop.
  enum class Stranger : uint8_t {
    kNoHandshake,  ///< its handshake failed
    kNotResumed,   ///< it resumed no session of the control connection
  };
  using OnStranger = std::function<void(Stranger)>;

  DataArrivals(net::Loop& loop, Terms terms, OnArrived on_arrived, OnStranger on_stranger);
  ~DataArrivals();
  DataArrivals(const DataArrivals&) = delete;
  DataArrivals& operator=(const DataArrivals&) = delete;

  /// Listens, on one of the listener's data ports. False: none is free, or the client holds too many.
  [[nodiscard]] bool Listen();
  uint16_t port() const { return port_; }
  /// The transfer begins, with or without TLS.
  void Begin(bool tls);
  /// Accepts nobody any more, and frees the port at once.
  void Stop();

  /// Whether a handshake with these results is the client's, under the rules of `route`.
  static bool IsClient(const Route& route, const tls::TlsInfo& info);

 private:
  class Candidate;
  /// How many connections from the client's address are kept. One more drops the oldest.
  static constexpr size_t kMaxCandidates = 8;

  void OnAccept(std::unique_ptr<buffer::Stream> stream, const net::SocketAddress& peer);
  void OnHandshake(Candidate& candidate, const tls::TlsInfo& info);
  void OnClosed(Candidate& candidate);
  void Arrive(std::unique_ptr<buffer::Stream> stream, bool secured);
  void Drop(Candidate& candidate);

  net::Loop& loop_;
  const Terms terms_;
  const OnArrived on_arrived_;
  const OnStranger on_stranger_;
  DataPorts::Lease lease_;
  std::unique_ptr<net::Listener> listener_;  ///< until the client is here
  std::deque<std::unique_ptr<Candidate>> candidates_;
  uint16_t port_ = 0;
  bool begun_ = false;
  bool tls_;  ///< candidates must make a handshake
};

}  // namespace starlock::session
