#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/core/negotiator.h"
#include "protocol/core/probe.h"

/// The client role of protocols whose server greets, lists its capabilities and accepts STARTTLS. A dialect's
/// ClientRole supplies the commands and the meaning of replies. The order of the stages is implemented here, for
/// sessions and for probes.
namespace starlock::protocol {

/// One conversation with one server. A dialect may keep state of its own in it, such as command tags.
class ClientRole {
 public:
  /// What we expect from the server next.
  enum class Stage : uint8_t {
    kGreeting,
    kCapabilities,  ///< the capabilities, STARTTLS among them
    kGoAhead,       ///< the reply to STARTTLS
    kInside,        ///< inside TLS: the capabilities (probes), or the second greeting (GreetsInside)
  };
  /// What a unit from the server means in a stage.
  enum class Meaning : uint8_t {
    kYes,        ///< kGreeting: service is available; kCapabilities: STARTTLS is listed; kGoAhead: TLS is next
    kNo,         ///< no service, not listed, refused; the connection can continue in plaintext
    kLeaving,    ///< the same, and the server closes the connection: the session ends
    kSkip,       ///< legal, but not the reply to our command: it is dropped, whatever it says
    kRefers,     ///< a referral to another server; an attacker can forge it before TLS
    kViolation,  ///< breaks the protocol: the session ends
  };

  virtual ~ClientRole() = default;
  virtual Frame Cut(Stage stage, std::string_view in, Scan& scan) = 0;
  virtual Meaning Understand(Stage stage, std::string_view unit) = 0;
  /// The command that leads to `stage`: kCapabilities, kGoAhead or, in a probe, kInside. Empty: the server sends it
  /// unasked. For kCapabilities, empty means that the greeting lists them: it then goes to Understand and List a second
  /// time, as kCapabilities. A probe waits for the reply to kInside, so that command must have one.
  virtual std::string Ask(Stage stage) = 0;
  /// The command that ends a probe.
  virtual std::string Quit() = 0;
  /// The capabilities that a unit lists, in the server's words and order; for probes. nullopt: it lists none.
  virtual std::optional<Findings::Capabilities> List(Stage stage, std::string_view unit) = 0;
  /// Whether `unit` is a greeting of this protocol at all. Checked in every mode of the leg; Understand(kGreeting)
  /// says whether it offers service, and is asked only where the leg upgrades.
  virtual bool IsGreeting(std::string_view /*unit*/) const { return true; }
  /// The server greets again inside TLS; that greeting replaces the first.
  virtual bool GreetsInside() const { return false; }
  /// The server has accepted our introduction (EHLO), and keeps that state.
  virtual bool introduced() const { return false; }
};

/// The server leg of a session, up to its meeting point. It upgrades where the leg's mode asks for it.
std::unique_ptr<Negotiator> MakeServerLeg(Prologue& prologue, std::unique_ptr<ClientRole> role);

/// The negotiator of a probe: capabilities before and inside TLS, then the goodbye.
std::unique_ptr<Negotiator> MakeProber(Findings& findings, std::unique_ptr<ClientRole> role);

}  // namespace starlock::protocol
