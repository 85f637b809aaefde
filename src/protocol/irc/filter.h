#pragma once

#include <string_view>

#include "protocol/core/filter.h"
#include "protocol/core/negotiator.h"
#include "protocol/irc/words.h"

namespace starlock::protocol::irc {

/// Reads IRC beyond the meeting point: while the client may still upgrade, and while the server's leg is plaintext,
/// until 001 tells that the client is registered, behind which no server takes STARTTLS. `tls` is put into the
/// server's capabilities or taken out of them. What we answer ourselves waits for the answers to CAP still outstanding:
/// those to questions asked in plaintext must not come inside TLS.
class IrcFilter final : public Filter {
 public:
  explicit IrcFilter(const Prologue& prologue) : prologue_(prologue) {}

  Act Begin() override { return Read{}; }
  Frame Cut(Side side, std::string_view in, Scan& scan) override;
  Act On(Side side, std::string_view unit, Out& out) override;
  Act OnTlsUp() override { return prologue_.server_tls ? Act(Relay{}) : Read{}; }

 private:
  Act OnCommand(std::string_view line, Out& out);
  Act OnStarttls(const Message& message, Out& out);
  Act OnReply(std::string_view line, Out& out);
  Act OnCap(const Message& message, std::string_view line, Out& out);
  Act Ask(std::string_view line, Out& out);
  Act Forward(std::string_view line, Out& out);
  Act Answer(std::string_view text, Out& out);
  void Note(const CapAnswer& answer, Out& out);
  bool OnOffer() const {
    return prologue_.env.client == TlsMode::kOpportunistic && !prologue_.client_tls && window_open_;
  }

  const Prologue& prologue_;
  int outstanding_ = 0;  ///< CAP commands that the upstream has not answered yet
  int refusals_ = 0;
  bool window_open_ = true;  ///< nothing that TLS would have had to protect has crossed
};

}  // namespace starlock::protocol::irc
