#pragma once

#include <string>
#include <string_view>

#include "protocol/core/upgrade_filter.h"
#include "protocol/imap/words.h"
#include "protocol/text/literals.h"

namespace starlock::protocol::imap {

/// What the filter must know of a command to interpret its reply.
enum class Asked : uint8_t { kLogin, kOther };

/// Reads IMAP beyond the meeting point, unless both legs have TLS. It ends with
/// a successful login. STARTTLS is added to capabilities or removed from them. Commands are forwarded piece by piece.
/// The client's input is held while the client waits for permission to send a literal, for a SASL challenge or for the
/// reply to a login.
class ImapFilter final : public TaggedFilter<std::string, Asked> {
 public:
  explicit ImapFilter(const Prologue& prologue) : TaggedFilter(prologue) {}

  Act Begin() override;

 private:
  /// How the client's next piece is read.
  enum class Next : uint8_t {
    kPiece,  ///< a piece of a command
    kHeld,   ///< not at all until the server replies
    kSasl,   ///< a SASL response: passed on without being parsed
  };

  Frame CutUnit(Side side, std::string_view in, Scan& scan) override;
  bool IsHarmless(std::string_view piece) const override;
  bool MaySpeakUnasked(std::string_view unit) const override;
  Act OnCommand(std::string_view piece, Out& out) override;
  Act OnReply(std::string_view unit, Out& out) override;
  Act OnTagged(const Response& response);
  void OnContinuation();
  bool IsAnswer(const Response& response) const;
  bool MustWait(const Command& command) const;
  void Cross(Out& out);
  Act Answer(Out& out);

  CommandCutter cutter_;
  Command command_;       ///< the client's latest command
  bool crosses_ = false;  ///< it is passed on, and the upstream answers it
  bool allowed_ = false;  ///< the upstream has allowed a literal of it
  Next next_ = Next::kPiece;
};

}  // namespace starlock::protocol::imap
