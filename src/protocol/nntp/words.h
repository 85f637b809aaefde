#pragma once

#include <string>
#include <string_view>

#include "protocol/core/dialogue.h"

/// The words of NNTP that the negotiators, the filter and the prober share.
namespace starlock::protocol::nntp {

enum class Verb {
  kCapabilities,
  kStarttls,
  kModeReader,  ///< the one state that outlives the upgrade (RFC 4642 2.2.2)
  kQuery,       ///< HELP, DATE: an answer, and nothing else
  kQuit,
  kAuthinfo,
  kListgroup,
  kPost,      ///< POST, IHAVE: the article follows where that is asked for
  kTakethis,  ///< RFC 4644 2.5: the article follows unasked
  kCompress,  ///< RFC 8054, and XFEATURE, which older servers have: what follows is not text any more
  kOther,
};

struct Command {
  Verb verb = Verb::kOther;
  std::string_view argument;  ///< all that follows the verb, but for blanks around it
};

/// Reads a command line. A verb is recognised wherever any server might see one: behind blanks and control characters,
/// and up to the first character that is neither letter nor digit.
Command Parse(std::string_view line);

/// The code of a status line, 0 to 999.
int CodeOf(std::string_view reply);

/// Whether a greeting lets the client go on: 200 or 201 (RFC 3977 5.1).
bool Greets(std::string_view greeting);

/// A status line: a code of three digits, alone or with text behind a blank. kBad: anything else.
Frame CutStatus(std::string_view in, Scan& scan);

/// A status line and, where it is 101, the list behind it.
Frame CutCapabilities(std::string_view in, Scan& scan);

/// Whether a dot-terminated body follows this status line (RFC 3977 appendix C, and what is not in it but in use).
bool HasBody(int code, Verb asked);

/// Our last words to a client: 400, or 501 where the client broke the protocol.
std::string Goodbye(const Env& env, const Failure& failure);

}  // namespace starlock::protocol::nntp
