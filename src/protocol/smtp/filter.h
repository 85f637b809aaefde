#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/core/upgrade_filter.h"
#include "protocol/text/body.h"

namespace starlock::protocol::smtp {

struct Command;

/// What the filter must know of a command to interpret its reply.
enum class Asked : uint8_t { kHelo, kEhlo, kReset, kRcpt, kData, kChunk, kVerdict, kAuth, kLayeredAuth, kTurn, kOther };

/// Reads SMTP or LMTP beyond the meeting point, unless both legs have TLS. It ends with a 235 to AUTH, or with the
/// first message that the server takes. But before a plaintext server that lists STARTTLS, XCLIENT or XFORWARD (or has
/// not listed anything yet), it reads the whole session, messages included, because those commands are legal between
/// messages and must not cross. It then ends only where it could not read on: with a SASL security layer, or when the
/// peers exchange roles.
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
  Act OnServerUnit(std::string_view reply, Out& out) override;
  Act OnDone(Asked question, int code);
  void ExpectVerdicts();
  bool MustReadOn() const { return !prologue().server_tls && !lists_nothing_; }
  Act RelayInTurn() const { return Busy() ? Act(Wait{}) : Relay{.keep = true}; }
  bool lmtp() const { return hello_ == "LHLO"; }

  const std::string_view hello_;
  bool upstream_met_;      ///< the upstream has accepted an EHLO or HELO, ours or the client's
  bool must_greet_;        ///< the client must greet again inside TLS (RFC 3207 4.2)
  bool chunking_ = false;  ///< the latest reply to EHLO lists CHUNKING, and no other EHLO or HELO has crossed since
  bool lists_nothing_ = false;  ///< the latest reply to EHLO lists no command that must not cross
  bool early_verdict_ = false;  ///< the upstream has answered a message before its end
  DotBody body_;                ///< of the client's DATA
  uint64_t chunk_ = 0;          ///< octets of the client's BDAT that are still to pass
  size_t recipients_ = 0;       ///< that the upstream has accepted: in LMTP, each gets a reply of its own
};

}  // namespace starlock::protocol::smtp
