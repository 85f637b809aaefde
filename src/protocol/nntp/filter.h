#pragma once

#include <string_view>

#include "protocol/core/upgrade_filter.h"
#include "protocol/nntp/words.h"

namespace starlock::protocol::nntp {

/// Reads NNTP beyond the meeting point, while the client may still upgrade or the server leg is plaintext. It ends with
/// a successful login or with compression, after which STARTTLS is not allowed (RFC 4642 2.2.1, RFC 8054 2.2.2).
/// Articles and lists of any length pass unchanged. The upstream keeps its state over the client's upgrade: before it,
/// only MODE READER can have changed that state, and its effect must last (RFC 4642 2.2.2).
class NntpFilter final : public InOrderFilter<Verb> {
 public:
  explicit NntpFilter(const Prologue& prologue) : InOrderFilter(prologue) {}

  Frame Cut(Side side, std::string_view in, Scan& scan) override;
  Act On(Side side, std::string_view unit, Out& out) override;

 private:
  /// The dot-terminated body that one side is sending.
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

  Body body_[2];          ///< by Side
  bool streams_ = false;  ///< the upstream has announced that it knows TAKETHIS
};

}  // namespace starlock::protocol::nntp
