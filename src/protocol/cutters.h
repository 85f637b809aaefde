#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/dialogue.h"

/// Where units end: what several protocols share. A cutter never normalises; what does not fit is kBad.
namespace starlock::protocol {

/// One line, CRLF included. A bare LF, a bare CR or a NUL is kBad: each of them is how one parser is made to see a
/// line where the next one sees none.
Frame CutLine(std::string_view in);

/// One SMTP or LMTP reply (RFC 5321 4.2), of as many lines as it has: `250-…CRLF` until `250 …CRLF` or `250CRLF`.
/// kBad where a line has no code, or another one than the first.
Frame CutSmtpReply(std::string_view in);

/// A literal, as the end of a line announces it: `{n}` or `{n+}` (RFC 9051 4.3, RFC 7888; ACAP's and ManageSieve's are
/// the same).
struct Literal {
  uint64_t size = 0;
  bool waits = true;  ///< no `+`: a client sends it only once the server has said that it may
};

/// The literal that a whole line announces, if it does.
std::optional<Literal> LiteralAtEnd(std::string_view line);

/// A line that may announce a literal: as CutLine, but kBad where parsers disagree whether it does. That is a mark
/// inside a quoted string which the line leaves open, or one with a number that not everybody can count up to.
Frame CutLiteralLine(std::string_view in);

/// A whole command or response: lines, and the literals between them. For where nobody waits in its midst.
Frame CutWithLiterals(std::string_view in);

/// Cuts commands piece by piece, for where their literals must be allowed, or need not be held: a line, then what there
/// is of the literal that it announces, then the line that goes on behind it.
class CommandCutter {
 public:
  /// The next piece. Not to be called while a literal waits().
  Frame Cut(std::string_view in) const;
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

/// A first line and what it announces, up to the line that is a single dot (RFC 1939 3, RFC 3977 3.1.1): for lists
/// short enough to be a unit.
Frame CutDotted(std::string_view in);

/// The next piece of a dot-terminated body of any length. `line_start`: `in` begins a line. A whole piece is the final
/// `.CRLF` alone, or comes before it, and ends in CRLF only where the final one is next. Nothing is judged, bare line
/// ends and NULs included: only CRLF, dot, CRLF ends a body.
Frame CutBody(std::string_view in, bool line_start);

/// Whether one of the lines between the first and the final dot begins with `word`, in any case.
bool DottedHas(std::string_view list, std::string_view word);

/// Those lines, without their ends.
std::vector<std::string> DottedLines(std::string_view list);

/// The same list without those that begin with `word`. No other byte differs.
std::string DottedWithout(std::string_view list, std::string_view word);

/// The same list with `word` in it exactly once, as its last line.
std::string DottedWith(std::string_view list, std::string_view word);

/// Whether `text` has `part` in it, in any case.
bool ContainsNoCase(std::string_view text, std::string_view part);

/// Whether `a` and `b` are equal but for the case of ASCII letters.
bool EqualsNoCase(std::string_view a, std::string_view b);

/// The line without its CRLF and the blanks before it.
std::string_view Content(std::string_view line);

/// The first word of `text`, which is then what follows it, without the blanks between.
std::string_view TakeWord(std::string_view& text);

}  // namespace starlock::protocol
