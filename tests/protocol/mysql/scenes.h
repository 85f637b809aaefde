#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "transcript.h"

namespace starlock::test {

constexpr TlsMode kOff = TlsMode::kOff;
constexpr TlsMode kOpp = TlsMode::kOpportunistic;
constexpr TlsMode kReq = TlsMode::kRequired;
constexpr TlsMode kImp = TlsMode::kImplicit;

/// A packet with its header.
std::string MysqlPacket(int id, std::string_view payload);

/// The greeting of a MySQL server, or of a MariaDB server with MariaDB's capabilities in the last reserved bytes.
std::string MysqlGreeting(bool ssl, bool mariadb = false);

/// A HandshakeResponse41, with CLIENT_SSL set or not. It names `plugin` where that is not empty.
std::string MysqlResponse(int id, bool ssl, std::string_view plugin = "mysql_native_password");
std::string MysqlSslRequest();

/// An ERR packet; with an empty `state`, one without SQL state.
std::string MysqlError(int id, int code, std::string_view state, std::string_view text);

/// A line of a transcript: `kind` (C, c, S, s, T) with these bytes, escaped.
std::string Line(char kind, std::string_view bytes);

}  // namespace starlock::test
