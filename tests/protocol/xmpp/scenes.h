#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "transcript.h"

namespace starlock::test {

constexpr TlsMode kOff = TlsMode::kOff;
constexpr TlsMode kOpp = TlsMode::kOpportunistic;
constexpr TlsMode kReq = TlsMode::kRequired;
constexpr TlsMode kImp = TlsMode::kImplicit;

/// The long words of XMPP, by what stands for them in a transcript.
inline constexpr std::pair<std::string_view, std::string_view> kXmppWords[] = {
    // What a client and an upstream begin with.
    {"{C}", "<s:stream xmlns='NS' xmlns:s='http://etherx.jabber.org/streams' to='a.b' version=\"1.0\">"},
    {"{S}", "<stream:stream xmlns='NS' xmlns:stream='http://etherx.jabber.org/streams' id='7' version='1.0'>"},
    // Our own header, in answer to {C}; and where no header has come.
    {"{US}",
     "<?xml version='1.0'?><stream:stream xmlns='NS' xmlns:stream='http://etherx.jabber.org/streams' id='n0nce' "
     "from='a.b' version='1.0' xml:lang='en'>"},
    {"{HOST}",
     "<?xml version='1.0'?><stream:stream xmlns='NS' xmlns:stream='http://etherx.jabber.org/streams' id='n0nce' "
     "from='proxy.example.org' version='1.0' xml:lang='en'>"},
    {"{END}", "</stream:stream>"},
    {"{REQUIRED}",
     "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>"},
    {"{STARTTLS}", "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"},
    {"{PROCEED}", "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"},
    {"{NO}", "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"},
    {"{AUTH}", "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AA==</auth>"},
    {"{SUCCESS}", "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"},
    {"{ENCRYPT}", "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><encryption-required/></failure>"},
    {"{COMPRESS}", "<compress xmlns='http://jabber.org/protocol/compress'><method>zlib</method></compress>"},
    {"{NOCOMPRESS}", "<failure xmlns='http://jabber.org/protocol/compress'><setup-failed/></failure>"},
    {"{ERROR ", "<stream:error xmlns:stream='http://etherx.jabber.org/streams'><"},
    {" ERROR}", " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"},
};

inline void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

/// The transcript with kXmppWords said in full, in the namespace of `protocol`.
inline std::string InXml(std::string_view protocol, std::string_view transcript) {
  std::string text(transcript);
  for (const auto& [word, meaning] : kXmppWords) ReplaceAll(text, word, meaning);
  ReplaceAll(text, "'NS'", protocol == "xmpp" ? "'jabber:client'" : "'jabber:server'");
  return text;
}

inline void PlayXmpp(TlsMode client, TlsMode server, std::string_view transcript) {
  Play({"xmpp", client, server}, InXml("xmpp", transcript));
}

/// Plays it between a client and a server, and between two servers (which is the same code: without the cuts).
inline void PlayXmppBoth(TlsMode client, TlsMode server, std::string_view transcript) {
  PlayXmpp(client, server, transcript);
  PlayOnce({"xmpp-server", client, server}, InXml("xmpp-server", transcript));
}

}  // namespace starlock::test
