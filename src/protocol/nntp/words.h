#pragma once

#include <string>
#include <string_view>

#include "protocol/core/dialogue.h"

/// NNTP syntax that the negotiators, the filter and the prober share.
namespace starlock::protocol::nntp {

enum class Verb {
  kCapabilities,
  kStarttls,
  kModeReader,  ///< the only state that survives the upgrade (RFC 4642 2.2.2)
  kQuery,       ///< HELP, DATE: no effect besides a reply
  kQuit,
  kAuthinfo,
  kListgroup,
  kPost,      ///< POST, IHAVE: the article follows if the server asks for it
  kTakethis,  ///< RFC 4644 2.5: the article follows at once
  kCompress,  ///< RFC 8054, or XFEATURE of older servers: the stream is then no longer text
  kOther,
};

struct Command {
  Verb verb = Verb::kOther;
  std::string_view argument;  ///< all that follows the verb, without blanks around it
};

/// Reads a command line. See SplitVerb for where a verb is found; it is made of letters and digits.
Command Parse(std::string_view line);

/// Whether a greeting offers service: 200 or 201 (RFC 3977 5.1).
bool Greets(std::string_view greeting);

/// Cuts a status line: a code of three digits, alone or with a blank and text. Anything else is kBad.
Frame CutStatus(std::string_view in, Scan& scan);

/// Cuts a status line and, if its code is 101, the list after it.
Frame CutCapabilities(std::string_view in, Scan& scan);

/// Whether a dot-terminated body follows this status line (RFC 3977 appendix C, and extensions in use).
bool HasBody(int code, Verb asked);

/// Our goodbye to a client: 400, or 501 if the client violated the protocol.
std::string Goodbye(const Env& env, const Failure& failure);

}  // namespace starlock::protocol::nntp
