#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/core/out.h"
#include "protocol/ftp/states.h"
#include "protocol/ftp/words.h"

namespace starlock::protocol::ftp {

/// The client's end of a data connection as PASV, EPSV, PORT or EPRT asks for it (RFC 959, 2428), or our answer where
/// there will be none. `client_address`: where the client is, for RFC 2577: nobody is sent to a third host.
std::variant<ClientEnd, Answer> ParseClientEnd(const Command& command, const std::string& client_address);

/// The data connection, as the control connection sees it: RFC 959 3.2 and 5.3.2, RFC 2428, RFC 4217 9.
///
/// Towards the upstream every data connection is passive, whatever the client asks for: that needs no address of ours
/// that the upstream could reach, there is one way to it instead of four, and EPSV with PASV where a server has none
/// serves both families. The FTP client is the TLS client on a data connection even with PORT (RFC 4217 9), so nothing
/// is lost on that leg; the client's own leg is made as the client asked.
class DataLink {
 public:
  /// The connection is not there yet: no command of the client's may be looked at.
  bool pending() const { return state_.Is<AsksForPort>() || state_.Is<Opens>(); }
  /// The upstream was asked for its port, and its reply is outstanding.
  bool asks_for_port() const { return state_.Is<AsksForPort>(); }
  bool ready() const { return state_.Is<Ready>(); }
  /// The transfer that uses the connection has lost bytes.
  bool broken() const { return state_.Is<Broken>(); }

  /// Asks the upstream for its port.
  void AskForPort(const ClientEnd& client, Out& out);
  /// The answer to that. Nothing to say to the client where it was asked once more (asks_for_port) or told the port.
  std::optional<std::string> OnPortReply(std::string_view reply, int code, Out& out);
  /// What became of the connection. Nothing to say where the client has its answer already.
  std::optional<Answer> OnEvent(const DataEvent& event, Out& out);
  /// A transfer uses the connection. Each leg is inside TLS or not.
  void Begin(bool client_tls, bool server_tls, Out& out);
  /// The transfer is over. `began`: its 1xx had come, so that the connection ends by itself, with all that was sent.
  void End(bool began, Out& out);

  bool legal() const { return state_.legal(); }

 private:
  Answer OnReady(const ClientEnd& client, const DataEvent& event, Out& out);

  DataState state_;
  bool passive_only_ = false;  ///< the upstream does not know EPSV: it is asked by PASV
};

}  // namespace starlock::protocol::ftp
