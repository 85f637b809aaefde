#pragma once

#include <string>
#include <string_view>

#include "protocol/acap/words.h"
#include "protocol/core/upgrade_filter.h"

namespace starlock::protocol::acap {

/// What the filter must know of a command to interpret its reply.
enum class Asked : uint8_t { kAuthenticate, kOther };

/// Reads ACAP beyond the meeting point, unless both legs have TLS. It ends with
/// a successful AUTHENTICATE. A command with a literal that waits crosses in pieces, each after a `+` of the server.
class AcapFilter final : public TaggedFilter<std::string, Asked> {
 public:
  explicit AcapFilter(const Prologue& prologue) : TaggedFilter(prologue) {}

  std::string TlsGreeting() const override;

 private:
  /// How the client's next unit is read.
  enum class Next : uint8_t {
    kCommand,
    kPlus,     ///< not at all until a `+` allows the literal that the last unit announced
    kLiteral,  ///< `owed_` octets of a literal, and what follows them
    kSasl,     ///< a SASL response: passed on without being parsed
  };

  Frame CutUnit(Side side, std::string_view in, Scan& scan) override;
  bool IsHarmless(std::string_view unit) const override;
  bool MaySpeakUnasked(std::string_view unit) const override;
  Act OnCommand(std::string_view unit, Out& out) override;
  Act OnReply(std::string_view unit, Out& out) override;
  Act OnStarttlsUnit(std::string_view unit, Out& out);
  Act OnDone(std::string_view tag, bool good);
  Act Cross(std::string_view unit, Out& out);
  bool IsAnswer(const Answer& answer) const;
  bool Waits() const;
  /// The latest command is AUTHENTICATE, and is outstanding.
  bool InAuthenticate() const { return last() != nullptr && *last() == Asked::kAuthenticate; }

  Next next_ = Next::kCommand;
  size_t owed_ = 0;  ///< octets of a literal at the start of the client's next unit
};

}  // namespace starlock::protocol::acap
