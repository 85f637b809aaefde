#pragma once

#include <string>
#include <string_view>

#include "protocol/core/dialogue.h"
#include "protocol/core/negotiator.h"

/// IMAP syntax (RFC 9051) that the negotiators and the filter share.
namespace starlock::protocol::imap {

enum class Verb : uint8_t {
  kCapability,
  kNoop,
  kId,
  kLogout,
  kStarttls,
  kLogin,         ///< or COMPRESS: after its OK the stream belongs to the application
  kAuthenticate,  ///< the same, after an exchange of SASL lines
  kOther,
  kMalformed,  ///< not `tag SP word`; the tag may be valid nevertheless
};

/// The first line of a command.
struct Command {
  Verb verb = Verb::kMalformed;
  std::string tag;  ///< empty: the command has no valid tag
  bool has_argument = false;
  bool external = false;  ///< AUTHENTICATE EXTERNAL
};

/// Reads the first line of a command. It is strict: blanks are accepted only where RFC 9051 has them. A kMalformed
/// command must never be passed on, because a lenient server could see a verb in it.
Command Parse(std::string_view line);

/// `tag text CRLF`; untagged if the command has no valid tag.
std::string Tagged(const Command& command, std::string_view text);

enum class Kind : uint8_t { kContinuation, kUntagged, kTagged };

/// The first line of a response.
struct Response {
  Kind kind = Kind::kTagged;
  std::string_view tag;
  std::string_view word;  ///< after the tag or asterisk: OK, NO, CAPABILITY, a number …
  std::string_view text;  ///< the rest of the line, without CRLF

  bool Is(std::string_view name) const;
  bool ok() const { return Is("OK"); }
  bool refuses() const { return Is("NO") || Is("BAD"); }
};

Response ParseResponse(std::string_view response);

/// Cuts a whole response with its literals. The text of a status response has no literals, whatever it ends with.
Frame CutResponse(std::string_view in, Scan& scan);

/// The capabilities in a response, from `* CAPABILITY …` or `[CAPABILITY …]`, as a part of `response`; empty if it
/// lists none.
std::string_view CapabilitiesIn(std::string_view response);

/// Whether `name` is one of `capabilities`.
bool Lists(std::string_view capabilities, std::string_view name);

/// Whether one of `capabilities` binds to the TLS channel: `AUTH=…-PLUS`.
bool ListsChannelBinding(std::string_view capabilities);

/// `response` with STARTTLS at the end of the capabilities that it lists, exactly once, or (`offered` is false) without
/// STARTTLS. No other byte differs.
std::string WithOffer(std::string_view response, bool offered);

/// The capabilities of our server role before required TLS.
inline constexpr std::string_view kBeforeTls = "CAPABILITY IMAP4rev1 ID STARTTLS LOGINDISABLED";

/// The upstream's greeting for the client, with the capabilities of the client leg. If the greeting came before the TLS
/// of the server leg, an attacker could have written it, so all its response codes are removed.
std::string GreetingFor(const Prologue& prologue);

/// Our goodbye to a client: `* BYE [UNAVAILABLE] …` (RFC 9051 7.1.5, RFC 5530 3), or its protocol violation.
std::string Goodbye(const Env& env, const Failure& failure);

}  // namespace starlock::protocol::imap
