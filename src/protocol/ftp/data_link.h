#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/core/out.h"
#include "protocol/ftp/states.h"
#include "protocol/ftp/words.h"

namespace starlock::protocol::ftp {

/// The client's end of a data connection that PASV, EPSV, PORT or EPRT asks for (RFC 959, 2428), or the answer that
/// refuses it. PORT and EPRT may only name `client_address`, the address of the control connection (RFC 2577).
std::variant<ClientEnd, Answer> ParseClientEnd(const Command& command, const std::string& client_address);

/// The data connection, as the control connection sees it: RFC 959 3.2 and 5.3.2, RFC 2428, RFC 4217 9.
///
/// Towards the upstream, every data connection is passive, whatever the client asks for. The upstream then needs no
/// address of ours that it can reach, and EPSV (PASV where a server has no EPSV) serves both address families. The FTP
/// client is the TLS client on a data connection even with PORT (RFC 4217 9), so this changes nothing for TLS. The
/// client's leg is made as the client asked.
class DataLink {
 public:
  /// The connection is being made: the client's next command must wait.
  bool pending() const { return state_.Is<AsksForPort>() || state_.Is<Opens>(); }
  /// EPSV or PASV was sent to the upstream, and its reply is outstanding.
  bool asks_for_port() const { return state_.Is<AsksForPort>(); }
  bool ready() const { return state_.Is<Ready>(); }
  /// The connection was lost, or bytes were: a success that the upstream reports is none.
  bool broken() const { return state_.Is<Broken>(); }

  /// Sends EPSV or PASV to the upstream.
  void AskForPort(const ClientEnd& client, Out& out);
  /// The reply to that. Returns what the client is told; nothing where PASV was sent after EPSV (asks_for_port), or
  /// where the connection is being opened.
  std::optional<std::string> OnPortReply(std::string_view reply, int code, Out& out);
  /// What became of the connection. Returns what the client is told, if anything.
  std::optional<Answer> OnEvent(const DataEvent& event, Out& out);
  /// A transfer uses the connection, with TLS on the legs that are given.
  void Begin(bool client_tls, bool server_tls, Out& out);
  /// The upstream sent the transfer's final reply. `began`: a 1xx reply preceded it, so the connection delivers what it
  /// has and ends by itself; else it is closed.
  void End(bool began, Out& out);

  bool legal() const { return state_.legal(); }

 private:
  Answer OnReady(const ClientEnd& client, const DataEvent& event, Out& out);

  DataState state_;
  bool passive_only_ = false;  ///< the upstream does not support EPSV
};

}  // namespace starlock::protocol::ftp
