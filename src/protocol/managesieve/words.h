#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/core/dialogue.h"

/// The words of ManageSieve (RFC 5804) that the negotiators, the filter and the prober share.
namespace starlock::protocol::managesieve {

enum class Verb { kCapability, kNoop, kLogout, kStarttls, kAuthenticate, kOther };

struct Command {
  Verb verb = Verb::kOther;
  bool has_argument = false;
  std::string argument;  ///< the first, without quotes or count
};

Command Parse(std::string_view unit);

/// What a server's line is: the last of a response, or one before it.
enum class Line { kOk, kNo, kBye, kData };
Line KindOf(std::string_view line);

/// A response with all its lines (RFC 5804 4, response): data until OK, NO or BYE.
Frame CutResponse(std::string_view in, Scan& scan);
/// The lines of a whole response, literals and all.
std::vector<std::string_view> LinesOf(std::string_view response);

/// Whether a line of a capability response says STARTTLS.
bool IsStarttls(std::string_view line);
bool OffersStarttls(std::string_view response);
/// Whether an answer sends the client elsewhere (RFC 5804 1.3, REFERRAL).
bool Refers(std::string_view line);
/// Whether a capability response lists a mechanism that binds to its TLS connection.
bool BindsChannels(std::string_view response);

inline constexpr std::string_view kStarttlsLine = "\"STARTTLS\"\r\n";

/// A capability response without STARTTLS; no other byte differs.
std::string WithoutStarttls(std::string_view response);
/// The same with STARTTLS in it exactly once, as the last capability. Only an OK can have one.
std::string WithStarttls(std::string_view response);
/// The same for a client that must upgrade: STARTTLS, and no SASL mechanism before it (RFC 5804 1.7, SASL).
std::string CapabilitiesBeforeTls(std::string_view response);

/// `OK "text"` and its like, as a line.
std::string Say(std::string_view head, std::string_view text);

/// Our last words to a client: BYE (TRYLATER), or BYE with what was wrong where the client broke the protocol.
std::string Goodbye(const Env& env, const Failure& failure);

}  // namespace starlock::protocol::managesieve
