#pragma once

#include <string>
#include <string_view>

#include "protocol/core/dialogue.h"

/// POP3 syntax that the negotiators, the filter and the prober share.
namespace starlock::protocol::pop3 {

enum class Verb {
  kCapa,
  kStls,
  kNoop,
  kQuit,
  kUtf8,  ///< RFC 6856: needs no protection
  kLang,  ///< the same
  kUser,
  kLogin,  ///< PASS, APOP: one reply, after which the session may be in another state
  kAuth,   ///< the same, with challenges before the reply
  kOther,
};

struct Command {
  Verb verb = Verb::kOther;
  std::string_view argument;  ///< all that follows the verb, without blanks around it
};

/// Reads a command line. See SplitVerb for where a verb is found; it is made of letters and digits.
Command Parse(std::string_view line);

bool IsOk(std::string_view reply);   ///< `+OK …`
bool IsErr(std::string_view reply);  ///< `-ERR …`

/// Cuts a status line or, if `in_auth`, a challenge (`+ …`, RFC 5034 4). Anything else is kBad.
Frame CutStatus(std::string_view in, Scan& scan, bool in_auth = false);

/// Cuts a status line and, if it is +OK, the dot-terminated list after it.
Frame CutList(std::string_view in, Scan& scan);

/// Our goodbye to a client: -ERR [SYS/TEMP] (RFC 3206 4), or a bare -ERR if the client violated the protocol.
std::string Goodbye(const Env& env, const Failure& failure);

}  // namespace starlock::protocol::pop3
