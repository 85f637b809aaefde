#pragma once

#include <string>
#include <string_view>

#include "protocol/core/upgrade_filter.h"

namespace starlock::protocol::acap {

/// What of a command its answer must be judged by.
enum class Asked : uint8_t { kAuthenticate, kOther };

/// Reads ACAP beyond the meeting point: while the client may still upgrade, and while the server's leg is plaintext,
/// until AUTHENTICATE succeeds. A command with a literal that waits crosses in pieces, as the server's `+` calls for
/// them.
class AcapFilter final : public TaggedFilter<std::string, Asked> {
 public:
  explicit AcapFilter(const Prologue& prologue) : TaggedFilter(prologue) {}

  Frame Cut(Side side, std::string_view in, Scan& scan) override;
  std::string TlsGreeting() const override;

 private:
  /// What the client's next unit is.
  enum class Next : uint8_t {
    kCommand,
    kPlus,     ///< nothing, until the server's `+` allows the literal that the last unit counted
    kLiteral,  ///< `owed_` octets, and what follows them
    kSasl,     ///< a SASL response, whatever it looks like
  };

  Act OnCommand(std::string_view unit, Out& out) override;
  Act OnReply(std::string_view unit, Out& out) override;
  Act OnStarttlsUnit(std::string_view unit, Out& out);
  Act OnDone(std::string_view tag, bool good);
  Act Cross(std::string_view unit, Out& out);
  bool Waits() const;
  /// The last command is AUTHENTICATE, and has no answer yet.
  bool InAuthenticate() const { return last() != nullptr && *last() == Asked::kAuthenticate; }

  Next next_ = Next::kCommand;
  size_t owed_ = 0;
};

}  // namespace starlock::protocol::acap
