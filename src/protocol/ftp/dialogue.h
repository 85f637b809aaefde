#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/core/dialogue.h"
#include "protocol/core/negotiator.h"
#include "protocol/ftp/client_leg.h"
#include "protocol/ftp/data_link.h"
#include "protocol/ftp/reply_queue.h"
#include "protocol/ftp/server_leg.h"
#include "protocol/ftp/words.h"

namespace starlock::protocol::ftp {

/// An FTP session, from the greeting to its end; there is no relay. Commands are passed on one at a time, so that each
/// reply's command is known (ReplyQueue). Commands that we answer ourselves wait in the same way, which keeps the order
/// of replies. The states of all parts and their transitions are in states.h.
class FtpDialogue final : public Dialogue {
 public:
  explicit FtpDialogue(Env env) : Dialogue(std::move(env)) {}

  bool InTransfer() const override { return replies_.InTransfer() || !replies_.between(); }
  bool Established() const override { return logged_in_; }

 private:
  Frame Cut(Side side, std::string_view in, Scan& scan) override;
  Act On(Side side, std::string_view unit, Out& out) override;
  Act On(Event event, Side side, Out& out) override;
  Act OnData(const DataEvent& event, Out& out) override;
  std::string Goodbye(const Failure& failure) const override { return ftp::Goodbye(failure); }
  bool BetweenUnits() const override { return replies_.between(); }
  bool RefusedForWantOfTls() const override { return refused_; }

  Act Checked(Act act) const;
  Act OnHappened(Event event, Side side, Out& out);
  Act Negotiate(const LegAct& act, Out& out);
  Act Greet(Out& out);

  // Commands (commands.cc).
  Act OnCommand(std::string_view line, Out& out);
  Act BeforeTls(const Command& command, Out& out);
  Act OnAuth(const Command& command, Out& out);
  Act OnRein(const Command& command, Out& out);
  Act OnClientEnd(const Command& command, Out& out);
  Act OnTransfer(const Command& command, Out& out);
  Act Forward(const Command& command, Asked asked, Out& out);
  Act Say(const Answer& answer, Out& out);

  // Replies (replies.cc).
  Act OnReply(std::string_view unit, Out& out);
  Act OnPreliminary(const Reply& reply, std::string_view unit, Out& out);
  Act OnFinal(const Reply& reply, std::string_view unit, Out& out);
  Act OnPortReply(std::string_view unit, int code, Out& out);
  Act OnTransferEnd(const Reply& reply, std::string_view unit, Out& out);
  Act OnLateProtection(int code, Out& out);
  void BeginData(Out& out);

  std::optional<ServerLeg> server_;  ///< belongs to the current upstream connection
  ClientLeg client_{env().client};
  DataLink data_;
  ReplyQueue replies_;
  bool server_speaks_ = false;  ///< there is input of the server that is not handled yet
  /// The client upgraded in the window, and nothing has crossed since: the server may only say its goodbye.
  bool unasked_ = false;
  bool logged_in_ = false;
  bool refused_ = false;  ///< a command was refused because the client has no TLS
  int refusals_ = 0;
};

}  // namespace starlock::protocol::ftp
