// What a probe asks of an XMPP server, and what it learns.

#include <gtest/gtest.h>

#include <string>

#include "protocol/dialects.h"
#include "scenes.h"

namespace starlock::test {
namespace {

using protocol::Findings;

std::string Asks(std::string_view content) {
  return "<?xml version='1.0'?><stream:stream xmlns='" + std::string(content) +
         "' xmlns:stream='http://etherx.jabber.org/streams' to='a.b' version='1.0' xml:lang='en'>";
}

/// A probe of a.b by a driver that is never spoken to by a client.
DialogueDriver Probe(std::string_view protocol, Findings& findings) {
  findings.server_name = "a.b";
  DialogueDriver driver(MakeProbe(*protocol::FindDialect(protocol), "probe.example", findings));
  driver.Open();
  return driver;
}

TEST(XmppProbe, LearnsAllAndSaysGoodbye) {
  for (const auto& [protocol, content] :
       {std::pair("xmpp", "jabber:client"), std::pair("xmpp-server", "jabber:server")}) {
    Findings findings;
    DialogueDriver driver = Probe(protocol, findings);
    EXPECT_EQ(driver.said(Side::kServer), Asks(content));
    driver.Arrive(Side::kServer, InXml(protocol,
                                       "{S}<stream:features>{STARTTLS}"
                                       "<m xmlns='y'><n>PLAIN</n>\n<n>X</n></m></stream:features>"));
    EXPECT_EQ(driver.said(Side::kServer), Asks(content) + InXml(protocol, "{STARTTLS}"));
    driver.Arrive(Side::kServer, InXml(protocol, "{PROCEED}"));
    ASSERT_EQ(driver.act(), ActKind::kTlsServer);
    driver.Succeed();
    driver.Arrive(Side::kServer, InXml(protocol, "{S}<stream:features><x xmlns='y'/></stream:features>"));
    EXPECT_EQ(driver.act(), ActKind::kRelay);
    EXPECT_EQ(findings.greeting, InXml(protocol, "{S}"));
    EXPECT_EQ(findings.before, (Findings::Capabilities{"starttls", "m PLAIN X"}));
    EXPECT_EQ(findings.offers_upgrade, true);
    EXPECT_EQ(findings.inside, Findings::Capabilities{"x"});
  }
}

TEST(XmppProbe, NoTlsToBeHad) {
  constexpr std::pair<std::string_view, End> kEnds[] = {
      {"{S}<stream:features><x/></stream:features>", End::kStarttlsNotOffered},
      {"{S}<stream:error><host-unknown/></stream:error>{END}", End::kStarttlsNotOffered},
      {"{S}<stream:features>{STARTTLS}</stream:features><x", End::kProtocolError},
      {"220 mx\r\n", End::kProtocolError},
  };
  for (const auto& [said, end] : kEnds) {
    Findings findings;
    DialogueDriver driver = Probe("xmpp", findings);
    driver.Arrive(Side::kServer, InXml("xmpp", said));
    EXPECT_EQ(driver.failure().end, end) << said;
  }
  Findings findings;
  DialogueDriver driver = Probe("xmpp", findings);
  driver.Arrive(Side::kServer, InXml("xmpp", "{S}<stream:features>{STARTTLS}</stream:features>"));
  driver.Arrive(Side::kServer, InXml("xmpp", "{NO}{END}"));
  EXPECT_EQ(driver.failure().end, End::kStarttlsRefused);
}

}  // namespace
}  // namespace starlock::test
