#pragma once

#include <cstdint>
#include <string_view>

namespace starlock::protocol {

/// A dialogue's request about the data connection beside its control connection. A data connection has a leg to the
/// upstream, which we dial, and a leg to the client; the session relays between them. One data connection is current.
/// An earlier one whose transfer has ended may still be delivering buffered bytes.
struct DataRequest {
  enum class Kind : uint8_t {
    /// Makes a new data connection, and drops the current one if its transfer has not begun. The upstream is dialled at
    /// once, at the control connection's remote address and `server_port`. If `client_port` is 0 we listen for the
    /// client at the control connection's local address. If `tls` is set for the client, the client is the one of those
    /// that connect makes the right handshake. Answered by kReady or kFailed.
    kOpen,
    /// Starts the transfer. If kOpen gave a `client_port`, the client is dialled there, at the remote address of its
    /// control connection. Then each leg marked in `tls` makes its handshake, and bytes are relayed. Answered by
    /// kBroken or not at all.
    kBegin,
    kClose,  ///< drops the data connection: there will be no transfer
  };
  Kind kind = Kind::kClose;
  uint16_t server_port = 0;
  uint16_t client_port = 0;
  bool tls[2] = {false, false};

  static DataRequest Open(uint16_t server_port, uint16_t client_port, bool client_tls = false) {
    return {Kind::kOpen, server_port, client_port, {client_tls, false}};
  }
  static DataRequest Begin(bool client_tls, bool server_tls) { return {Kind::kBegin, 0, 0, {client_tls, server_tls}}; }
  static DataRequest Close() { return {}; }
};

/// The answer to a DataRequest.
struct DataEvent {
  enum class Kind : uint8_t {
    kReady,   ///< the upstream is connected; if we listen for the client, it is at `host` and `port`
    kFailed,  ///< no connection could be established
    kBroken,  ///< the transfer began, but not all bytes reached the other side
  };
  Kind kind = Kind::kFailed;
  std::string_view host;  ///< the address to announce to the client, without brackets
  uint16_t port = 0;
};

}  // namespace starlock::protocol
