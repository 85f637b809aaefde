#pragma once

#include <string>
#include <string_view>

#include "protocol/core/dialogue.h"

/// The words of ACAP (RFC 2244; its STARTTLS is RFC 2595 section 5) that the negotiators, the filter and the prober
/// share.
namespace starlock::protocol::acap {

enum class Verb { kNoop, kLang, kLogout, kStarttls, kAuthenticate, kOther };

struct Command {
  std::string_view tag;  ///< empty: there is none that could be answered
  Verb verb = Verb::kOther;
  bool has_argument = false;
  std::string argument;  ///< the first, without quotes or count
};

/// Reads a command, or its beginning up to a count that waits.
Command Parse(std::string_view unit);

/// What a server's unit is.
enum class Kind {
  kGreeting,  ///< * ACAP
  kBye,       ///< * BYE
  kUntagged,
  kContinue,  ///< +
  kOk,
  kNo,
  kBad,
  kData,  ///< tagged, and more is to come
};

struct Answer {
  Kind kind = Kind::kData;
  std::string_view tag;  ///< of kOk, kNo, kBad, kData
  bool refers = false;   ///< it sends the client elsewhere (RFC 2244 4.3, REFER)
};

Answer ParseAnswer(std::string_view unit);

/// Whether a greeting has `(STARTTLS)`.
bool OffersStarttls(std::string_view greeting);
/// Whether a greeting lists a mechanism that binds to its TLS connection.
bool BindsChannels(std::string_view greeting);

/// A greeting without `(STARTTLS)`; no other byte differs. What is no greeting comes back as it is, here and below.
std::string WithoutStarttls(std::string_view greeting);
/// The same with it exactly once, at the end.
std::string WithStarttls(std::string_view greeting);
/// The same for a client that must upgrade: no SASL mechanism is offered before it has.
std::string GreetingBeforeTls(std::string_view greeting);

/// `head "text"` as a line.
std::string Say(std::string_view head, std::string_view text);

/// Our last words to a client: an untagged BYE (TRYLATER), or BYE with what was wrong where the client broke the
/// protocol.
std::string Goodbye(const Env& env, const Failure& failure);

}  // namespace starlock::protocol::acap
