#pragma once

#include <string>
#include <string_view>

#include "protocol/core/upgrade_filter.h"
#include "protocol/imap/words.h"
#include "protocol/text/literals.h"

namespace starlock::protocol::imap {

/// What of a command its answer must be judged by.
enum class Asked : uint8_t { kLogin, kOther };

/// Reads IMAP beyond the meeting point: while the client may still upgrade, and while the server's leg is plaintext,
/// until a login succeeds. Capabilities come back with STARTTLS put in or taken out. Commands cross as they come, piece
/// by piece. A client that has to wait for the server is not read: for permission to send a literal or a line of SASL,
/// and for the answer to a login, behind which there is nothing to be read any more.
class ImapFilter final : public TaggedFilter<std::string, Asked> {
 public:
  explicit ImapFilter(const Prologue& prologue) : TaggedFilter(prologue) {}

  Act Begin() override;
  Frame Cut(Side side, std::string_view in, Scan& scan) override;

 private:
  /// What the client's next piece is.
  enum class Next : uint8_t {
    kPiece,  ///< of a command
    kHeld,   ///< nothing, until the server has answered
    kSasl,   ///< a SASL response, whatever it looks like
  };

  Act OnCommand(std::string_view piece, Out& out) override;
  Act OnReply(std::string_view unit, Out& out) override;
  Act OnTagged(const Response& response);
  void OnContinuation();
  bool MustWait(const Command& command) const;
  void Cross(Out& out);
  Act Answer(Out& out);

  CommandCutter cutter_;
  Command command_;       ///< the client's last one
  bool crosses_ = false;  ///< it goes to the upstream, which answers it
  Next next_ = Next::kPiece;
};

}  // namespace starlock::protocol::imap
