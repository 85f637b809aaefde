#pragma once

#include <string_view>

#include "protocol/core/upgrade_filter.h"
#include "protocol/nntp/words.h"
#include "protocol/text/body.h"

namespace starlock::protocol::nntp {

/// Reads NNTP beyond the meeting point, unless both legs have TLS. It ends with
/// a successful login or with compression, after which STARTTLS is not allowed (RFC 4642 2.2.1, RFC 8054 2.2.2).
/// Articles and lists of any length pass unchanged. The upstream keeps its state over the client's upgrade: before it,
/// only MODE READER can have changed that state, and its effect must last (RFC 4642 2.2.2).
class NntpFilter final : public InOrderFilter<Verb> {
 public:
  explicit NntpFilter(const Prologue& prologue) : InOrderFilter(prologue) {}

  bool BetweenUnits() const override { return !body_[Index(Side::kServer)].open(); }
  bool Established() const override { return true; }

 private:
  Frame CutUnit(Side side, std::string_view in, Scan& scan) override;
  Act OnClientUnit(std::string_view unit, Out& out) override;
  Act OnServerUnit(std::string_view unit, Out& out) override;
  bool IsHarmless(std::string_view unit) const override;
  bool MaySpeakUnasked(std::string_view unit) const override;
  Act OnCommand(std::string_view line, Out& out) override;
  Act OnReply(std::string_view reply, Out& out) override;
  Act OnCapabilities(std::string_view reply, Out& out);
  bool MustWait() const override;
  bool Held() const override { return !body_[Index(Side::kClient)].open() && InOrderFilter::Held(); }
  bool Busy() const override { return InOrderFilter::Busy() || body_[Index(Side::kServer)].open(); }

  DotBody body_[2];       ///< by Side
  bool streams_ = false;  ///< the upstream has announced that it knows TAKETHIS
};

}  // namespace starlock::protocol::nntp
