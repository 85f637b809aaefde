#pragma once

#include <string>
#include <string_view>

#include "protocol/core/dialogue.h"

/// The words of POP3 that the negotiators, the filter and the prober share.
namespace starlock::protocol::pop3 {

enum class Verb {
  kCapa,
  kStls,
  kNoop,
  kQuit,
  kUtf8,  ///< RFC 6856: nothing that TLS would have to protect
  kLang,  ///< the same
  kUser,
  kLogin,  ///< PASS, APOP: one answer, and the session is another
  kAuth,   ///< the same, with challenges before it
  kOther,
};

struct Command {
  Verb verb = Verb::kOther;
  std::string_view argument;  ///< all that follows the verb, but for blanks around it
};

/// Reads a command line. A verb is recognised wherever any server might see one: behind blanks and control characters,
/// and up to the first character that is neither letter nor digit.
Command Parse(std::string_view line);

bool IsOk(std::string_view reply);   ///< `+OK …`
bool IsErr(std::string_view reply);  ///< `-ERR …`

/// One status line, or a challenge (`+ …`, RFC 5034 4) where `in_auth`. kBad: anything else.
Frame CutStatus(std::string_view in, Scan& scan, bool in_auth = false);

/// A status line and, where it is +OK, the dot-terminated list behind it.
Frame CutList(std::string_view in, Scan& scan);

/// Our last words to a client: -ERR [SYS/TEMP] (RFC 3206 4); a bare -ERR where the client broke the protocol.
std::string Goodbye(const Env& env, const Failure& failure);

}  // namespace starlock::protocol::pop3
