#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/core/dialogue.h"

/// The words of IRC (RFC 1459 2.3, IRCv3's message tags and capability negotiation) that the negotiators, the filter
/// and the prober share.
namespace starlock::protocol::irc {

enum class Verb {
  kStarttls,
  kCapLs,
  kCapList,
  kCapReq,
  kCapEnd,
  kPing,
  kPong,
  kNotice,
  kQuit,
  kAuthenticate,
  kOther,  ///< NICK, USER, PASS and all else that may have to be protected
};

/// One message, without its tags and prefix.
struct Message {
  std::string_view command;  ///< a word or three digits, as it was written
  std::string_view rest;     ///< what follows it, without the blanks and the line end around

  bool Is(std::string_view word) const;
};

/// Reads a line as the most lenient server might: blanks in front, tags and a prefix are passed over.
Message Parse(std::string_view line);

/// All the lines that have come, as one unit, once the last of them is whole: for where the next question must not be
/// asked while there is anything that was said before it.
Frame CutLines(std::string_view in, Scan& scan);

/// Takes the first line of `lines`, line end and all.
std::string_view TakeLine(std::string_view& lines);

/// What a client's line asks for.
Verb VerbOf(const Message& message);

/// The next parameter of `rest`, which is then what follows it; one behind a colon is all that is left.
std::string_view TakeParameter(std::string_view& rest);

/// The answer to a CAP command, or the server's own CAP NEW and CAP DEL: `CAP nick SUB [*] :list`.
struct CapAnswer {
  std::string_view sub;
  bool more = false;      ///< the list goes on in another line (CAP LS 302)
  std::string_view list;  ///< part of the line
  bool colon = false;     ///< a colon stands before the list
};

/// Reads a message whose command is CAP.
CapAnswer ParseCap(const Message& message);

/// The capabilities of a list.
std::vector<std::string_view> Capabilities(std::string_view list);

/// Whether this refuses a CAP command: not every server knows it, and not all refusals name what they refuse.
bool RefusesCap(const Message& message);

/// Whether `tls` is among them.
bool HasTls(std::string_view list);

/// The line of such an answer without `tls` and, with `offer`, with `tls` as its last capability. No other byte
/// differs.
std::string CapLineWith(std::string_view line, const CapAnswer& answer, bool offer);

/// Our last words to a client: ERROR (RFC 1459 4.6.4). IRC knows no other way to say that a session is over.
std::string Goodbye(const Env& env, const Failure& failure);

/// The same with a reason of its own.
std::string ClosingLink(const Env& env, std::string_view reason);

/// The answers to STARTTLS, by whom they are said.
std::string GoAhead(const Env& env);
std::string NotNow(const Env& env, std::string_view why);  ///< 691
std::string Unknown(const Env& env);                       ///< 421

}  // namespace starlock::protocol::irc
