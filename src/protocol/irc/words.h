#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/core/dialogue.h"

/// IRC syntax (RFC 1459 2.3, IRCv3 message tags and capability negotiation) that the negotiators, the filter and the
/// prober share.
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
  kOther,  ///< NICK, USER, PASS, and all else that may need protection
};

/// One message, without its tags and prefix.
struct Message {
  std::string_view command;  ///< a word or three digits, as in the line
  std::string_view rest;     ///< what follows it, without blanks and line end
  bool disguised = false;    ///< as STARTTLS; see IsDisguised

  bool Is(std::string_view word) const;
};

/// Reads a line as the most lenient server might: leading blanks, tags and a prefix are skipped.
Message Parse(std::string_view line);

/// Cuts all lines that have arrived as one unit, once the last of them is whole. Before our next command, everything
/// that the server sent earlier must be consumed (Dialogue).
Frame CutLines(std::string_view in, Scan& scan);

/// The verb of a client's message.
Verb VerbOf(const Message& message);

/// Takes the next parameter from `rest`. A parameter after a colon extends to the end.
std::string_view TakeParameter(std::string_view& rest);

/// A reply to a CAP command, or an unsolicited CAP NEW or CAP DEL: `CAP nick SUB [*] :list`.
struct CapAnswer {
  std::string_view sub;
  bool more = false;      ///< the list continues in another line (CAP LS 302)
  std::string_view list;  ///< a part of the line
  bool colon = false;     ///< the list has a colon before it
};

/// Reads a message whose command is CAP.
CapAnswer ParseCap(const Message& message);

/// The capabilities in a list.
std::vector<std::string_view> Capabilities(std::string_view list);

/// Whether the message may refuse a CAP or PING command. Not every server knows them, and not every refusal names the
/// command.
bool IsRefusal(const Message& message);

/// Whether a list contains `tls`.
bool HasTls(std::string_view list);

/// The line of `answer` with `tls` as its last capability, or (`offer` is false) without `tls`. No other byte differs.
std::string CapLineWith(std::string_view line, const CapAnswer& answer, bool offer);

/// Our goodbye to a client: ERROR (RFC 1459 4.6.4), the only message with which a server ends a session.
std::string Goodbye(const Env& env, const Failure& failure);

/// The ERROR line with this reason.
std::string ClosingLink(const Env& env, std::string_view reason);

/// The replies to STARTTLS.
std::string GoAhead(const Env& env);                       ///< 670
std::string NotNow(const Env& env, std::string_view why);  ///< 691
std::string Unknown(const Env& env);                       ///< 421

}  // namespace starlock::protocol::irc
