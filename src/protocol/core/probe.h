#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/core/dialogue.h"
#include "protocol/core/negotiator.h"

/// Probes: what a server says of itself, before TLS and inside it.
///
/// A dialect's prober is a Negotiator of the server leg. It asks for the capabilities, upgrades, asks again inside TLS,
/// says goodbye and is Settled. The results go to Findings. It fails if the server has no upgrade. A Dialogue drives
/// it, so the invariants of a session hold for probes, too.
namespace starlock::protocol {

struct Dialect;

/// What a server said of itself. A field without a value was not asked for or not answered. All text comes from the
/// server: escape it before it is displayed.
struct Findings {
  using Capabilities = std::vector<std::string>;

  /// Input of the probe: the name of the server, for protocols in which the client names it.
  std::string server_name;

  std::optional<std::string> greeting;  ///< without its final line end
  std::optional<Capabilities> before;   ///< capabilities outside TLS, in its words and order
  std::optional<bool> offers_upgrade;   ///< whether the upgrade to TLS is among them
  std::optional<Capabilities> inside;   ///< capabilities inside TLS
};

/// A probe of one server that speaks `dialect`. `host` is our own name in introductions. Connect, then call
/// Notify(kUpstreamUp, kServer); the act Relay says that the probe is complete. `findings` must outlive the probe, and
/// can be read at any time.
std::unique_ptr<Dialogue> MakeProbe(const Dialect& dialect, std::string host, Findings& findings);

}  // namespace starlock::protocol
