#pragma once

#include <string_view>

#include "protocol/core/upgrade_filter.h"
#include "protocol/pop3/words.h"

namespace starlock::protocol::pop3 {

/// The kind of a command, which decides how many lines its reply has. kUnknown: more lines may follow the first.
enum class Asked : uint8_t { kCapa, kList, kLine, kLogin, kAuth, kUnknown };

/// Reads POP3 beyond the meeting point, unless both legs have TLS. It ends with
/// a successful login, which also ends the AUTHORIZATION state, the only one in which STLS is allowed (RFC 2595 4).
class Pop3Filter final : public InOrderFilter<Asked> {
 public:
  explicit Pop3Filter(const Prologue& prologue) : InOrderFilter(prologue) {}

  bool BetweenUnits() const override { return !may_go_on_; }

 private:
  Act OnServerUnit(std::string_view unit, Out& out) override;
  Frame CutUnit(Side side, std::string_view in, Scan& scan) override;
  bool IsHarmless(std::string_view unit) const override;
  /// POP3 has no goodbye.
  bool MaySpeakUnasked(std::string_view /*unit*/) const override { return false; }
  Act OnCommand(std::string_view line, Out& out) override;
  Act OnReply(std::string_view reply, Out& out) override;
  Act OnStateful(const Command& command, std::string_view line, Out& out);
  bool MustWait() const override;

  bool may_go_on_ = false;  ///< the last reply answered an unknown command, and more lines of it may follow
};

}  // namespace starlock::protocol::pop3
