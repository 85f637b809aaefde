#pragma once

#include <string_view>

#include "protocol/core/upgrade_filter.h"
#include "protocol/irc/words.h"

namespace starlock::protocol::irc {

/// Reads IRC beyond the meeting point: while the client may still upgrade, and while the server's leg is plaintext,
/// until 001 tells that the client is registered, behind which no server takes STARTTLS. `tls` is put into the server's
/// capabilities or taken out of them. The questions that STARTTLS waits for are CAP commands.
class IrcFilter final : public UpgradeFilter {
 public:
  explicit IrcFilter(const Prologue& prologue) : UpgradeFilter(prologue) {}

  Frame Cut(Side side, std::string_view in, Scan& scan) override;

 private:
  Act OnCommand(std::string_view line, Out& out) override;
  Act OnReply(std::string_view line, Out& out) override;
  bool Busy() const override { return questions_ > 0; }

  Act OnCapReq(const Message& message, std::string_view line, Out& out);
  Act OnCap(const Message& message, std::string_view line, Out& out);
  Act Ask(std::string_view line, Out& out);
  void Answered() { questions_ -= questions_ > 0 ? 1 : 0; }
  static Act Forward(std::string_view line, Out& out);

  size_t questions_ = 0;  ///< CAP commands that the upstream has not answered yet
};

}  // namespace starlock::protocol::irc
