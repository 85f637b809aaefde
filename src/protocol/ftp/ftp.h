#pragma once

#include "protocol/core/dialect.h"

namespace starlock::protocol::ftp {

/// FTP (RFC 4217), data connections included.
extern const Dialect kFtp;

}  // namespace starlock::protocol::ftp
