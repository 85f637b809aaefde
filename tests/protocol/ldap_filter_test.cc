// What stands between the legs beyond the meeting point: while the client may still upgrade, and while the server's leg
// is plaintext.

#include <gtest/gtest.h>

#include "ldap_scenes.h"

namespace starlock::test {
namespace {

using namespace ldap;  // NOLINT: the messages

constexpr std::string_view kUp = "! dial\n@ up\n";
const std::string kAttribute = Attribute("supportedExtension", {"1.3.6.1.1.8"});
const std::string kWith = Attribute("supportedExtension", {"1.3.6.1.1.8", std::string(kOid)});
const std::string kOther = Attribute("vendorName", {"old"});

std::string First(std::string_view request) { return Line('C', request) + std::string(kUp) + Line('s', request); }

TEST(LdapFilter, TheRootDseLeavesTheWindowOpen) {
  Play({"ldap", kOpp, kOff}, First(Search(1, "", "+")) + Line('S', Entry(1, kOther + kAttribute)) +
                                 Line('c', Entry(1, kOther + kWith)) + Line('S', Result(1, 0x65, 0)) +
                                 Line('c', Result(1, 0x65, 0)) + Line('C', StartTls(2)) +
                                 Line('c', Result(2, 0x78, 0)) + "! tls-client\n@ up\n" + Line('C', StartTls(3)) +
                                 Line('c', Result(3, 0x78, 1, "TLS is active already")) +
                                 // Inside TLS it is not on offer any more.
                                 Line('C', Search(4, "", "+")) + Line('s', Search(4, "", "+")) +
                                 Line('S', Entry(4, kOther + kWith)) + Line('c', Entry(4, kOther + kAttribute)));
}

TEST(LdapFilter, OnceAndWhereItBelongs) {
  const auto shows = [](TlsMode client, std::string_view asked, const std::string& from, const std::string& to) {
    Play({"ldap", client, kOff}, First(Search(1, "", asked)) + Line('S', Entry(1, from)) + Line('c', Entry(1, to)));
  };
  shows(kOpp, "+", kWith, kWith);
  shows(kOpp, "supportedextension", kOther, kOther + Attribute("supportedExtension", {std::string(kOid)}));
  shows(kOpp, "vendorName", kOther, kOther);
  shows(kOff, "+", kOther + kWith + kOther, kOther + kAttribute + kOther);
  shows(kOff, "+", kOther + Attribute("supportedExtension", {std::string(kOid)}), kOther);
  shows(kOff, "+", Attribute("vendorName", {std::string(kOid)}), Attribute("vendorName", {std::string(kOid)}));
  shows(kOff, "+", Attribute("supportedExtension", {}), Attribute("supportedExtension", {}));
}

TEST(LdapFilter, LengthsKeepTheirForm) {
  const std::string content = kOther + kWith;
  const auto wide = [](uint8_t tag, std::string_view text) {
    return std::string(1, static_cast<char>(tag)) + std::string("\x84\x00\x00\x00", 4) +
           static_cast<char>(text.size()) + std::string(text);
  };
  const auto entry = [&](std::string_view attributes) {
    return wide(0x30, std::string("\x02\x01\x01", 3) + wide(0x64, std::string("\x04\x00", 2) + wide(0x30, attributes)));
  };
  Play({"ldap", kOff, kOff}, First(Search(1, "")) + Line('S', entry(content)) + Line('c', entry(kOther + kAttribute)));
}

TEST(LdapFilter, StartTlsInTheWrongMoment) {
  // F5: something is outstanding.
  Play({"ldap", kOpp, kOff}, First(Search(1, "")) + Line('C', StartTls(2)) +
                                 Line('c', Result(2, 0x78, 1, "StartTLS while an operation is outstanding")) +
                                 Line('S', Result(1, 0x65, 0)) + Line('c', Result(1, 0x65, 0)) +
                                 Line('C', StartTls(3)) + Line('c', Result(3, 0x78, 0)) + "! tls-client\n");
  // F1, F5: the window is closed, and a SASL bind in progress.
  for (const TlsMode server : {kOff, kImp}) {
    const std::string tls = server == kImp ? "! tls-server\n@ up\n" : "";
    Play({"ldap", kOpp, server}, Line('C', Bind(1)) + std::string(kUp) + tls + Line('s', Bind(1)) +
                                     Line('C', StartTls(2)) + Line('c', Result(2, 0x78, 1, "too late for StartTLS")));
    Play({"ldap", kOpp, server}, Line('C', Search(1, "o=x")) + std::string(kUp) + tls + Line('s', Search(1, "o=x")) +
                                     Line('C', StartTls(2)) + Line('c', Result(2, 0x78, 1, "too late for StartTLS")));
  }
  Play({"ldap", kOpp, kOff}, First(Bind(1)) + Line('S', Result(1, 0x61, 14)) + Line('c', Result(1, 0x61, 14)) +
                                 Line('C', StartTls(2)) + Line('c', Result(2, 0x78, 1, "too late for StartTLS")));
  Play({"ldap", kOff, kOff}, Line('C', StartTls(1)) + std::string(kUp) +
                                 Line('c', Result(1, 0x78, 2, "StartTLS is not available")) + Line('C', Bind(2)) +
                                 Line('s', Bind(2)));
}

TEST(LdapFilter, EndsWithTheBind) {
  for (const TlsMode client : {kOff, kOpp}) {
    Play({"ldap", client, kOff}, First(Bind(1)) + Line('S', Result(1, 0x61, 49)) + Line('c', Result(1, 0x61, 49)) +
                                     Line('C', Bind(2)) + Line('s', Bind(2)) + Line('S', Result(2, 0x61, 0)) +
                                     Line('c', Result(2, 0x61, 0)) + "! relay\n");
    Play({"ldap", client, kOff}, First(Search(1, "o=x")) + Line('C', Unbind(2)) + Line('s', Unbind(2)) + "! relay\n");
  }
}

// Towards a server in TLS nothing is to be filtered once what closed the window is answered.
TEST(LdapFilter, EndsWithTheWindow) {
  Play({"ldap", kOpp, kImp}, Line('C', Search(1, "o=x")) + "! dial\n@ up\n! tls-server\n@ up\n" +
                                 Line('s', Search(1, "o=x")) + Line('S', Result(1, 0x65, 0)) +
                                 Line('c', Result(1, 0x65, 0)) + "! relay\n");
}

TEST(LdapFilter, LargeMessagesPass) {
  const std::string large = Entry(1, Attribute("jpegPhoto", {std::string(200000, 'x')}), "o=x");
  const std::string add =
      Message(2, 0x68, Element(4, "o=y") + Element(0x30, Attribute("a", {std::string(70000, 'y')})));
  for (const size_t piece : {1000, 16384, 500000}) {
    auto driver = PlayOnce({"ldap", kOff, kOff}, First(Search(1, "o=x")));
    const auto say = [&](Side side, const std::string& bytes) {
      for (size_t at = 0; at < bytes.size(); at += piece)
        driver.Arrive(side, std::string_view(bytes).substr(at, piece));
    };
    say(Side::kServer, large + Result(1, 0x65, 0));
    say(Side::kClient, add);
    say(Side::kClient, StartTls(3));
    EXPECT_EQ(driver.said(Side::kClient), large + Result(1, 0x65, 0) + Result(3, 0x78, 2, "StartTLS is not available"));
    EXPECT_EQ(driver.said(Side::kServer), Search(1, "o=x") + add);
  }
  // The very first one.
  auto driver = Stage({"ldap", kOff, kOff});
  driver.Open();
  driver.Arrive(Side::kClient, add);
  driver.Succeed();
  EXPECT_EQ(driver.said(Side::kServer), add);
}

}  // namespace
}  // namespace starlock::test
