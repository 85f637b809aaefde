#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/core/out.h"
#include "protocol/ftp/states.h"
#include "protocol/ftp/words.h"

namespace starlock::protocol::ftp {

/// The data connection, as the control connection sees it: RFC 959 3.2 and 5.3.2, RFC 2428, RFC 4217 9.
///
/// Towards the upstream, every data connection is passive, whatever the client asks for. So the upstream need not be
/// able to reach us, and EPSV (PASV if the server lacks it) works for both address families. The FTP client is always
/// the TLS client of a data connection, even with PORT (RFC 4217 9), so this changes nothing for TLS. Towards the
/// client, the connection is made as the client asked.
class DataLink {
 public:
  /// The connection is being made: the client's next command must wait.
  bool pending() const { return state_.Is<AsksForPort>() || state_.Is<Opens>(); }
  /// EPSV or PASV was sent to the upstream, and its reply is outstanding.
  bool asks_for_port() const { return state_.Is<AsksForPort>(); }
  bool ready() const { return state_.Is<Ready>(); }
  /// The connection or some bytes were lost: a success that the upstream reports must not be passed on.
  bool broken() const { return state_.Is<Broken>(); }

  /// The client's end of a data connection that PASV, EPSV, PORT or EPRT asks for (RFC 959, 2428), or our own answer:
  /// a refusal, or that to EPSV ALL. PORT and EPRT may only name `client_address`, the address of the control
  /// connection (RFC 2577). After EPSV ALL only EPSV is accepted (RFC 2428 4).
  std::variant<ClientEnd, Answer> ParseClientEnd(const Command& command, const std::string& client_address);
  /// Sends EPSV or PASV to the upstream.
  void AskForPort(const ClientEnd& client, Out& out);
  /// Handles the reply to EPSV or PASV. Returns the reply for the client. nullopt: there is none yet, because PASV was
  /// sent after EPSV (asks_for_port) or the connection is being opened.
  std::optional<std::string> OnPortReply(std::string_view reply, int code, Out& out);
  /// Handles a change of the connection. Returns the reply for the client, if there is one.
  std::optional<Answer> OnEvent(const DataEvent& event, Out& out);
  /// A transfer uses the connection, with TLS on the given legs.
  void Begin(bool client_tls, bool server_tls, Out& out);
  /// The upstream sent the transfer's final reply. `began`: a 1xx reply preceded it, so the connection delivers its
  /// remaining bytes and ends by itself. Otherwise it is closed.
  void End(bool began, Out& out);

  bool legal() const { return state_.legal(); }

 private:
  Answer OnReady(const ClientEnd& client, const DataEvent& event, Out& out);

  DataState state_;
  bool passive_only_ = false;  ///< the upstream does not support EPSV
  bool epsv_only_ = false;     ///< the client sent EPSV ALL
};

}  // namespace starlock::protocol::ftp
