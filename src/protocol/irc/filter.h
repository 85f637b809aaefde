#pragma once

#include <cstdint>
#include <deque>
#include <string_view>

#include "protocol/core/upgrade_filter.h"
#include "protocol/irc/words.h"

namespace starlock::protocol::irc {

/// Reads IRC beyond the meeting point, unless both legs have TLS. It ends with
/// 001, which says that the client is registered: after that no server accepts STARTTLS. `tls` is added to the server's
/// capabilities or removed from them. Only CAP, PING and QUIT count as questions, because not every command has a
/// reply.
class IrcFilter final : public UpgradeFilter {
 public:
  explicit IrcFilter(const Prologue& prologue) : UpgradeFilter(prologue) {}

 private:
  /// Commands that have exactly one answer.
  enum class Asked : uint8_t { kCap, kPing, kQuit };

  Frame CutUnit(Side side, std::string_view in, Scan& scan) override;
  bool IsHarmless(std::string_view line) const override;
  bool MaySpeakUnasked(std::string_view line) const override;
  Act OnCommand(std::string_view line, Out& out) override;
  Act OnReply(std::string_view line, Out& out) override;
  bool Busy() const override { return !questions_.empty(); }

  Act OnCapReq(const Message& message, std::string_view line, Out& out);
  Act OnCap(const Message& message, std::string_view line, Out& out);
  Act Ask(Asked question, std::string_view line, Out& out);
  void Answered(Asked question);
  void OnRefusal(const Message& message);
  static Act Forward(std::string_view line, Out& out);

  std::deque<Asked> questions_;  ///< that the upstream has not answered yet
};

}  // namespace starlock::protocol::irc
