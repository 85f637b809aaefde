#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "protocol/core/filter.h"
#include "protocol/core/negotiator.h"

namespace starlock::protocol::acap {

/// Reads ACAP beyond the meeting point: while the client may still upgrade, and while the server's leg is plaintext,
/// until AUTHENTICATE succeeds. A command with a literal that waits crosses in pieces, as the server's `+` calls for
/// them.
class AcapFilter final : public Filter {
 public:
  explicit AcapFilter(const Prologue& prologue) : prologue_(prologue) {}

  Act Begin() override { return Read{}; }
  Frame Cut(Side side, std::string_view in, Scan& scan) override;
  Act On(Side side, std::string_view unit, Out& out) override;
  std::string TlsGreeting() const override;
  Act OnTlsUp() override;

 private:
  /// What the client's next unit is.
  enum class Next : uint8_t {
    kCommand,
    kSasl,     ///< a SASL response, whatever it looks like
    kLiteral,  ///< `owed_` octets, and what follows them
  };

  Act OnClient(std::string_view unit, Out& out);
  Act OnStarttls(std::string_view unit, Out& out);
  Act OnServer(std::string_view unit, Out& out);
  Act OnDone(std::string_view tag, bool good);
  Act Forward(std::string_view unit, Out& out);
  Act Answer(std::string_view head, std::string_view text, Out& out);
  bool IsOutstanding(std::string_view tag) const;
  bool Waits() const;
  bool OnOffer() const {
    return prologue_.env.client == TlsMode::kOpportunistic && !prologue_.client_tls && window_open_;
  }

  const Prologue& prologue_;
  std::deque<std::string> outstanding_;  ///< the tags that the upstream has not answered yet
  bool in_authenticate_ = false;         ///< the last of them is AUTHENTICATE's
  Next next_ = Next::kCommand;
  bool wants_plus_ = false;  ///< the client's last count waits for it
  size_t owed_ = 0;
  int refusals_ = 0;
  bool window_open_ = true;  ///< nothing that TLS would have had to protect has crossed
};

}  // namespace starlock::protocol::acap
