#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "protocol/dialogue.h"
#include "protocol/probe.h"

namespace starlock::protocol {

/// One protocol, under its name in the configuration.
struct Dialect {
  std::string_view name;
  uint16_t default_port;  ///< where its STARTTLS is spoken; 0: none
  bool starttls;          ///< false: TLS from the first byte or not at all
  std::string_view alpn;  ///< what a client that offers ALPN must offer, lest a browser's request be served here
                          ///< (RFC 7301, CVE-2021-3618); empty: anything may be inside, and ALPN is not looked at
  std::unique_ptr<Dialogue> (*make)(Env env);
  std::unique_ptr<Negotiator> (*make_prober)(const std::string& host, Findings& findings);  ///< for MakeProbe
  bool alpn_demanded = false;  ///< where TLS begins with the first byte, both roles insist on `alpn` being agreed upon
  /// A protocol with data connections beside the session: the ALPN token there, where a client offers any. Empty: there
  /// are none.
  std::string_view data_alpn = {};
};

/// All that we speak: the one list that the command line, the configuration and the tests go by.
std::span<const Dialect> Dialects();

/// nullptr: no such protocol.
const Dialect* FindDialect(std::string_view name);

}  // namespace starlock::protocol
