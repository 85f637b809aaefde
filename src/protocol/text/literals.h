#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/core/act.h"

/// Units of the protocols whose strings may be literals: `{n}` or `{n+}`, CRLF, and n octets of anything (IMAP, RFC
/// 9051 4.3 and RFC 7888; ManageSieve, RFC 5804 1.2 and 4; ACAP, RFC 2244 2.6). A line end in a literal's octets ends
/// nothing, and what looks like a command there is data. The mark is the same everywhere, and there are two ways to
/// look for it:
///
/// - IMAP's words are of many kinds, and all that its line must tell is whether a literal follows it: the mark at its
///   end. Its literals may be of any length, so its commands are cut in pieces.
/// - ManageSieve and ACAP are read word by word, as units that are whole. Where two parsers could see different things,
///   the unit is kBad: a brace or quote in the midst of a word, a count with a leading zero, octets behind the count,
///   line ends inside quotes, control characters outside strings.
namespace starlock::protocol {

// ---- IMAP

/// A literal, as the end of a line announces it: `{n}` or `{n+}`.
struct Literal {
  uint64_t size = 0;
  bool waits = true;  ///< no `+`: a client sends it only once the server has said that it may
};

/// The literal that a whole line announces, if it does.
std::optional<Literal> LiteralAtEnd(std::string_view line);

/// A line that may announce a literal: as CutLine, but kBad where parsers disagree whether it does. That is a mark
/// inside a quoted string which the line leaves open, or one with a number that not everybody can count up to.
Frame CutLiteralLine(std::string_view in, Scan& scan);

/// A whole command or response: lines, and the literals between them. For where nobody waits in its midst.
Frame CutWithLiterals(std::string_view in, Scan& scan);

/// Cuts commands piece by piece, for where their literals must be allowed, or need not be held: a line, then what there
/// is of the literal that it announces, then the line that goes on behind it.
class CommandCutter {
 public:
  /// The next piece. Not to be called while a literal waits().
  Frame Cut(std::string_view in, Scan& scan) const;
  /// The piece that Cut has ended is used.
  void Use(std::string_view piece);

  /// The last command is whole: the next piece begins another.
  bool between() const { return state_ == State::kBetween; }
  /// A literal was announced that the client does not send before it may: to be answered with Allow or Refuse.
  bool waits() const { return state_ == State::kWaits; }
  /// How much of the literal is still to come.
  uint64_t left() const { return left_; }
  void Allow();
  /// The command has been answered instead, and is over.
  void Refuse() { state_ = State::kBetween; }

 private:
  enum class State : uint8_t { kBetween, kWaits, kLiteral, kRest };

  State state_ = State::kBetween;
  uint64_t left_ = 0;
};

// ---- ManageSieve and ACAP

/// What `{n}`, without a plus, means where a client sends it.
enum class PlainLiteral {
  kRefused,  ///< nothing: a client must send `{n+}` (ManageSieve)
  kWaits,    ///< it waits for a `+` before it sends the octets (ACAP): the unit ends here
};

/// A client's command with all its literals; `owed` octets of a literal come first, where the unit before ended in a
/// count that waits.
Frame CutCommandWithLiterals(std::string_view in, Scan& scan, PlainLiteral plain, size_t owed = 0);

/// The octets that a whole command's last count waits to send; 0 where there is none, or it counts none.
size_t OwedLiteral(std::string_view command, size_t owed = 0);

/// Whether a whole command ends in a count that waits.
bool EndsInCount(std::string_view command, size_t owed = 0);

/// A line of a server with all its literals, which wait for nobody.
Frame CutAnswerWithLiterals(std::string_view in, Scan& scan);
/// The same for input that was not looked at before.
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
