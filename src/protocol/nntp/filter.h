#pragma once

#include <string_view>

#include "protocol/core/upgrade_filter.h"
#include "protocol/nntp/words.h"

namespace starlock::protocol::nntp {

/// Reads NNTP beyond the meeting point: while the client may still upgrade, and while the server's leg is plaintext,
/// until a login succeeds or compression begins, after either of which STARTTLS is not allowed (RFC 4642 2.2.1, RFC
/// 8054 2.2.2). Articles and lists pass through as they come, of any length and content. The upstream's state survives
/// the upgrade: only MODE READER may have changed it, and that is to stay.
class NntpFilter final : public InOrderFilter<Verb> {
 public:
  explicit NntpFilter(const Prologue& prologue) : InOrderFilter(prologue) {}

  Frame Cut(Side side, std::string_view in, Scan& scan) override;
  Act On(Side side, std::string_view unit, Out& out) override;

 private:
  /// A dot-terminated body under way on one side.
  struct Body {
    bool open = false;
    bool line_start = true;

    void Begin() { *this = {true, true}; }
    void Pass(std::string_view piece);
  };

  Act OnCommand(std::string_view line, Out& out) override;
  Act OnReply(std::string_view reply, Out& out) override;
  Act OnCapabilities(std::string_view reply, Out& out);
  bool MustWait() const override;
  bool Busy() const override { return InOrderFilter::Busy() || body_[Index(Side::kServer)].open; }

  Body body_[2];          ///< what each side is in the middle of saying
  bool streams_ = false;  ///< the upstream has said that it takes TAKETHIS
};

}  // namespace starlock::protocol::nntp
