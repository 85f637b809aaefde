#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/core/upgrade_filter.h"
#include "protocol/text/body.h"

namespace starlock::protocol::smtp {

struct Command;

/// What the filter must know of a command to interpret its reply.
enum class Asked : uint8_t { kHelo, kEhlo, kReset, kRcpt, kData, kAuth, kLayeredAuth, kTurn, kOther };

/// Reads SMTP or LMTP beyond the meeting point, unless both legs have TLS. STARTTLS is legal between messages, so
/// before a plaintext server the filter reads the whole session, messages included, and refuses it there, as it refuses
/// XCLIENT. It ends where it could not read on: with a SASL security layer, or when the peers exchange roles. A server
/// that has TLS refuses STARTTLS itself, so before it the filter ends with MAIL or a 235 to AUTH.
class SmtpFilter final : public InOrderFilter<Asked> {
 public:
  /// `hello`: the greeting that asks for extensions, EHLO or LHLO.
  SmtpFilter(std::string_view hello, const Prologue& prologue);

  Act OnTlsUp() override;
  bool Established() const override { return upstream_met_; }

 private:
  Frame CutUnit(Side side, std::string_view in, Scan& scan) override;
  Act OnClientUnit(std::string_view unit, Out& out) override;
  Act OnCommand(std::string_view line, Out& out) override;
  Act OnReply(std::string_view reply, Out& out) override;
  bool IsHarmless(std::string_view line) const override;
  bool MaySpeakUnasked(std::string_view reply) const override;
  bool MustWait() const override;
  bool Held() const override { return chunk_ == 0 && !body_.open() && InOrderFilter::Held(); }

  Act OnTransaction(const Command& command, std::string_view line, Out& out);
  Act OnChunk(std::string_view line, Out& out);
  Act OnDone(Asked question, int code);
  void ExpectVerdicts();
  Act RelayInTurn() const { return Busy() ? Act(Wait{}) : Relay{.keep = true}; }
  bool lmtp() const { return hello_ == "LHLO"; }

  const std::string_view hello_;
  bool upstream_met_;      ///< the upstream has accepted an EHLO or HELO, ours or the client's
  bool must_greet_;        ///< the client must greet again inside TLS (RFC 3207 4.2)
  bool chunking_ = false;  ///< the latest reply to EHLO lists CHUNKING, and no other EHLO or HELO has crossed since
  DotBody body_;           ///< of the client's DATA
  uint64_t chunk_ = 0;     ///< octets of the client's BDAT that are still to pass
  size_t recipients_ = 0;  ///< that the upstream has accepted: in LMTP, each gets a reply of its own
};

}  // namespace starlock::protocol::smtp
