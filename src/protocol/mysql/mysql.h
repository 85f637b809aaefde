#pragma once

#include "protocol/core/dialect.h"

namespace starlock::protocol::mysql {

/// The CLIENT_SSL of MySQL and MariaDB.
extern const Dialect kMysql;

}  // namespace starlock::protocol::mysql
