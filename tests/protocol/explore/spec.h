#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tokens.h"

/// What both peers of one dialect can say. The explorer combines these letters to sessions.
namespace starlock::test::explore {

/// What a client's unit is to the upgrade window and to the server that reads it.
enum class Kind : uint8_t {
  kNone,
  kHello,     ///< on the closed list; the answer lists the capabilities
  kHarmless,  ///< on the closed list
  kQuit,      ///< on the closed list
  kStateful,  ///< not on the closed list; one answer
  kLogin,     ///< carries a secret; answered once, after any number of continuations
  kResponse,  ///< the answer to a continuation; elsewhere a command that nobody knows
  kLiteral,   ///< a command whose literal waits for a continuation
  kContent,   ///< that literal
  kSilent,    ///< crosses, and is not answered
  kStarttls,
  kStarttlsArgument,  ///< STARTTLS in a form that must be refused
  kHeader,            ///< opens the client's stream; may be repeated to the server until the client's TLS
};

/// `n`: the number of the unit in its session, for a token that no other unit contains.
struct ClientLetter {
  const char* name;
  Kind kind;
  std::string (*text)(int n);
  bool held = false;  ///< explored in one segment with the client's next unit, too
};

/// A unit that Starlock itself says to the server.
struct OwnWord {
  std::string text;
  Kind kind;
  std::string tag = {};
  int id = 0;
  bool late = false;  ///< also legal once both legs are at their meeting points
};

/// What the server was asked and has not answered.
struct Question {
  Kind kind = Kind::kNone;
  std::string tag;  ///< of the client's unit: its token
  int id = 0;       ///< of the client's unit: its number
  bool own = false;
};

/// What a server says.
enum class Reply : uint8_t {
  kGreeting,
  kNoService,  ///< instead of the greeting
  kPreauth,    ///< a greeting that rules out STARTTLS (imap)
  kOk,         ///< the oldest question succeeds; capabilities do not list STARTTLS
  kOffer,      ///< the same, and they list it
  kNo,         ///< the oldest question fails
  kMore,       ///< a continuation
  kStray,      ///< an answer to nothing that was asked
  kNotice,     ///< legal at any time, and no answer
  kBye,        ///< the server leaves
  kBad,        ///< not of this protocol
};
constexpr bool IsGreeting(Reply reply) {
  return reply == Reply::kGreeting || reply == Reply::kNoService || reply == Reply::kPreauth;
}
inline constexpr Reply kReplies[] = {Reply::kGreeting, Reply::kNoService, Reply::kPreauth, Reply::kOk,
                                     Reply::kOffer,    Reply::kNo,        Reply::kMore,    Reply::kStray,
                                     Reply::kNotice,   Reply::kBye,       Reply::kBad};

struct Spec {
  std::string_view dialect;
  std::vector<ClientLetter> client;
  std::vector<OwnWord> own;
  /// Empty: such a server has nothing like that to say to `question` (kNone: nothing is outstanding).
  std::string (*reply)(Reply reply, const Question& question, int n);
  std::string_view go_ahead;  ///< what only our own go-ahead contains; empty: there is none

  bool server_first = true;
  bool tagged = false;  ///< an answer names its question
  bool chats = false;   ///< the server may speak at any time
  /// What the server said before the client's TLS is repeated inside by design: its greeting (acap, managesieve), or
  /// the lines before a plaintext meeting point (irc).
  bool greeting_again = false;
  /// The plaintext greeting is shown although the server leg got TLS later: only its text, never its codes.
  bool greeting_survives_server_tls = true;
  bool edits = false;       ///< units are renumbered or rewritten: what crosses is known by its tokens only
  bool dials_anew = false;  ///< the client's upgrade leads to a new connection to the server
  bool has_filter = true;   ///< STARTTLS is available after the meeting point in mode opportunistic
};

/// All dialects with an upgrade.
const std::vector<Spec>& Specs();
std::vector<Spec> LineSpecs();
std::vector<Spec> TaggedSpecs();
std::vector<Spec> BinarySpecs();
std::vector<Spec> XmlSpecs();

}  // namespace starlock::test::explore
