#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "protocol/nntp_words.h"
#include "protocol/paired.h"

namespace starlock::protocol::nntp {

/// Reads NNTP beyond the meeting point: while the client may still upgrade, and while the server's leg is plaintext,
/// until a login succeeds or compression begins, after either of which STARTTLS is not allowed (RFC 4642 2.2.1, RFC
/// 8054 2.2.2). Articles and lists pass through as they come, of any length and content. What we answer ourselves waits
/// for the answers still outstanding, so that the order stays the client's.
class NntpFilter final : public Filter {
 public:
  explicit NntpFilter(const Prologue& prologue) : prologue_(prologue) {}

  Verdict Begin() override { return Verdict::Read(); }
  Frame Cut(Side side, std::string_view in) override;
  Verdict On(Side side, std::string_view unit, Out& out) override;
  /// The upstream's state is what it was: only MODE READER may have changed it, and that is to stay.
  Verdict OnTlsUp() override { return prologue_.server_tls ? Verdict::Do(Act::kRelay) : Verdict::Read(); }

 private:
  /// A dot-terminated body under way on one side.
  struct Body {
    bool open = false;
    bool line_start = true;

    void Begin() { *this = {true, true}; }
    void Pass(std::string_view piece);
  };

  Verdict OnCommand(std::string_view line, Out& out);
  Verdict OnStarttls(std::string_view argument, Out& out);
  Verdict OnReply(std::string_view reply, Out& out);
  Verdict OnCapabilities(std::string_view reply, Out& out);
  Verdict Forward(std::string_view line, Verb asked, Out& out);
  Verdict Answer(std::string_view text, Out& out);
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
