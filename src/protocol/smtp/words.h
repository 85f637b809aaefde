#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/core/dialogue.h"

/// SMTP and LMTP syntax that the negotiators and the filter share.
namespace starlock::protocol::smtp {

enum class Verb {
  kHelo,
  kEhlo,  ///< or LHLO
  kStarttls,
  kNoop,   ///< NOOP, and RSET, which has no effect before MAIL
  kQuery,  ///< HELP and VRFY: no effect besides a reply
  kQuit,
  kMail,
  kAuth,
  kXclient,
  kOther,
};

struct Command {
  Verb verb = Verb::kOther;
  std::string_view argument;  ///< all that follows the verb, without trailing blanks
};

/// Reads a command line. kEhlo stands for `hello`, the greeting that asks for extensions: EHLO or LHLO. See SplitVerb
/// for where a verb is found; an SMTP verb is made of letters.
Command Parse(std::string_view line, std::string_view hello);

/// The name in a greeting `220 name …`, or `ours` if it has none or one that is too long.
std::string NameIn(std::string_view greeting, const std::string& ours);

/// Our goodbye to a client: 421 with an enhanced status code (RFC 3463), or 500 if the client violated the protocol.
std::string Goodbye(const Env& env, const Failure& failure);

/// The extensions in a reply to EHLO or LHLO: the lines after the first, which holds the server's name.
std::vector<std::string> ExtensionsIn(std::string_view reply);

/// Whether a reply to EHLO or LHLO lists STARTTLS.
bool OffersStarttls(std::string_view reply);

/// `reply` with STARTTLS exactly once, after the first line. No other byte differs, except for the mark of the last
/// line if another line becomes the last.
std::string WithStarttls(std::string_view reply);

/// `reply` without STARTTLS.
std::string WithoutStarttls(std::string_view reply);

}  // namespace starlock::protocol::smtp
