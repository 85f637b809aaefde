#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "protocol/core/filter.h"
#include "protocol/core/negotiator.h"
#include "protocol/pop3/words.h"

namespace starlock::protocol::pop3 {

/// Reads POP3 beyond the meeting point: while the client may still upgrade, and while the server's leg is plaintext,
/// until a login succeeds: with it ends the AUTHORIZATION state, the only one in which STLS is allowed (RFC 2595 4).
/// What we answer ourselves waits for the answers still outstanding, so that the order stays the client's.
class Pop3Filter final : public Filter {
 public:
  explicit Pop3Filter(const Prologue& prologue) : prologue_(prologue) {}

  Act Begin() override { return Read{}; }
  Frame Cut(Side side, std::string_view in, Scan& scan) override;
  Act On(Side side, std::string_view unit, Out& out) override;
  /// The upstream has heard nothing yet that TLS would make it forget.
  Act OnTlsUp() override { return prologue_.server_tls ? Act(Relay{}) : Read{}; }

 private:
  /// What an answer is an answer to, and so how long it is. kUnknown: there may be lines behind the first.
  enum class Asked : uint8_t { kCapa, kList, kLine, kLogin, kAuth, kUnknown };

  Act OnCommand(std::string_view line, Out& out);
  Act OnStls(std::string_view argument, Out& out);
  Act OnReply(std::string_view reply, Out& out);
  Act Forward(std::string_view line, Asked asked, Out& out);
  Act Answer(std::string_view text, Out& out);
  bool MustWait() const;
  bool OnOffer() const {
    return prologue_.env.client == TlsMode::kOpportunistic && !prologue_.client_tls && window_open_;
  }

  const Prologue& prologue_;
  std::deque<Asked> outstanding_;  ///< questions that the upstream has not answered yet
  int refusals_ = 0;
  bool window_open_ = true;  ///< nothing that TLS would have had to protect has crossed
  bool sasl_ = false;        ///< the client's next line is a SASL response, whatever it looks like
  bool noted_ = false;       ///< the operator has been told about channel binding
};

}  // namespace starlock::protocol::pop3
