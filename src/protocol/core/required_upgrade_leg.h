#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "protocol/core/negotiator.h"
#include "protocol/text/words.h"

/// The server role for a client that must upgrade. Before STARTTLS we answer a few harmless commands ourselves, and
/// send nothing to the upstream. In the other modes the leg only passes the greeting on.
namespace starlock::protocol {

/// The result of one command before TLS.
struct BeforeTls {
  enum class Then : uint8_t {
    kStay,     ///< answered; the leg stays in plaintext
    kUpgrade,  ///< the reply is the go-ahead: TLS is next
    kLeave,    ///< the client quits
    kRefuse,   ///< refused because TLS is required
  };
  Then then = Then::kStay;
  std::string say;  ///< the reply, ready for the wire; may be empty
};

class RequiredUpgradeLeg : public Negotiator {
 public:
  /// `prologue` must outlive the leg.
  explicit RequiredUpgradeLeg(Prologue& prologue) : prologue_(prologue) {}

  LegAct Begin(Out& out) override;
  LegAct On(std::string_view unit, Out& out) override;

 protected:
  /// The greeting for the client. Warnings go to `out`.
  virtual std::string Greeting(Out& out) const;
  /// Whether the upstream's greeting offers service.
  virtual bool Serves(std::string_view greeting) const = 0;
  /// Decides about one whole command before TLS.
  virtual BeforeTls Judge(std::string_view unit) = 0;

  /// Counts a command. More than kMaxCommands of them end the session.
  std::optional<Fail> Count();
  /// Sends the reply, and carries out what follows from it.
  LegAct Obey(const BeforeTls& command, Out& out);

  const Prologue& prologue() const { return prologue_; }

 private:
  Prologue& prologue_;
  int commands_ = 0;
};

/// A verb that we answer before TLS.
struct VerbRow {
  std::string_view verb;
  BeforeTls::Then then = BeforeTls::Then::kStay;
  std::string_view say;
  std::string_view if_argument = {};  ///< the reply instead if there is an argument; empty: an argument is ignored
};

/// What the server of a line protocol says before TLS.
struct LineSpeech {
  std::span<const VerbRow> verbs;
  std::string_view refusal;                   ///< the reply to all other verbs
  bool (*serves)(std::string_view greeting);  ///< whether the greeting offers service
  bool (*of_verb)(char c);                    ///< whether `c` can be part of a verb; the filter must use the same
};

/// The leg of a protocol whose commands are lines that start with a verb (smtp, pop3, nntp).
class LineUpgradeLeg : public RequiredUpgradeLeg {
 public:
  LineUpgradeLeg(Prologue& prologue, const LineSpeech& speech) : RequiredUpgradeLeg(prologue), speech_(speech) {}

  Frame Cut(std::string_view in, Scan& scan) override;

 protected:
  bool Serves(std::string_view greeting) const override { return speech_.serves(greeting); }
  BeforeTls Judge(std::string_view line) override;

 private:
  const LineSpeech& speech_;
};

/// How a dialect edits a greeting that lists capabilities. Each function returns a whole greeting.
struct GreetingEdits {
  bool (*binds_channels)(std::string_view greeting);           ///< it lists mechanisms that bind to the TLS channel
  std::string (*without_starttls)(std::string_view greeting);  ///< for a client that cannot upgrade, or has upgraded
  std::string (*with_starttls)(std::string_view greeting);     ///< for a client that may upgrade
  std::string (*before_required)(std::string_view greeting);   ///< for a client that must upgrade
};

/// The leg of a protocol whose greeting lists the capabilities, and comes again, unasked, after the upgrade (acap,
/// managesieve).
class CapabilityGreetingLeg : public RequiredUpgradeLeg {
 public:
  CapabilityGreetingLeg(Prologue& prologue, const GreetingEdits& edits) : RequiredUpgradeLeg(prologue), edits_(edits) {}

  LegAct OnTlsUp(Out& out) override;

 protected:
  std::string Greeting(Out& out) const override;

 private:
  const GreetingEdits& edits_;
};

}  // namespace starlock::protocol
