#pragma once

#include <memory>

#include "protocol/dialogue.h"

namespace starlock::protocol {

/// The protocol of MySQL 4.1 and newer and of MariaDB, both roles ("Connection Phase" and "SSLRequest" in either
/// server's documentation). A server older than that is refused; a client older than that passes only where no leg
/// upgrades.
std::unique_ptr<Dialogue> MakeMysql(Env env);

}  // namespace starlock::protocol
