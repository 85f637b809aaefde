#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/core/dialogue.h"

/// The words of SMTP and LMTP that the negotiators and the filter share.
namespace starlock::protocol::smtp {

enum class Verb {
  kHelo,
  kEhlo,  ///< or LHLO
  kStarttls,
  kNoop,   ///< NOOP and RSET: nothing happens before MAIL
  kQuery,  ///< HELP and VRFY: an answer, and nothing else
  kQuit,
  kMail,
  kAuth,
  kXclient,
  kOther,
};

struct Command {
  Verb verb = Verb::kOther;
  std::string_view argument;  ///< all that follows the verb, but for blanks at its end
};

/// Reads a command line. kEhlo is `hello`, the greeting that asks for extensions: EHLO or LHLO. A verb is recognised
/// wherever any server might see one: behind blanks and control characters, and up to the first character that is no
/// letter (Postfix takes " XCLIENT" and "XCLIENT\v…" for XCLIENT).
Command Parse(std::string_view line, std::string_view hello);

/// The code of a whole reply, 0 to 999.
int CodeOf(std::string_view reply);

/// The name in a greeting `220 name …`, or `ours` where it has none, or one longer than any name.
std::string NameIn(std::string_view greeting, const std::string& ours);

/// Our last words to a client: 421 with the enhanced code (RFC 3463) that fits; 500 where the client broke the
/// protocol.
std::string Goodbye(const Env& env, const Failure& failure);

/// What an answer to EHLO or LHLO lists: its lines behind the first, which is the server's name.
std::vector<std::string> ExtensionsIn(std::string_view reply);

/// Whether an answer to EHLO or LHLO lists STARTTLS.
bool OffersStarttls(std::string_view reply);

/// The same answer with STARTTLS in it exactly once, behind the first line. No other byte differs, but for the mark
/// of the last line where that moves.
std::string WithStarttls(std::string_view reply);

/// The same answer without it.
std::string WithoutStarttls(std::string_view reply);

}  // namespace starlock::protocol::smtp
