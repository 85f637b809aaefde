#pragma once

#include <cstdint>
#include <string_view>

namespace starlock::protocol {

/// What a dialogue asks of the data connection that its session has beside the control connection: a leg to the
/// upstream, which we dial, a leg to the client, and bytes from one to the other. One is current; an earlier one, whose
/// transfer is over for the dialogue, may still be delivering what it has.
struct DataRequest {
  enum class Kind : uint8_t {
    /// Makes a new one, and drops the one before where its transfer has not begun. The upstream is dialled at once, at
    /// the control connection's address and `server_port`. With `client_port` 0 we listen for the client, at the
    /// control connection's local address. Answered by kReady or kFailed.
    kOpen,
    /// The transfer may begin: the client is dialled where `client_port` was given, at the address of its control
    /// connection; then TLS on each leg that `tls` says, and then bytes. Answered by kBroken, or not at all.
    kBegin,
    kClose,  ///< there will be no transfer: drops it
  };
  Kind kind = Kind::kClose;
  uint16_t server_port = 0;
  uint16_t client_port = 0;
  bool tls[2] = {false, false};

  static DataRequest Open(uint16_t server_port, uint16_t client_port) {
    return {Kind::kOpen, server_port, client_port, {false, false}};
  }
  static DataRequest Begin(bool client_tls, bool server_tls) { return {Kind::kBegin, 0, 0, {client_tls, server_tls}}; }
  static DataRequest Close() { return {}; }
};

/// What became of a DataRequest.
struct DataEvent {
  enum class Kind : uint8_t {
    kReady,   ///< the upstream is connected; the client is awaited at `host` and `port`, where it is awaited
    kFailed,  ///< no connection could be made
    kBroken,  ///< the transfer has begun, and what one side sent has not all reached the other
  };
  Kind kind = Kind::kFailed;
  std::string_view host;  ///< what to tell the client: an address without brackets
  uint16_t port = 0;
};

}  // namespace starlock::protocol
