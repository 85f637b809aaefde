#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "protocol/core/filter.h"
#include "protocol/core/negotiator.h"

namespace starlock::protocol::managesieve {

/// Reads ManageSieve beyond the meeting point: while the client may still upgrade, and while the server's leg is
/// plaintext, until AUTHENTICATE succeeds. A server answers in turn, so each answer's question is known; what we answer
/// ourselves waits for the answers still outstanding, so that the order stays the client's.
class ManagesieveFilter final : public Filter {
 public:
  explicit ManagesieveFilter(const Prologue& prologue) : prologue_(prologue) {}

  Act Begin() override { return Read{}; }
  Frame Cut(Side side, std::string_view in, Scan& scan) override;
  Act On(Side side, std::string_view unit, Out& out) override;
  std::string TlsGreeting() const override;
  Act OnTlsUp() override;

 private:
  enum class Asked : uint8_t { kCapability, kAuthenticate, kOther };

  Act OnCommand(std::string_view unit, Out& out);
  Act OnStarttls(bool has_argument, Out& out);
  Act OnAnswer(std::string_view line, Out& out);
  Act Forward(std::string_view unit, Asked asked, Out& out);
  Act Answer(std::string_view text, Out& out);
  bool Waits() const;
  bool OnOffer() const {
    return prologue_.env.client == TlsMode::kOpportunistic && !prologue_.client_tls && window_open_;
  }

  const Prologue& prologue_;
  std::deque<Asked> outstanding_;  ///< questions that the upstream has not answered yet
  int refusals_ = 0;
  bool window_open_ = true;  ///< nothing that TLS would have had to protect has crossed
  bool sasl_ = false;        ///< the client's next unit is a SASL response, whatever it looks like
};

}  // namespace starlock::protocol::managesieve
