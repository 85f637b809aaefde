#pragma once

#include <string>
#include <string_view>

#include "protocol/core/dialogue.h"
#include "protocol/xmpp/stream.h"

/// The words of XMPP (RFC 6120) that the dialogue and the prober share.
namespace starlock::protocol::xmpp {

// Names as StreamReader gives them.
inline constexpr std::string_view kStream = "http://etherx.jabber.org/streams stream";
inline constexpr std::string_view kFeatures = "http://etherx.jabber.org/streams features";
inline constexpr std::string_view kError = "http://etherx.jabber.org/streams error";
inline constexpr std::string_view kStarttls = "urn:ietf:params:xml:ns:xmpp-tls starttls";
inline constexpr std::string_view kProceed = "urn:ietf:params:xml:ns:xmpp-tls proceed";
inline constexpr std::string_view kTlsFailure = "urn:ietf:params:xml:ns:xmpp-tls failure";
inline constexpr std::string_view kIq = "jabber:client iq";
inline constexpr std::string_view kOldLogin = "jabber:iq:auth query";
inline constexpr std::string_view kDialbackResult = "jabber:server:dialback result";
inline constexpr std::string_view kCompress = "http://jabber.org/protocol/compress compress";

// What we say: RFC 6120 5.4, XEP-0138.
inline constexpr std::string_view kSayStarttls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
inline constexpr std::string_view kSayProceed = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
inline constexpr std::string_view kSayTlsFailure = "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
inline constexpr std::string_view kSayNoCompression =
    "<failure xmlns='http://jabber.org/protocol/compress'><setup-failed/></failure>";

/// Our own features where TLS is required and not there yet: nothing else is on offer (RFC 6120 5.3.1).
inline constexpr std::string_view kRequiredFeatures =
    "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>";

/// What a client may say of authentication (RFC 6120 6.4, XEP-0388).
enum class Sasl : uint8_t {
  kNone,
  kBegin,    ///< `<auth/>`, `<authenticate/>`
  kGoOn,     ///< `<response/>`, `<abort/>`
  kSuccess,  ///< the server's: the last word of the negotiation
};
Sasl SaslIn(const Unit& unit);

/// Whether the client asks for the login of before SASL (XEP-0078), or what it takes.
bool IsOldLogin(const Unit& unit);

/// The SASL failure that names TLS as what is lacking, in the namespace in which `unit` began.
std::string EncryptionRequired(const Unit& unit);

/// A stream header of ours. `content`: jabber:client or jabber:server. Names are escaped; an empty one is left out.
std::string Header(std::string_view content, std::string_view from, std::string_view to, std::string_view id);

/// The client's own header, as it opens the upstream's stream: with a version where it has none, lest there be no
/// features to find STARTTLS in.
std::string WithVersion(std::string_view header, const Unit& unit);

/// A stream error (RFC 6120 4.9.3) that any header may stand before, whatever its prefixes.
std::string StreamError(std::string_view condition);

/// The end tag for a header that was written as `name`.
std::string EndTag(std::string_view name);

/// The condition (RFC 6120 4.9.3) for a failure; whatever keeps the upstream away is one and the same to the client.
std::string_view ConditionOf(const Failure& failure);

/// Whether features list STARTTLS.
bool OffersStarttls(const Unit& features);

/// The same features, in which STARTTLS is listed once, without being required, or (`offer` is false) not at all. No
/// other byte differs, but where an element that was empty gets content.
std::string WithStarttls(std::string_view bytes, const Unit& features, bool offer);

/// Whether features list a SASL mechanism that binds to the TLS channel. TLS that ends at a proxy breaks it.
bool OffersChannelBinding(std::string_view features);

}  // namespace starlock::protocol::xmpp
