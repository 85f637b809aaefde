#pragma once

#include "protocol/core/dialect.h"

namespace starlock::protocol::mysql {

/// MySQL and MariaDB, whose upgrade is CLIENT_SSL and SSLRequest.
extern const Dialect kMysql;

}  // namespace starlock::protocol::mysql
