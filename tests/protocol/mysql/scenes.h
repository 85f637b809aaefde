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

/// The greeting of a server: MySQL's, or MariaDB's with capabilities of its own in the last reserved bytes.
std::string MysqlGreeting(bool ssl, bool mariadb = false);

/// What a client answers: with CLIENT_SSL set or not, and these other capabilities. `plugin` is named where it is not
/// empty.
std::string MysqlResponse(int id, bool ssl, std::string_view plugin = "mysql_native_password");
std::string MysqlSslRequest();

/// An ERR packet with the SQL state of a client that is known, or without it.
std::string MysqlError(int id, int code, std::string_view state, std::string_view text);

/// Lines of a transcript: `kind` (C, c, S, s, T) says or is sent these bytes.
std::string Line(char kind, std::string_view bytes);

}  // namespace starlock::test
