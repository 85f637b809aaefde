#pragma once

#include <string>
#include <string_view>

#include "protocol/core/dialogue.h"
#include "protocol/xmpp/stream.h"

/// XMPP elements (RFC 6120) that the dialogue, its filter and the prober share.
namespace starlock::protocol::xmpp {

// Names in the form of Unit::name.
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

// Elements that we send: RFC 6120 5.4, XEP-0138.
inline constexpr std::string_view kSayStarttls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
inline constexpr std::string_view kSayProceed = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
inline constexpr std::string_view kSayTlsFailure = "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
inline constexpr std::string_view kSayNoCompression =
    "<failure xmlns='http://jabber.org/protocol/compress'><setup-failed/></failure>";

/// Our own features before required TLS. They list nothing but STARTTLS (RFC 6120 5.3.1).
inline constexpr std::string_view kRequiredFeatures =
    "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>";

/// SASL elements (RFC 6120 6.4, XEP-0388).
enum class Sasl : uint8_t {
  kNone,
  kBegin,    ///< `<auth/>`, `<authenticate/>`
  kGoOn,     ///< `<response/>`, `<abort/>`
  kSuccess,  ///< `<success/>` of the server
};
/// The SASL element that `unit` is; kNone for anything else.
Sasl SaslIn(const Unit& unit);

/// Whether `unit` belongs to the login that preceded SASL (XEP-0078).
bool IsOldLogin(const Unit& unit);

/// The SASL failure `encryption-required`, in the namespace of `unit`.
std::string EncryptionRequired(const Unit& unit);

/// Our own stream header. `content`: jabber:client or jabber:server. Values are escaped; an empty one is left out.
std::string Header(std::string_view content, std::string_view from, std::string_view to, std::string_view id);

/// The client's header, with a version added if it has none. Without a version, the server would send no features and
/// so could not offer STARTTLS.
std::string WithVersion(std::string_view header, const Unit& unit);

/// A stream error (RFC 6120 4.9.3). It declares its own prefix, so it is valid in any stream.
std::string StreamError(std::string_view condition);

/// The end tag of an element that was written as `name`.
std::string EndTag(std::string_view name);

/// The stream error condition (RFC 6120 4.9.3) for a failure. All failures of the upstream map to one condition.
std::string_view ConditionOf(const Failure& failure);

/// Whether features list STARTTLS.
bool OffersStarttls(const Unit& features);

/// The features with STARTTLS, exactly once and not required, or (`offer` is false) without it. No other byte differs,
/// except that an empty element gets an end tag when content is added.
std::string WithStarttls(std::string_view bytes, const Unit& features, bool offer);

/// Whether features list a SASL mechanism that binds to the TLS channel.
bool OffersChannelBinding(std::string_view features);

}  // namespace starlock::protocol::xmpp
