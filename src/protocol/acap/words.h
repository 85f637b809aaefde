#pragma once

#include <string>
#include <string_view>

#include "protocol/core/dialogue.h"

/// ACAP syntax (RFC 2244, and RFC 2595 5 for STARTTLS) that the negotiators, the filter and the prober share.
namespace starlock::protocol::acap {

enum class Verb { kNoop, kLang, kLogout, kStarttls, kAuthenticate, kOther };

struct Command {
  std::string_view tag;  ///< empty: the command has no valid tag
  Verb verb = Verb::kOther;
  bool has_argument = false;
  std::string argument;  ///< the first one, without quotes or literal size
};

/// Reads a command, or its first unit if a literal waits.
Command Parse(std::string_view unit);

/// The kind of a server's unit.
enum class Kind {
  kGreeting,  ///< * ACAP
  kBye,       ///< * BYE
  kUntagged,
  kContinue,  ///< +
  kOk,
  kNo,
  kBad,
  kData,  ///< tagged, but not the final reply
};

struct Answer {
  Kind kind = Kind::kData;
  std::string_view tag;  ///< of kOk, kNo, kBad, kData
  bool refers = false;   ///< it refers the client to another server (RFC 2244 4.3, REFER)
};

Answer ParseAnswer(std::string_view unit);

/// Whether a greeting lists `(STARTTLS)`.
bool OffersStarttls(std::string_view greeting);
/// Whether a greeting lists a mechanism that binds to the TLS channel.
bool BindsChannels(std::string_view greeting);

/// `greeting` without `(STARTTLS)`. No other byte differs. Here and below, a unit that is not a greeting is returned
/// unchanged.
std::string WithoutStarttls(std::string_view greeting);
/// `greeting` with `(STARTTLS)` exactly once, at its end.
std::string WithStarttls(std::string_view greeting);
/// The same for a client that must upgrade: it lists no SASL mechanism.
std::string GreetingBeforeTls(std::string_view greeting);

/// Our goodbye to a client: an untagged BYE (TRYLATER), or a BYE that names the client's protocol violation.
std::string Goodbye(const Env& env, const Failure& failure);

}  // namespace starlock::protocol::acap
