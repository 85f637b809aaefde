#pragma once

#include <string_view>

#include "protocol/core/upgrade_filter.h"
#include "protocol/pop3/words.h"

namespace starlock::protocol::pop3 {

/// What an answer is an answer to, and so how long it is. kUnknown: there may be lines behind the first.
enum class Asked : uint8_t { kCapa, kList, kLine, kLogin, kAuth, kUnknown };

/// Reads POP3 beyond the meeting point: while the client may still upgrade, and while the server's leg is plaintext,
/// until a login succeeds: with it ends the AUTHORIZATION state, the only one in which STLS is allowed (RFC 2595 4).
class Pop3Filter final : public InOrderFilter<Asked> {
 public:
  explicit Pop3Filter(const Prologue& prologue) : InOrderFilter(prologue) {}

  Frame Cut(Side side, std::string_view in, Scan& scan) override;

 private:
  Act OnCommand(std::string_view line, Out& out) override;
  Act OnReply(std::string_view reply, Out& out) override;
  Act OnStateful(const Command& command, std::string_view line, Out& out);
  bool MustWait() const override;
};

}  // namespace starlock::protocol::pop3
