#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/core/dialogue.h"
#include "protocol/core/negotiator.h"

/// The grammar of a probe: what to ask of a server that one only wants to know, before TLS and inside it.
///
/// A dialect's prober is a Negotiator of the server leg that does not stop at the meeting point: it asks for the
/// capabilities, upgrades, asks again inside TLS, says goodbye and is Settled. What it reads it notes in Findings. It
/// fails where there is no upgrade to be had. Being driven by a Dialogue, it is held to the same invariants as a
/// session: a server that speaks before it was asked, or on after its go-ahead, is caught there.
namespace starlock::protocol {

struct Dialect;

/// What a server said of itself. Absent: it was not asked, or did not answer the question. All of it is the server's
/// own text, to be escaped before it is shown to anybody.
struct Findings {
  using Capabilities = std::vector<std::string>;

  /// Not found but asked for: the server's name, for protocols in which the client says whom it wants.
  std::string server_name;

  std::optional<std::string> greeting;  ///< its first words, without the last line end
  std::optional<Capabilities> before;   ///< what it offers outside TLS, in its words and order
  std::optional<bool> offers_upgrade;   ///< whether TLS is among it
  std::optional<Capabilities> inside;   ///< what it offers inside TLS
};

/// A probe of one server that speaks `dialect`, for which `host` is our own name in introductions. Begin it with
/// Notify(kUpstreamUp, kServer); Act::kRelay says that all is known. `findings` must outlive it, and is good at any
/// time.
std::unique_ptr<Dialogue> MakeProbe(const Dialect& dialect, std::string host, Findings& findings);

}  // namespace starlock::protocol
