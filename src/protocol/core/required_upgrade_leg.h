#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "protocol/core/negotiator.h"
#include "protocol/text/words.h"

/// The server role where the client must upgrade: nothing but a few harmless commands before STARTTLS, all of them
/// answered by us. The upstream waits untouched meanwhile. In the other modes the greeting is all there is to say.
namespace starlock::protocol {

/// What one command before TLS leads to.
struct BeforeTls {
  enum class Then : uint8_t {
    kStay,     ///< answered
    kUpgrade,  ///< the go-ahead: TLS is next
    kLeave,    ///< the client said goodbye
    kRefuse,   ///< refused for want of TLS
  };
  Then then = Then::kStay;
  std::string say;
};

class RequiredUpgradeLeg : public Negotiator {
 public:
  /// `prologue` must outlive the leg.
  explicit RequiredUpgradeLeg(Prologue& prologue) : prologue_(prologue) {}

  LegAct Begin(Out& out) override;
  LegAct On(std::string_view unit, Out& out) override;

 protected:
  /// The greeting as it is to be shown to the client, and what there is to warn about.
  virtual std::string Greeting(Out& out) const;
  /// Whether the upstream's greeting promises service.
  virtual bool Serves(std::string_view greeting) const = 0;
  /// What a whole command before TLS leads to.
  virtual BeforeTls Judge(std::string_view unit) = 0;

  /// Counts a command. After kMaxCommands of them the session ends.
  std::optional<Fail> Count();
  LegAct Obey(const BeforeTls& command, Out& out);

  const Prologue& prologue() const { return prologue_; }

 private:
  Prologue& prologue_;
  int commands_ = 0;
};

/// A verb that is answered before TLS.
struct VerbRow {
  std::string_view verb;
  BeforeTls::Then then = BeforeTls::Then::kStay;
  std::string_view say;
  std::string_view with_argument = {};  ///< said instead where it has an argument; empty: an argument is let pass
};

/// A protocol of lines, as its server speaks before TLS.
struct LineSpeech {
  std::span<const VerbRow> verbs;
  std::string_view refusal;                   ///< of all other verbs
  bool (*serves)(std::string_view greeting);  ///< the greeting promises service
  bool (*of_verb)(char c) = IsLetterOrDigit;  ///< a verb is made of these
};

/// The leg of a protocol whose commands are lines that begin with a verb (smtp, pop3, nntp).
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

}  // namespace starlock::protocol
