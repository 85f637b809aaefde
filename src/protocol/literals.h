#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "protocol/dialogue.h"

/// Units of the protocols whose strings may be literals: `{n}` CRLF and n octets of anything (ManageSieve, RFC 5804
/// 1.2 and 4; ACAP, RFC 2244 2.6). A line end inside quotes or a literal's octets ends nothing, and what looks like a
/// command there is data.
///
/// Where two parsers could see different things, the unit is kBad: a brace or quote in the midst of a word, a count
/// with a leading zero, octets behind the count, line ends inside quotes, control characters outside strings.
namespace starlock::protocol {

/// What `{n}`, without a plus, means where a client sends it.
enum class PlainLiteral {
  kRefused,  ///< nothing: a client must send `{n+}` (ManageSieve)
  kWaits,    ///< it waits for a `+` before it sends the octets (ACAP): the unit ends here
};

/// A client's command with all its literals; `owed` octets of a literal come first, where the unit before ended in a
/// count that waits.
Frame CutCommandWithLiterals(std::string_view in, PlainLiteral plain, size_t owed = 0);

/// The octets that a whole command's last count waits to send; 0 where there is none, or it counts none.
size_t OwedLiteral(std::string_view command, size_t owed = 0);

/// Whether a whole command ends in a count that waits.
bool EndsInCount(std::string_view command, size_t owed = 0);

/// A line of a server with all its literals, which wait for nobody.
Frame CutAnswerWithLiterals(std::string_view in);

/// A word of a unit.
struct Token {
  enum class Kind { kEnd, kAtom, kString, kOpen, kClose };
  Kind kind = Kind::kEnd;
  std::string_view raw;  ///< as it stands there
  std::string value;     ///< what it says: without quotes, backslashes, counts

  bool Is(std::string_view word) const;  ///< an atom or a string that says `word`, in any case
};

/// The next word of a whole unit, which is then what follows it.
Token TakeToken(std::string_view& unit);

/// `text` as a quoted string. Not for text with line ends or NUL.
std::string Quoted(std::string_view text);

}  // namespace starlock::protocol
