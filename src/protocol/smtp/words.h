#pragma once

#include <cstdint>
#include <optional>
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
  kNoop,
  kQuery,  ///< HELP and VRFY: no effect besides a reply
  kQuit,
  kRset,
  kMail,
  kRcpt,
  kData,
  kBdat,
  kAuth,
  kTurn,    ///< TURN, ATRN: the peers exchange roles
  kOrigin,  ///< XCLIENT, XFORWARD: claims of a proxy about its client
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

/// What a line that is exactly `BDAT size [LAST]` (RFC 3030 2) announces; absent for any other line.
struct Chunk {
  uint64_t size = 0;
  bool last = false;
};
std::optional<Chunk> ChunkOf(std::string_view line);

/// Whether AUTH with this argument can put a security layer under the dialogue (RFC 4954 4): its mechanism is not known
/// to have none.
bool MayAddLayer(std::string_view argument);

/// Whether a reply to EHLO or LHLO lists this extension.
bool Offers(std::string_view reply, std::string_view extension);

/// A reply to EHLO or LHLO for a client: with STARTTLS exactly once, after the first line, or (`offer` is false)
/// without it, and without XCLIENT and XFORWARD. No other byte differs, except for the mark of the last line if another
/// line becomes the last.
std::string ForClient(std::string_view reply, bool offer);

}  // namespace starlock::protocol::smtp
