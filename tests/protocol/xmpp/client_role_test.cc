// The leg towards the upstream.

#include <gtest/gtest.h>

#include "scenes.h"

namespace starlock::test {
namespace {

constexpr std::string_view kUpgrade =
    "C+ {C}\n! dial\n@ up\ns+ {C}\nS+ {S}\nS+ <stream:features>{STARTTLS}<x/></stream:features>\ns+ {STARTTLS}\n";

std::string Asked(std::string_view transcript) { return std::string(kUpgrade) + std::string(transcript); }

// RFC 6120 9.1, seen from the client: it is left out of all of it, and its own header goes through TLS.
TEST(XmppClientRole, Sidecar) {
  for (const TlsMode server : {kOpp, kReq}) {
    PlayXmppBoth(kOff, server, Asked("S+ {PROCEED}\n! tls-server\n@ up\ns+ {C}\nS+ {S}\nc+ {S}"));
  }
}

TEST(XmppClientRole, ImplicitOnBothSides) {
  PlayXmppBoth(kImp, kImp, "C+ {C}\n! dial\n@ up\n! tls-server\n@ up\ns+ {C}\n! relay");
}

TEST(XmppClientRole, AnyPrefixAndQuoting) {
  PlayXmpp(kOff, kReq, R"(
    C+ <?xml version="1.0" encoding='utf-8' ?>\n<stream xmlns="http://etherx.jabber.org/streams" to = 'x' version='1.0' >
    ! dial
    @ up
    s+ <?xml version="1.0" encoding='utf-8' ?>\n<stream xmlns="http://etherx.jabber.org/streams" to = 'x' version='1.0' >
    S+ <?xml version='1.0'?><s:stream xmlns:s="http://etherx.jabber.org/streams" xmlns:t="urn:ietf:params:xml:ns:xmpp-tls" version='1.0'>
    S+ <s:features ><t:starttls><t:required/></t:starttls></s:features>
    s+ {STARTTLS}
    S+ <t:proceed></t:proceed>
    ! tls-server
    @ up
    s+ <?xml version="1.0" encoding='utf-8' ?>\n<stream xmlns="http://etherx.jabber.org/streams" to = 'x' version='1.0' >
  )");
}

TEST(XmppClientRole, AClientWithoutAVersionGetsOneWhereTlsIsRequired) {
  PlayXmpp(kOff, kReq, R"(
    C+ <s:stream xmlns:s='http://etherx.jabber.org/streams' to='a'>
    ! dial
    @ up
    s+ <s:stream xmlns:s='http://etherx.jabber.org/streams' to='a' version='1.0'>
    S+ {S}<stream:features>{STARTTLS}</stream:features>
    s+ {STARTTLS}
    S+ {PROCEED}
    ! tls-server
    @ up
    s+ <s:stream xmlns:s='http://etherx.jabber.org/streams' to='a'>
    S+ {S}
    c+ {S}
    ! relay
  )");
}

TEST(XmppClientRole, NotOffered) {
  PlayXmppBoth(kOff, kReq, R"(
    C+ {C}
    ! dial
    @ up
    s+ {C}
    S+ {S}<stream:features><x/></stream:features>
    c+ {US}{ERROR remote-connection-failed ERROR}{END}
    ! fail starttls_not_offered server
  )");
  PlayXmppBoth(kOff, kOpp, R"(
    C+ {C}
    ! dial
    @ up
    s+ {C}
    S+ {S}<stream:features><x/></stream:features>
    note: the server does not offer the upgrade to TLS: continuing in plaintext
    c+ {S}<stream:features><x/></stream:features>
    C+ {AUTH}
    s+ {AUTH}
    S+ {SUCCESS}
    c+ {SUCCESS}
    ! relay
  )");
}

TEST(XmppClientRole, AServerWithoutAVersion) {
  constexpr std::string_view kOld = "<s:stream xmlns:s='http://etherx.jabber.org/streams' id='1'>";
  PlayXmpp(kOff, kReq,
           "C+ {C}\n! dial\n@ up\ns+ {C}\nS+ " + std::string(kOld) +
               "\nc+ {US}{ERROR remote-connection-failed ERROR}{END}\n! fail starttls_not_offered server");
  PlayXmpp(kOff, kOpp,
           "C+ {C}\n! dial\n@ up\ns+ {C}\nS+ " + std::string(kOld) + "\nnote: the server does not offer\nc+ " +
               std::string(kOld) + "\n! relay");
  PlayXmpp(kOff, kOff,
           "C+ {C}\n! dial\n@ up\ns+ {C}\nS+ " + std::string(kOld) + "\nc+ " + std::string(kOld) + "\n! relay");
}

// A `<failure/>` ends the upstream's stream, so the second try needs another connection.
TEST(XmppClientRole, Refused) {
  PlayXmppBoth(kOff, kReq,
               Asked("S+ {NO}\nc+ {US}{ERROR remote-connection-failed ERROR}{END}\n"
                     "! fail starttls_refused server"));
  PlayXmppBoth(kOff, kOpp, Asked(R"(
    S+ {NO}{END}
    note: the server refused the upgrade to TLS: reconnecting in plaintext
    ! dial
    @ up
    s+ {C}
    S+ {S}<stream:features>{STARTTLS}</stream:features>
    c+ {S}<stream:features></stream:features>
  )"));
}

TEST(XmppClientRole, HandshakeFailed) {
  PlayXmpp(kOff, kReq,
           Asked("S+ {PROCEED}\n! tls-server\n@ failed\n"
                 "c+ {US}{ERROR remote-connection-failed ERROR}{END}\n! fail handshake_failed server"));
  PlayXmpp(kOff, kOpp,
           Asked("S+ {PROCEED}\n! tls-server\n@ failed\n"
                 "note: the TLS handshake with the server failed\n! dial\n@ up\ns+ {C}\n"
                 "S+ {S}<stream:features/>\nc+ {S}<stream:features/>"));
}

TEST(XmppClientRole, AStreamErrorInsteadOfFeatures) {
  constexpr std::string_view kUnknown =
      "<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>";
  PlayXmpp(kOff, kReq,
           "C+ {C}\n! dial\n@ up\ns+ {C}\nS+ {S}" + std::string(kUnknown) +
               "\nc+ {US}{ERROR remote-connection-failed ERROR}{END}\n! fail starttls_not_offered server");
  PlayXmpp(kOff, kOpp,
           "C+ {C}\n! dial\n@ up\ns+ {C}\nS+ {S}" + std::string(kUnknown) + "{END}\nc+ {S}" + std::string(kUnknown) +
               "{END}\n! fail closed server");
  PlayXmpp(kOff, kOff,
           "C+ {C}\n! dial\n@ up\ns+ {C}\nS+ {S}" + std::string(kUnknown) + "{END}\nc+ {S}" + std::string(kUnknown) +
               "{END}\n! relay");
}

}  // namespace
}  // namespace starlock::test
