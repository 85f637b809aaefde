#pragma once

#include <string_view>

#include "protocol/core/upgrade_filter.h"

namespace starlock::protocol::smtp {

/// What the filter must know of a command to interpret its reply.
enum class Asked : uint8_t { kHelo, kEhlo, kAuth, kOther };

/// Reads SMTP or LMTP beyond the meeting point, while the client may still upgrade or the server leg is plaintext. It
/// ends with MAIL, or with a 235 to AUTH.
class SmtpFilter final : public InOrderFilter<Asked> {
 public:
  /// `hello`: the greeting that asks for extensions, EHLO or LHLO.
  SmtpFilter(std::string_view hello, const Prologue& prologue);

  Frame Cut(Side side, std::string_view in, Scan& scan) override;
  Act OnTlsUp() override;

 private:
  Act OnCommand(std::string_view line, Out& out) override;
  Act OnReply(std::string_view reply, Out& out) override;
  bool MustWait() const override;
  Act RelayInTurn() const { return Busy() ? Act(Wait{}) : Relay{.keep = true}; }

  const std::string_view hello_;
  bool upstream_met_;  ///< the upstream has accepted an EHLO or HELO, ours or the client's
  bool must_greet_;    ///< the client must greet again inside TLS (RFC 3207 4.2)
};

}  // namespace starlock::protocol::smtp
