#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/core/negotiator.h"
#include "protocol/core/probe.h"

/// The client role of the protocols that greet, list what they can do, and take STARTTLS: what to say to a server, and
/// what its replies mean. A dialect supplies a ClientRole; the order of things is here, once for sessions and once for
/// probes.
namespace starlock::protocol {

/// One server, one conversation. Any state of its own (tags) is the dialect's.
class ClientRole {
 public:
  /// What is awaited of the server.
  enum class Stage : uint8_t {
    kGreeting,
    kCapabilities,  ///< what it can do, STARTTLS among it
    kGoAhead,       ///< the answer to STARTTLS
    kInside,        ///< what it can do, inside TLS
  };
  /// What a unit of the server's means to the stage that awaits it.
  enum class Meaning : uint8_t {
    kYes,        ///< service is promised; STARTTLS is listed; TLS is next
    kNo,         ///< the opposite, and the connection is good for plaintext
    kLeaving,    ///< the opposite, and the connection is not
    kSkip,       ///< not the answer: it goes no further, whatever it claims
    kRefers,     ///< the server refers to another one: anyone could have written that before TLS
    kViolation,  ///< not an answer to this
  };

  virtual ~ClientRole() = default;
  virtual Frame Cut(Stage stage, std::string_view in, Scan& scan) = 0;
  virtual Meaning Understand(Stage stage, std::string_view unit) = 0;
  /// What to say to get to `stage`: kCapabilities, kGoAhead, or, in a probe, kInside. Empty: nothing, it comes unasked.
  /// Where kCapabilities is empty, the greeting lists them.
  virtual std::string Ask(Stage stage) = 0;
  /// The goodbye of a probe.
  virtual std::string Quit() = 0;
  /// What a unit lists, in the server's words and order; for probes.
  virtual std::optional<Findings::Capabilities> List(Stage stage, std::string_view unit) = 0;
  /// The unit that a greeting must be, whatever the leg's mode.
  virtual bool IsGreeting(std::string_view /*unit*/) const { return true; }
  /// The server greets again inside TLS, and only that greeting counts.
  virtual bool GreetsInside() const { return false; }
  /// The server has taken our introduction (EHLO), and remembers it.
  virtual bool introduced() const { return false; }
};

/// A session's server leg: to its meeting point, with TLS where the mode asks for it.
std::unique_ptr<Negotiator> MakeServerLeg(Prologue& prologue, std::unique_ptr<ClientRole> role);

/// A probe's: capabilities before TLS and inside it, goodbye.
std::unique_ptr<Negotiator> MakeProber(Findings& findings, std::unique_ptr<ClientRole> role);

}  // namespace starlock::protocol
