#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/core/dialogue.h"

/// The words of FTP.
namespace starlock::protocol::ftp {

enum class Verb : uint8_t {
  kAuth,
  kPbsz,
  kProt,
  kCcc,
  kForeign,  ///< what would open a security context or a data connection behind our back (RFC 2228, 1639)
  kPasv,
  kEpsv,
  kPort,
  kEprt,
  kTransfer,  ///< all that has a data connection
  kAbor,
  kStat,
  kRein,
  kFeat,
  kNoop,
  kQuit,
  kStateless,  ///< a question, or a word on how to talk: nothing that TLS would have had to protect
  kOther,
  kGarbled,  ///< no verb, or bytes behind it that one server sees and another does not
};

struct Command {
  Verb verb = Verb::kOther;
  std::string_view argument;  ///< all that follows the verb, but for blanks at its end
  std::string_view line;  ///< as it is to cross: without the Telnet signals that may stand before ABOR (RFC 959 4.1.3)
};

/// What we say to a command that does not cross.
struct Answer {
  std::string text;      ///< one whole reply
  bool refused = false;  ///< it counts towards kMaxCommands

  static Answer Success(std::string text) { return {std::move(text), false}; }
  static Answer Refusal(std::string text) { return {std::move(text), true}; }
};

/// So many commands may be refused, or said before a TLS that is required; then the session ends.
inline constexpr int kMaxCommands = 100;

Command Parse(std::string_view line);

/// One reply (RFC 959 4.2): `220 …`, or `220-…` and whatever lines until `220 …`.
Frame CutReply(std::string_view in, Scan& scan);

/// The code of a reply or of a line that begins like one, 0 to 999; -1: it begins otherwise.
int CodeOf(std::string_view line);

/// Whether `line` is the last of a reply with `code`.
bool IsLastLine(std::string_view line, int code);

/// The port in an answer to PASV, whose address nobody should believe, and to EPSV; 0: there is none.
uint16_t PortInPasv(std::string_view reply);
uint16_t PortInEpsv(std::string_view reply);

/// Where a client says that it listens.
struct Place {
  std::string host;
  uint16_t port = 0;
};

/// The arguments of PORT and EPRT (RFC 2428 2); nothing: they are wrong.
std::optional<Place> ParsePort(std::string_view argument);
std::optional<Place> ParseEprt(std::string_view argument);

/// Whether two literals are the same address, however written.
bool SameAddress(const std::string& a, const std::string& b);
bool IsIpv6(std::string_view address);

/// `227 …`; empty: `host` is no IPv4 address.
std::string PasvReply(std::string_view host, uint16_t port);
std::string EpsvReply(uint16_t port);

/// What FEAT says of TLS.
enum class Offer : uint8_t {
  kNothing,  ///< there is none, or it is too late
  kAuth,     ///< AUTH TLS, and PBSZ and PROT that will follow it
  kInside,   ///< PBSZ and PROT
};

/// Our own answer to FEAT.
std::string OwnFeatures(Offer offer);

/// The upstream's answer to FEAT (RFC 2389 3.2), but for what it says of TLS, in place of which stands `offer`. Our own
/// answer where it is a single line that lists nothing; an error of many lines as it came.
std::string EditFeatures(std::string_view reply, Offer offer);

/// Our last words to a client: 421; 500 where the client broke the protocol.
std::string Goodbye(const Failure& failure);

}  // namespace starlock::protocol::ftp
