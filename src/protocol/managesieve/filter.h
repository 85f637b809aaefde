#pragma once

#include <string>
#include <string_view>

#include "protocol/core/upgrade_filter.h"

namespace starlock::protocol::managesieve {

/// What the filter must know of a command to interpret its reply.
enum class Asked : uint8_t { kCapability, kAuthenticate, kOther };

/// Reads ManageSieve beyond the meeting point, unless both legs have TLS. It
/// ends with a successful AUTHENTICATE, after which STARTTLS is not allowed (RFC 5804 2.2).
class ManagesieveFilter final : public InOrderFilter<Asked> {
 public:
  explicit ManagesieveFilter(const Prologue& prologue) : InOrderFilter(prologue) {}

  std::string TlsGreeting() const override;
  bool BetweenUnits() const override { return !in_reply_; }

 private:
  Frame CutUnit(Side side, std::string_view in, Scan& scan) override;
  bool IsHarmless(std::string_view unit) const override;
  bool MaySpeakUnasked(std::string_view unit) const override;
  Act OnCommand(std::string_view unit, Out& out) override;
  Act OnReply(std::string_view line, Out& out) override;
  bool MustWait() const override;

  bool in_reply_ = false;  ///< lines of a reply have passed, and its last line has not
};

}  // namespace starlock::protocol::managesieve
