#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/core/dialogue.h"

/// FTP's grammar: commands, replies, addresses, features.
namespace starlock::protocol::ftp {

enum class Verb : uint8_t {
  kAuth,
  kPbsz,
  kProt,
  kCcc,
  kForeign,  ///< would set up protection or a data connection that we do not see (RFC 2228, 1639; CPSV, SSCN)
  kPasv,
  kEpsv,
  kPort,
  kEprt,
  kTransfer,  ///< commands that use a data connection
  kAbor,
  kStat,
  kRein,
  kFeat,
  kNoop,
  kQuit,
  kOther,
  kGarbled,  ///< no verb, or one followed by bytes that servers interpret differently
};

struct Command {
  Verb verb = Verb::kOther;
  std::string_view argument;  ///< what follows the verb, without spaces before and after
  std::string_view line;      ///< what is passed on: the line without Telnet signals before it (ABOR: RFC 959 4.1.3)
  /// Every server reads the line alike: FEAT, SYST, NOOP, HELP or QUIT alone on a plain line. It may cross without
  /// closing the upgrade window.
  bool harmless = false;
};

/// Our own answer to a command that is not passed on.
struct Answer {
  std::string text;      ///< a whole reply, with its line end
  bool refused = false;  ///< counts towards kMaxCommands

  static Answer Success(std::string text) { return {std::move(text), false}; }
  static Answer Refusal(std::string text) { return {std::move(text), true}; }
};

Command Parse(std::string_view line);

/// One reply (RFC 959 4.2): `220 …`, or `220-…` and all lines up to `220 …`.
Frame CutReply(std::string_view in, Scan& scan);

/// The code at the beginning of a reply or line, 0 to 999; -1: there is none.
int CodeOf(std::string_view line);

/// Whether a reply with `code` announces a data port: 227, 228 or 229 (RFC 959, 1639, 2428).
constexpr bool AnnouncesPort(int code) { return code >= 227 && code <= 229; }

/// Whether `line` is the last of a reply with `code`.
bool IsLastLine(std::string_view line, int code);

/// The port in a reply to PASV or EPSV; 0: there is none. The address in a reply to PASV is ignored.
uint16_t PortInPasv(std::string_view reply);
uint16_t PortInEpsv(std::string_view reply);

/// An address and port in PORT or EPRT.
struct Place {
  std::string host;
  uint16_t port = 0;
};

/// The arguments of PORT and EPRT (RFC 2428 2); nullopt: malformed.
std::optional<Place> ParsePort(std::string_view argument);
std::optional<Place> ParseEprt(std::string_view argument);

/// Whether two IP literals are the same address, in whatever notation. Scopes are ignored.
bool SameAddress(const std::string& a, const std::string& b);
bool IsIpv6(std::string_view address);

/// `227 …`; empty: `host` is not an IPv4 address.
std::string PasvReply(std::string_view host, uint16_t port);
std::string EpsvReply(uint16_t port);

/// What our answer to FEAT says about TLS.
enum class Offer : uint8_t {
  kNothing,  ///< TLS is off, or AUTH is no longer allowed
  kAuth,     ///< AUTH TLS, PBSZ and PROT
  kInside,   ///< inside TLS: PBSZ and PROT
};

/// Our own answer to FEAT.
std::string OwnFeatures(Offer offer);

/// The upstream's reply to FEAT (RFC 2389 3.2) with its lines about TLS replaced by `offer`. A single line that lists
/// no features (211 or 5xx) is replaced by our own list where there is an offer. All other replies are unchanged.
std::string EditFeatures(std::string_view reply, Offer offer);

/// Our goodbye to a client: 421, or 500 if the client violated the protocol.
std::string Goodbye(const Failure& failure);

}  // namespace starlock::protocol::ftp
