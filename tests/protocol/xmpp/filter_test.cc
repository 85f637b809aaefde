// What is read beyond the meeting point: while the client may upgrade, and while the server's leg is plaintext.

#include <gtest/gtest.h>

#include "scenes.h"

namespace starlock::test {
namespace {

// The upstream offers nothing, or TLS that is not for this leg: what the client sees is one offer of ours.
TEST(XmppFilter, OpportunisticDeclined) {
  for (const std::string_view offered : {"", "{STARTTLS}"}) {
    PlayXmppBoth(kOpp, kOff,
                 R"(
      C+ {C}
      ! dial
      @ up
      s+ {C}
      S+ {S}
      c+ {S}
      S+ <stream:features>)" +
                     std::string(offered) + R"(<x a="1"/></stream:features>
      c+ <stream:features>{STARTTLS}<x a="1"/></stream:features>
      C+ {AUTH}
      s+ {AUTH}
      S+ <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>
      c+ <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>
      C+ {STARTTLS}
      c+ {NO}{END}
      ! fail closed none
    )");
  }
}

TEST(XmppFilter, OpportunisticUpgradesAndDialsAgain) {
  PlayXmppBoth(kOpp, kOff, R"(
    C+ {C}
    ! dial
    @ up
    s+ {C}
    S+ {S}<stream:features/>
    c+ {S}<stream:features>{STARTTLS}</stream:features>
    C+ \n
    s+ \n
    C+ {STARTTLS}
    c+ {PROCEED}
    ! tls-client
    @ up
    ! dial
    @ up
    C+ {C}
    s+ {C}
    S+ {S}<stream:features>{STARTTLS}<y/></stream:features>
    c+ {S}<stream:features><y/></stream:features>
    C+ {STARTTLS}
    c+ {NO}{END}
    ! fail closed none
  )");
}

TEST(XmppFilter, OpportunisticOnBothSides) {
  constexpr std::string_view kServerLeg =
      "s+ {C}\nS+ {S}<stream:features>{STARTTLS}</stream:features>\ns+ {STARTTLS}\nS+ {PROCEED}\n! tls-server\n@ up\n";
  const std::string begun = "C+ {C}\n! dial\n@ up\n" + std::string(kServerLeg) +
                            "s+ {C}\nS+ {S}<stream:features><x/></stream:features>\n"
                            "c+ {S}<stream:features>{STARTTLS}<x/></stream:features>\n";
  PlayXmpp(kOpp, kReq, begun + "C+ {AUTH}<iq/>\ns+ {AUTH}<iq/>\nS+ {SUCCESS}\nc+ {SUCCESS}\n! relay");
  PlayXmpp(kOpp, kOpp,
           begun + "C+ {STARTTLS}\nc+ {PROCEED}\n! tls-client\n@ up\n! dial\n@ up\nC+ {C}\n" + std::string(kServerLeg) +
               "s+ {C}\n! relay");
}

TEST(XmppFilter, ARedialThatFails) {
  PlayXmpp(kOpp, kOff, R"(
    C+ {C}
    ! dial
    @ up
    s+ {C}
    S+ {S}<stream:features/>
    c+ {S}<stream:features>{STARTTLS}</stream:features>
    C+ {STARTTLS}
    c+ {PROCEED}
    ! tls-client
    @ up
    ! dial
    @ connect_failed server
    c+ {HOST}{ERROR remote-connection-failed ERROR}{END}
    ! fail connect_failed server
  )");
}

// Whoever does not wait for the features is not passed by them.
TEST(XmppFilter, APipeliningClient) {
  PlayXmppBoth(kOff, kOff, R"(
    C+ {C}<iq type='get'/>
    ! dial
    @ up
    s+ {C}
    S+ {S}
    c+ {S}
    S+ <stream:features>{STARTTLS}</stream:features>
    c+ <stream:features></stream:features>
    s+ <iq type='get'/>
  )");
}

constexpr std::string_view kOpened =
    "C+ {C}\n! dial\n@ up\ns+ {C}\nS+ {S}<stream:features/>\nc+ {S}<stream:features/>\n";
constexpr std::string_view kTlsRefused = "C+ {STARTTLS}\nc+ {NO}{END}\n! fail closed none";

std::string Crosses(char from, std::string_view element) {
  const char to = from == 'C' ? 's' : 'c';
  return std::string(1, from).append("+ ").append(element).append("\n") + to + "+ " + std::string(element) + "\n";
}

TEST(XmppFilter, EndsWithTheStream) {
  PlayXmppBoth(kOff, kOff, std::string(kOpened) + "C+ </s:stream>\ns+ </s:stream>\n! relay");
  PlayXmpp(kOff, kOff, "C+ {C}\n! dial\n@ up\ns+ {C}\nS+ {S}{END}\nc+ {S}{END}\n! relay");
}

// A stanza is no login, and neither is what it is answered with.
TEST(XmppFilter, StandsBehindStanzas) {
  constexpr std::string_view kDialback = "<db:result xmlns:db='jabber:server:dialback' to='a' from='b'>0</db:result>";
  for (const std::string_view first : {std::string_view("<iq/>"), std::string_view("<message/>"), kDialback}) {
    PlayXmppBoth(kOff, kOff,
                 std::string(kOpened) + Crosses('C', first) + Crosses('S', "<iq/>") + std::string(kTlsRefused));
  }
  const std::string asked = Crosses('C', "<iq type='get'><query xmlns='jabber:iq:auth'/></iq>");
  for (const std::string_view answer : {"<iq type='result'><query xmlns='jabber:iq:auth'><password/></query></iq>",
                                        "<iq type='error'><error/></iq>", "<presence/>"}) {
    PlayXmpp(kOff, kOff, std::string(kOpened) + asked + Crosses('S', answer) + std::string(kTlsRefused));
  }
  PlayXmpp(kOff, kOff,
           std::string(kOpened) + asked + Crosses('C', "<iq/>") + Crosses('S', "<iq/>") + std::string(kTlsRefused));
}

// XEP-0220: only a valid result lets the peer in. The others are a failure, and the server's own key.
TEST(XmppFilter, StandsBehindADialbackThatFailed) {
  for (const std::string_view result :
       {"<db:result xmlns:db='jabber:server:dialback' to='b' from='a' type='invalid'/>",
        "<db:result xmlns:db='jabber:server:dialback' to='b' from='a' type='error'><error/></db:result>",
        "<db:result xmlns:db='jabber:server:dialback' to='b' from='a'>key</db:result>"}) {
    PlayXmppBoth(kOff, kOff, std::string(kOpened) + Crosses('S', result) + std::string(kTlsRefused));
  }
  const std::string asked = Crosses('C', "<iq type='set'><query xmlns='jabber:iq:auth'><username/></query></iq>");
  PlayXmpp(kOff, kOff, std::string(kOpened) + asked + Crosses('S', "<iq type='error'/>") + std::string(kTlsRefused));
}

TEST(XmppFilter, EndsWithALogin) {
  PlayXmppBoth(kOff, kOff,
               std::string(kOpened) + Crosses('C', "{AUTH}") +
                   Crosses('S', "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>") + "! relay");
  PlayXmpp(kOff, kOff,
           std::string(kOpened) +
               Crosses('C', "<iq type='set'><query xmlns='jabber:iq:auth'><username/></query></iq>") +
               Crosses('S', "<iq type='result'/>") + "! relay");
  PlayXmppBoth(kOff, kOff,
               std::string(kOpened) +
                   Crosses('S', "<db:result xmlns:db='jabber:server:dialback' to='b' from='a' type='valid'/>") +
                   "! relay");
}

// Between servers, and where our peer's certificate is none of ours.
TEST(XmppFilter, ExternalPasses) {
  constexpr std::string_view kExternal = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>";
  PlayXmppBoth(kOff, kOff,
               "C+ {C}\n! dial\n@ up\ns+ {C}\nS+ {S}<stream:features/>\nc+ {S}<stream:features/>\nC+ " +
                   std::string(kExternal) + "\ns+ " + std::string(kExternal));
}

TEST(XmppFilter, CompressionIsRefused) {
  for (const TlsMode client : {kOff, kOpp}) {
    PlayXmpp(client, kOff,
             "C+ {C}\n! dial\n@ up\ns+ {C}\nS+ {S}<stream:features></stream:features>\nc+ {S}<stream:features>" +
                 std::string(client == kOpp ? "{STARTTLS}" : "") +
                 "</stream:features>\nC+ {COMPRESS}\nc+ {NOCOMPRESS}\nC+ {AUTH}\ns+ {AUTH}");
  }
}

TEST(XmppFilter, ChannelBindingIsWarnedOf) {
  PlayXmpp(kImp, kOff, R"(
    C+ {C}
    ! dial
    @ up
    s+ {C}
    S+ {S}<stream:features><m xmlns='x'><mechanism>SCRAM-SHA-1-PLUS</mechanism></m></stream:features>
    note: the server offers channel binding
    c+ {S}<stream:features><m xmlns='x'><mechanism>SCRAM-SHA-1-PLUS</mechanism></m></stream:features>
  )");
}

}  // namespace
}  // namespace starlock::test
