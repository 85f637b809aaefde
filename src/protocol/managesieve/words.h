#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/core/dialogue.h"

/// ManageSieve syntax (RFC 5804) that the negotiators, the filter and the prober share.
namespace starlock::protocol::managesieve {

enum class Verb { kCapability, kNoop, kLogout, kStarttls, kAuthenticate, kOther };

struct Command {
  Verb verb = Verb::kOther;
  bool has_argument = false;
  std::string argument;  ///< the first one, without quotes or literal size
};

/// Reads a whole command.
Command Parse(std::string_view unit);

/// The kind of a server's line: OK, NO or BYE end a response, kData comes before them.
enum class Line { kOk, kNo, kBye, kData };
Line KindOf(std::string_view line);

/// Cuts a whole response (RFC 5804 4): data lines until OK, NO or BYE.
Frame CutResponse(std::string_view in, Scan& scan);
/// The lines of a whole response, with their literals.
std::vector<std::string_view> LinesOf(std::string_view response);

/// Whether a line of a capability response is STARTTLS.
bool IsStarttls(std::string_view line);
/// Whether a capability response lists STARTTLS.
bool OffersStarttls(std::string_view response);
/// Whether a line refers the client to another server (RFC 5804 1.3, REFERRAL).
bool Refers(std::string_view line);
/// Whether a capability response lists a mechanism that binds to the TLS channel.
bool BindsChannels(std::string_view response);

inline constexpr std::string_view kStarttlsLine = "\"STARTTLS\"\r\n";

/// A capability response without STARTTLS. No other byte differs.
std::string WithoutStarttls(std::string_view response);
/// The same with STARTTLS exactly once, as the last capability before OK.
std::string WithStarttls(std::string_view response);
/// The same for a client that must upgrade: STARTTLS and an empty list of SASL mechanisms (RFC 5804 1.7).
std::string CapabilitiesBeforeTls(std::string_view response);

/// Our goodbye to a client: BYE (TRYLATER), or a BYE that names the client's protocol violation.
std::string Goodbye(const Env& env, const Failure& failure);

}  // namespace starlock::protocol::managesieve
