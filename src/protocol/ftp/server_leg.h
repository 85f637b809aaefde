#pragma once

#include <string>
#include <string_view>

#include "protocol/core/negotiator.h"
#include "protocol/ftp/states.h"

namespace starlock::protocol::ftp {

/// The control connection to the upstream, from the greeting to the meeting point, and the protection of its data
/// connections: the client role of RFC 4217 4, 8 and 9. Belongs to one connection; a redial makes a new ServerLeg.
class ServerLeg final : public Negotiator {
 public:
  explicit ServerLeg(TlsMode mode) : mode_(mode) {}

  LegAct Begin(Out& out) override;
  Frame Cut(std::string_view in, Scan& scan) override { return CutReply(in, scan); }
  LegAct On(std::string_view reply, Out& out) override;
  LegAct OnTlsUp(Out& out) override;

  /// Ends the negotiation: the leg is at its meeting point. Returns the upstream's greeting, for the client.
  std::string Settle();
  bool in_session() const { return control_.Is<InSession>(); }

  bool protects_data() const { return data_.Is<ServerDataPrivate>(); }
  /// Whether the upstream accepts PROT only after the login. Until then, there must be no data connection.
  bool data_awaits_login() const { return data_.Is<ServerDataDue>(); }
  /// The login succeeded. Keeps `welcome`, the last line of its reply, and asks the upstream to protect data
  /// connections. The client must not see the welcome before that is done.
  void ProtectAfterLogin(std::string_view welcome, Out& out);
  /// Handles the reply to PBSZ or PROT after the login. Read: another reply is awaited. Settled: the welcome is in
  /// `out`.
  LegAct OnLateReply(int code, Out& out);

  bool legal() const { return control_.legal() && data_.legal(); }

 private:
  LegAct OnGreeting(std::string_view reply, Out& out);
  LegAct OnAuthReply(int code);
  LegAct OnProtReply(int code, Out& out);
  template <typename Next>
  LegAct Ask(Next next, std::string_view command, Out& out);
  LegAct RefuseData(Out& out);

  TlsMode mode_;
  ServerControl control_;
  ServerData data_;
  std::string greeting_;  ///< kept until Settle
};

}  // namespace starlock::protocol::ftp
