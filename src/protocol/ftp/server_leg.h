#pragma once

#include <string>
#include <string_view>

#include "protocol/core/negotiator.h"
#include "protocol/ftp/states.h"

namespace starlock::protocol::ftp {

/// The control connection to the upstream, from its greeting to the meeting point, and what it protects of data
/// connections: RFC 4217 4, 8 and 9, the client role. Of one connection: a redial makes another.
class ServerLeg final : public Negotiator {
 public:
  explicit ServerLeg(TlsMode mode) : mode_(mode) {}

  LegAct Begin(Out& out) override;
  Frame Cut(std::string_view in, Scan& scan) override { return CutReply(in, scan); }
  LegAct On(std::string_view reply, Out& out) override;
  LegAct OnTlsUp(Out& out) override;

  /// The leg is at its meeting point, with TLS or, where that is allowed, without. Returns the greeting.
  std::string Settle();
  bool in_session() const { return control_.Is<InSession>(); }

  bool protects_data() const { return data_.Is<ServerDataPrivate>(); }
  /// Data cannot be protected before the login.
  bool data_awaits_login() const { return data_.Is<ServerDataDue>(); }
  /// The last line of the login's success, which the client must not see before data is protected: holds it back, and
  /// asks for the protection.
  void ProtectAfterLogin(std::string_view welcome, Out& out);
  /// The answer to that. Read: one more question was asked. Settled: the welcome has been passed on.
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
  std::string greeting_;  ///< the client's, once the leg has settled
};

}  // namespace starlock::protocol::ftp
