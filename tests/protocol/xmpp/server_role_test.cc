// The leg towards the client where TLS is required of it, and our words where the session can't go on.

#include <gtest/gtest.h>

#include "scenes.h"

namespace starlock::test {
namespace {

// RFC 6120 9.1: the proxy is the server of the example, before one that knows no TLS.
TEST(XmppServerRole, RequiredBeforePlaintext) {
  PlayXmppBoth(kReq, kOff, R"(
    C+ {C}
    ! dial
    @ up
    c+ {US}{REQUIRED}
    C+ {STARTTLS}
    c+ {PROCEED}
    ! tls-client
    @ up
    C+ {C}
    s+ {C}
    S+ {S}
    c+ {S}
    S+ <stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><x/></stream:features>
    c+ <stream:features><x/></stream:features>
    C+ {AUTH}
    s+ {AUTH}
    S+ {SUCCESS}
    c+ {SUCCESS}
    ! relay
  )");
}

TEST(XmppServerRole, RelaysAtOnceBetweenTwoTlsLegs) {
  for (const TlsMode server : {kReq, kImp}) {
    const bool upgrade = server == kReq;
    PlayXmppBoth(kReq, server,
                 std::string("C+ {C}\n! dial\n@ up\n") +
                     (upgrade ? "s+ {C}\nS+ {S}\nS+ <stream:features>{STARTTLS}</stream:features>\n"
                                "s+ {STARTTLS}\nS+ {PROCEED}\n! tls-server\n@ up\n"
                              : "! tls-server\n@ up\n") +
                     "c+ {US}{REQUIRED}\nC+ {STARTTLS}\nc+ {PROCEED}\n! tls-client\n@ up\n! relay\n"
                     "C+ {C}\ns+ {C}\n! relay\nS+ {S}\nc+ {S}\n! relay");
  }
}

// The stream that was opened for want of TLS can't be the client's.
TEST(XmppServerRole, DialsAgainAfterAPlaintextStream) {
  PlayXmpp(kReq, kOpp, R"(
    C+ {C}
    ! dial
    @ up
    s+ {C}
    S+ {S}<stream:features><x/></stream:features>
    note: the server does not offer the upgrade to TLS: continuing in plaintext
    c+ {US}{REQUIRED}
    C+ {STARTTLS}
    c+ {PROCEED}
    ! tls-client
    @ up
    ! dial
    @ up
    C+ {C}
    s+ {C}
    S+ {S}<stream:features><x/></stream:features>
    c+ {S}<stream:features><x/></stream:features>
  )");
}

TEST(XmppServerRole, WhatIsRefusedBeforeTls) {
  PlayXmppBoth(kReq, kImp, R"(
    C+ {C}
    ! dial
    @ up
    ! tls-server
    @ up
    c+ {US}{REQUIRED}
    C+ {AUTH}
    c+ {ENCRYPT}
    C+ \r\n
    C+ {COMPRESS}
    c+ {NOCOMPRESS}
    C+ <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>
    c+ {ENCRYPT}
    C+ <authenticate xmlns='urn:xmpp:sasl:2'/>
    c+ <failure xmlns='urn:xmpp:sasl:2'><encryption-required xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/></failure>
    C+ </s:stream>
    c+ {END}
    ! fail tls_required client
  )");
}

TEST(XmppServerRole, StanzasBeforeTls) {
  for (const std::string_view stanza :
       {"<iq type='get'/>", "<message/>", "<presence/>", "<starttls/>", "<x><y/></x>"}) {
    PlayXmppBoth(kReq, kOff,
                 "C+ {C}\n! dial\n@ up\nc+ {US}{REQUIRED}\nC+ " + std::string(stanza) +
                     "\nc+ {ERROR policy-violation ERROR}{END}\n! fail tls_required client");
  }
}

TEST(XmppServerRole, LeavingIsNoOffence) {
  PlayXmpp(kReq, kOff, "C+ {C}\n! dial\n@ up\nc+ {US}{REQUIRED}\nC+ </s:stream>\nc+ {END}\n! fail closed none");
}

TEST(XmppServerRole, ALimitOnRefusals) {
  std::string text = "C+ {C}\n! dial\n@ up\nc+ {US}{REQUIRED}\n";
  for (int i = 0; i < 100; ++i) text += "C+ {AUTH}\nc+ {ENCRYPT}\n";
  text += "C+ {AUTH}\nc+ {ERROR policy-violation ERROR}{END}\n! fail tls_required client";
  PlayOnce({"xmpp", kReq, kOff}, InXml("xmpp", text));
}

TEST(XmppServerRole, TheIdIsNobodysToGuessAndNamesAreEscaped) {
  const DialogueDriver driver = PlayOnce({"xmpp", kReq, kOff}, InXml("xmpp", R"(
    C+ <stream xmlns='http://etherx.jabber.org/streams' to="a'&lt;&amp;&quot;&gt;" from='me' version='1.0'>
    ! dial
    @ up
    c+ <?xml version='1.0'?><stream:stream xmlns='NS' xmlns:stream='http://etherx.jabber.org/streams' id='n0nce' from='a&apos;&lt;&amp;&quot;&gt;' to='me' version='1.0' xml:lang='en'>{REQUIRED}
  )"));
}

TEST(XmppServerRole, StarttlsWhereItIsOff) {
  PlayXmppBoth(kOff, kOff, R"(
    C+ {C}
    ! dial
    @ up
    s+ {C}
    S+ {S}<stream:features>{STARTTLS}</stream:features>
    c+ {S}<stream:features></stream:features>
    C+ {STARTTLS}
    c+ {NO}{END}
    ! fail closed none
  )");
}

TEST(XmppServerRole, StarttlsInsideTls) {
  PlayXmppBoth(kImp, kOff, R"(
    C+ {C}
    ! dial
    @ up
    s+ {C}
    S+ {S}<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>
    c+ {S}<stream:features></stream:features>
    C+ {STARTTLS}
    c+ {NO}{END}
    ! fail closed none
  )");
}

TEST(XmppServerRole, GoodbyesBeforeAnythingWasSaid) {
  constexpr std::pair<std::string_view, std::string_view> kGoodbyes[] = {
      {"drained none", "system-shutdown"},
      {"limit proxy", "resource-constraint"},
      {"timeout client", "connection-timeout"},
      {"internal proxy", "internal-server-error"},
  };
  for (const auto& [why, condition] : kGoodbyes) {
    PlayXmppBoth(kOff, kReq,
                 "@ " + std::string(why) + "\nc+ {HOST}{ERROR " + std::string(condition) + " ERROR}{END}\n! fail " +
                     std::string(why));
  }
}

TEST(XmppServerRole, TheUpstreamCannotBeHad) {
  for (const std::string_view why :
       {"connect_failed server", "resolve_failed server", "timeout server", "verify_failed server", "closed server"}) {
    for (const TlsMode client : {kOff, kOpp, kReq, kImp}) {
      PlayXmppBoth(client, kReq,
                   "C+ {C}\n! dial\n@ " + std::string(why) +
                       "\nc+ {US}{ERROR remote-connection-failed ERROR}{END}\n! fail " + std::string(why));
    }
  }
}

TEST(XmppServerRole, GoodbyeUnderTheHeaderThatTheClientHas) {
  PlayXmpp(kOff, kOff, R"(
    C+ {C}
    ! dial
    @ up
    s+ {C}
    S+ <q:stream xmlns:q='http://etherx.jabber.org/streams' version='1.0'>
    c+ <q:stream xmlns:q='http://etherx.jabber.org/streams' version='1.0'>
    @ drained none
    c+ {ERROR system-shutdown ERROR}</q:stream>
    ! fail drained none
  )");
}

}  // namespace
}  // namespace starlock::test
