#pragma once

#include <string_view>

#include "protocol/core/upgrade_filter.h"
#include "protocol/irc/words.h"

namespace starlock::protocol::irc {

/// Reads IRC beyond the meeting point, while the client may still upgrade or the server leg is plaintext. It ends with
/// 001, which says that the client is registered: after that no server accepts STARTTLS. `tls` is added to the server's
/// capabilities or removed from them. Only CAP commands count as questions, because not every command has a reply.
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
