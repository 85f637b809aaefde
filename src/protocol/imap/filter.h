#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "protocol/core/filter.h"
#include "protocol/core/negotiator.h"
#include "protocol/imap/words.h"
#include "protocol/text/literals.h"

namespace starlock::protocol::imap {

/// Reads IMAP beyond the meeting point: while the client may still upgrade, and while the server's leg is plaintext,
/// until a login succeeds. Capabilities come back with STARTTLS put in or taken out. Commands cross as they come, piece
/// by piece; nothing is read of a client that has to wait for the server: for the leave to send a literal or a line of
/// SASL, and for the answer to a login, behind which there is nothing to be read any more.
class ImapFilter final : public Filter {
 public:
  explicit ImapFilter(const Prologue& prologue) : prologue_(prologue) {}

  Act Begin() override;
  Frame Cut(Side side, std::string_view in, Scan& scan) override;
  Act On(Side side, std::string_view unit, Out& out) override;
  Act OnTlsUp() override;

 private:
  /// A command that the upstream has not answered yet.
  struct Question {
    std::string tag;
    bool logs_in = false;
  };

  Act OnPiece(std::string_view piece, Out& out);
  Act OnResponse(std::string_view unit, Out& out);
  Act OnTagged(const Response& response);
  void OnContinuation();
  bool MustWait(const Command& command) const;
  void Ask(Out& out);
  Act Answer(Out& out);
  const char* Refusal() const;
  bool on_offer() const {
    return prologue_.env.client == TlsMode::kOpportunistic && !prologue_.client_tls && window_open_;
  }

  const Prologue& prologue_;
  CommandCutter cutter_;
  Command command_;       ///< the client's last one
  bool crosses_ = false;  ///< it goes to the upstream, whose the answer then is
  bool held_ = false;     ///< the client must wait for the upstream
  bool sasl_ = false;     ///< the client's next line is a SASL response, whatever it looks like
  std::deque<Question> questions_;
  bool window_open_ = true;  ///< nothing that TLS would have had to protect has crossed
  bool noted_binding_ = false;
  int refusals_ = 0;
};

}  // namespace starlock::protocol::imap
