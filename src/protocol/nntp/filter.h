#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "protocol/core/filter.h"
#include "protocol/core/negotiator.h"
#include "protocol/nntp/words.h"

namespace starlock::protocol::nntp {

/// Reads NNTP beyond the meeting point: while the client may still upgrade, and while the server's leg is plaintext,
/// until a login succeeds or compression begins, after either of which STARTTLS is not allowed (RFC 4642 2.2.1, RFC
/// 8054 2.2.2). Articles and lists pass through as they come, of any length and content. What we answer ourselves waits
/// for the answers still outstanding, so that the order stays the client's.
class NntpFilter final : public Filter {
 public:
  explicit NntpFilter(const Prologue& prologue) : prologue_(prologue) {}

  Act Begin() override { return Read{}; }
  Frame Cut(Side side, std::string_view in, Scan& scan) override;
  Act On(Side side, std::string_view unit, Out& out) override;
  /// The upstream's state is what it was: only MODE READER may have changed it, and that is to stay.
  Act OnTlsUp() override { return prologue_.server_tls ? Act(Relay{}) : Read{}; }

 private:
  /// A dot-terminated body under way on one side.
  struct Body {
    bool open = false;
    bool line_start = true;

    void Begin() { *this = {true, true}; }
    void Pass(std::string_view piece);
  };

  Act OnCommand(std::string_view line, Out& out);
  Act OnStarttls(std::string_view argument, Out& out);
  Act OnReply(std::string_view reply, Out& out);
  Act OnCapabilities(std::string_view reply, Out& out);
  Act Forward(std::string_view line, Verb asked, Out& out);
  Act Answer(std::string_view text, Out& out);
  bool MustWait() const;
  bool OnOffer() const {
    return prologue_.env.client == TlsMode::kOpportunistic && !prologue_.client_tls && window_open_;
  }

  const Prologue& prologue_;
  std::deque<Verb> outstanding_;  ///< questions that the upstream has not answered yet
  Body body_[2];                  ///< what each side is in the midst of saying
  int refusals_ = 0;
  bool window_open_ = true;  ///< nothing that TLS would have had to protect has crossed
  bool sasl_ = false;        ///< the client's next line is a SASL response, whatever it looks like
  bool streams_ = false;     ///< the upstream has said that it takes TAKETHIS
  bool noted_ = false;       ///< the operator has been told about channel binding
};

}  // namespace starlock::protocol::nntp
