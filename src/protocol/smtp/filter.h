#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "protocol/core/filter.h"
#include "protocol/core/negotiator.h"

namespace starlock::protocol::smtp {

/// Reads SMTP or LMTP beyond the meeting point: while the client may still upgrade, and while the server's leg is
/// plaintext, until MAIL or a 235 to AUTH. Commands cross one by one, so that each answer's question is known; what we
/// answer ourselves waits for the answers still outstanding, so that the order stays the client's.
class SmtpFilter final : public Filter {
 public:
  /// `hello`: the word that asks for extensions, EHLO or LHLO.
  SmtpFilter(std::string_view hello, const Prologue& prologue);

  Act Begin() override { return Read{}; }
  Frame Cut(Side side, std::string_view in, Scan& scan) override;
  Act On(Side side, std::string_view unit, Out& out) override;
  Act OnTlsUp() override;

 private:
  enum class Asked : uint8_t { kHelo, kEhlo, kAuth, kOther };

  Act OnCommand(std::string_view line, Out& out);
  Act OnReply(std::string_view reply, Out& out);
  Act OnStarttls(std::string_view argument, Out& out);
  Act Forward(std::string_view line, Asked asked, Out& out);
  Act Answer(std::string_view text, Out& out);
  bool OnOffer() const {
    return prologue_.env.client == TlsMode::kOpportunistic && !prologue_.client_tls && window_open_;
  }

  const std::string_view hello_;
  const Prologue& prologue_;
  std::deque<Asked> outstanding_;  ///< questions that the upstream has not answered yet
  bool upstream_met_;              ///< the upstream has taken an EHLO or HELO, ours or the client's
  bool must_greet_;                ///< inside TLS and not introduced yet: RFC 3207 4.2 has it begin anew
  int refusals_ = 0;
  bool window_open_ = true;  ///< nothing that TLS would have had to protect has crossed
  bool sasl_ = false;        ///< the client's next line is a SASL response, whatever it looks like
};

}  // namespace starlock::protocol::smtp
