#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "protocol/core/dialogue.h"
#include "protocol/core/probe.h"

namespace starlock::protocol {

/// One protocol. Each dialect's folder exports its constants of this type (`smtp::kSmtp`); protocol/dialects.cc lists
/// them all.
struct Dialect {
  std::string_view name;      ///< as in the configuration; lower case
  uint16_t default_port = 0;  ///< of its plaintext or STARTTLS service; 0: none is registered
  bool starttls = true;       ///< false: the protocol has no upgrade; a leg is plaintext or implicit TLS

  /// A client that offers ALPN must offer this token, which stops cross-protocol attacks from browsers (RFC 7301,
  /// CVE-2021-3618). Empty: ALPN is ignored.
  std::string_view alpn = {};
  /// With implicit TLS, both roles require that `alpn` is negotiated.
  bool alpn_required = false;
  /// The ALPN token of the protocol's data connections. Empty: it has none.
  std::string_view data_alpn = {};

  std::unique_ptr<Dialogue> (*make_dialogue)(Env env) = nullptr;
  /// `host`: our own name in introductions. `findings` must outlive the prober. See MakeProbe.
  std::unique_ptr<Negotiator> (*make_prober)(const std::string& host, Findings& findings) = nullptr;
};

}  // namespace starlock::protocol
