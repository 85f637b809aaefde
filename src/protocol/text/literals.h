#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/core/act.h"

/// Units of protocols whose strings may be literals: `{n}` or `{n+}`, CRLF, then n octets of anything (IMAP, RFC 9051
/// 4.3 and RFC 7888; ManageSieve, RFC 5804 1.2 and 4; ACAP, RFC 2244 2.6). Octets of a literal are data, even if they
/// look like a line end or a command. The syntax is the same everywhere, but there are two ways to find a literal:
///
/// - IMAP: only the end of a line tells whether a literal follows. IMAP literals have any length, so commands are cut
///   in pieces.
/// - ManageSieve and ACAP: units are whole, and are read token by token. A unit that parsers could read differently is
///   kBad. This includes a brace or quote inside a word, a literal size with a leading zero, characters after the size,
///   line ends inside quotes, and control characters outside strings.
namespace starlock::protocol {

// ---- IMAP

/// A literal that the end of a line announces: `{n}` or `{n+}`.
struct Literal {
  uint64_t size = 0;
  bool waits = true;  ///< no `+`: a client sends it only after the server allows it
};

/// The literal that a whole line announces, if any.
std::optional<Literal> LiteralAtEnd(std::string_view line);

/// Cuts a line that may announce a literal, like CutLine. A line about whose literal parsers could disagree is kBad:
/// the literal is inside an open quoted string, or its size exceeds what some servers can represent.
Frame CutLiteralLine(std::string_view in, Scan& scan);

/// Cuts a whole command or response: lines and the literals between them. For units in which no literal waits.
Frame CutWithLiterals(std::string_view in, Scan& scan);

/// Cuts commands piece by piece: a line, then the available part of the literal that it announces, then the line that
/// follows the literal. For commands whose literals wait for permission, or are too long to buffer.
class CommandCutter {
 public:
  /// Cuts the next piece. Must not be called while a literal waits().
  Frame Cut(std::string_view in, Scan& scan) const;
  /// Consumes the piece that Cut found.
  void Use(std::string_view piece);

  /// The last command is complete: the next piece starts another.
  bool between() const { return state_ == State::kBetween; }
  /// The client waits for permission to send a literal: call Allow or Refuse.
  bool waits() const { return state_ == State::kWaits; }
  /// Octets of the literal that are still missing.
  uint64_t left() const { return left_; }
  void Allow();
  /// The command was answered without its literal, and is complete.
  void Refuse() { state_ = State::kBetween; }

 private:
  enum class State : uint8_t { kBetween, kWaits, kLiteral, kRest };

  State state_ = State::kBetween;
  uint64_t left_ = 0;
};

// ---- ManageSieve and ACAP

/// The meaning of `{n}`, without a plus, in a client's command.
enum class PlainLiteral {
  kRefused,  ///< invalid: a client must send `{n+}` (ManageSieve)
  kWaits,    ///< the client waits for a `+` before it sends the octets (ACAP): the unit ends here
};

/// Cuts a client's command with all its literals. If the unit before ended in a literal size that waits, `owed` octets
/// of that literal come first.
Frame CutCommandWithLiterals(std::string_view in, Scan& scan, PlainLiteral plain, size_t owed = 0);

/// The size of the literal that waits at the end of a whole command; 0 if none waits, or if it is empty.
size_t OwedLiteral(std::string_view command, size_t owed = 0);

/// Whether a literal waits at the end of a whole command.
bool EndsInLiteral(std::string_view command, size_t owed = 0);

/// Cuts a server's line with all its literals. They never wait.
Frame CutAnswerWithLiterals(std::string_view in, Scan& scan);
/// The same without an earlier scan.
Frame CutAnswerWithLiterals(std::string_view in);

/// A token of a unit.
struct Token {
  enum class Kind { kEnd, kAtom, kString, kOpen, kClose };
  Kind kind = Kind::kEnd;
  std::string_view raw;  ///< the bytes of the unit
  std::string value;     ///< the content, without quotes, backslashes and literal size

  bool Is(std::string_view word) const;  ///< an atom or string with this content, ignoring case
};

/// Takes the next token from a whole unit.
Token TakeToken(std::string_view& unit);

/// A command word and the first of its arguments.
struct WordAndArgument {
  std::string word;  ///< empty: the token is neither an atom nor a string
  bool has_argument = false;
  std::string argument;  ///< without quotes or literal size
};

/// Reads the next two tokens of a command.
WordAndArgument TakeWordAndArgument(std::string_view unit);

/// `text` as a quoted string. `text` must not contain line ends or NUL.
std::string Quoted(std::string_view text);

/// The line `head "text"`, such as `OK "Done"`.
std::string QuotedLine(std::string_view head, std::string_view text);

}  // namespace starlock::protocol
