#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "protocol/core/dialogue.h"
#include "protocol/core/probe.h"

namespace starlock::protocol {

/// One protocol. Each dialect's folder exports one constant of this type (`smtp::kSmtp`); protocol/dialects.cc lists
/// them.
struct Dialect {
  std::string_view name;      ///< in the configuration, lower case
  uint16_t default_port = 0;  ///< the port of its plaintext or STARTTLS service; 0: none is registered
  bool starttls = true;       ///< false: TLS from the first byte or not at all

  /// The ALPN token that a client which offers ALPN must offer; a browser's request is refused so (RFC 7301,
  /// CVE-2021-3618). Empty: ALPN is not looked at.
  std::string_view alpn = {};
  /// With implicit TLS both roles insist that `alpn` is agreed on.
  bool alpn_required = false;
  /// For protocols with data connections beside the session: the ALPN token of those. Empty: there are none.
  std::string_view data_alpn = {};

  std::unique_ptr<Dialogue> (*make_dialogue)(Env env) = nullptr;
  /// `host`: our own name in introductions. See MakeProbe.
  std::unique_ptr<Negotiator> (*make_prober)(const std::string& host, Findings& findings) = nullptr;
};

}  // namespace starlock::protocol
