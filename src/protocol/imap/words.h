#pragma once

#include <string>
#include <string_view>

#include "protocol/core/dialogue.h"
#include "protocol/core/negotiator.h"

/// The words of IMAP (RFC 9051) that the negotiators and the filter share.
namespace starlock::protocol::imap {

enum class Verb : uint8_t {
  kCapability,
  kNoop,
  kId,
  kLogout,
  kStarttls,
  kLogin,         ///< or COMPRESS: after its OK the stream is the application's
  kAuthenticate,  ///< the same, and what follows is an exchange of lines
  kOther,
  kMalformed,  ///< no `tag SP word`; the tag may be there all the same
};

/// A command, by its first line.
struct Command {
  Verb verb = Verb::kMalformed;
  std::string tag;  ///< empty: none that could be answered
  bool has_argument = false;
  bool external = false;  ///< AUTHENTICATE EXTERNAL
};

/// Reads a command's first line. Strict: one blank behind the tag, none anywhere that RFC 9051 does not put it; what is
/// kMalformed must never be passed on, lest a server see a verb there.
Command Parse(std::string_view line);

/// `tag text CRLF`; untagged where there is no tag to answer.
std::string Tagged(const Command& command, std::string_view text);

enum class Kind : uint8_t { kContinuation, kUntagged, kTagged };

/// A response, by its first line.
struct Response {
  Kind kind = Kind::kTagged;
  std::string_view tag;
  std::string_view word;  ///< behind the tag or asterisk: OK, NO, CAPABILITY, a number …
  std::string_view text;  ///< the rest of that line, without its end

  bool Is(std::string_view name) const;
  bool ok() const { return Is("OK"); }
  bool refuses() const { return Is("NO") || Is("BAD"); }
};

Response ParseResponse(std::string_view response);

/// A whole response, with the literals in it. The text of a status response has none, whatever it ends with.
Frame CutResponse(std::string_view in, Scan& scan);

/// The capabilities that a response lists, as `* CAPABILITY …` or `[CAPABILITY …]`, with the blanks between them; part
/// of `response`, and empty where it lists none.
std::string_view CapabilitiesIn(std::string_view response);

/// Whether `name` is one of the capabilities in such a list.
bool Lists(std::string_view capabilities, std::string_view name);

/// Whether one of them binds to a TLS channel: `AUTH=…-PLUS`.
bool ListsChannelBinding(std::string_view capabilities);

/// The same response with STARTTLS among the capabilities that it lists, exactly once and at their end, or without it.
/// No other byte differs.
std::string WithOffer(std::string_view response, bool offered);

/// What we can do ourselves for a client that has yet to upgrade.
inline constexpr std::string_view kBeforeTls = "CAPABILITY IMAP4rev1 ID STARTTLS LOGINDISABLED";

/// The upstream's greeting as it may be shown to the client: with the capabilities of the client's own leg. Where it
/// came before the server leg's TLS it was anyone's to write, and loses all its response codes.
std::string GreetingFor(const Prologue& prologue);

/// Our last words to a client: `* BYE [UNAVAILABLE] …` (RFC 9051 7.1.5, RFC 5530 3), or what it did wrong.
std::string Goodbye(const Env& env, const Failure& failure);

}  // namespace starlock::protocol::imap
