#pragma once

#include "protocol/core/dialect.h"

namespace starlock::protocol::irc {

/// IRC (IRCv3's `tls` extension).
extern const Dialect kIrc;

}  // namespace starlock::protocol::irc
