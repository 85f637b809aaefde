// What stands between the legs beyond the meeting point: while the client may still upgrade, and while the server's leg
// is plaintext.

#include <gtest/gtest.h>

#include "scenes.h"

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
                                 Line('c', Result(3, 0x78, 1, "TLS is already active")) +
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

// The certificate that it would be judged by ends at us. Without TLS of ours it is the server's affair (ldapi's peer).
TEST(LdapFilter, ExternalIsNotedOnce) {
  const std::string note = "note: the client wants to authenticate with its TLS certificate (EXTERNAL)\n";
  const auto bind = [](int id, std::string_view mechanism) {
    return Line('C', SaslBind(id, mechanism)) + Line('s', SaslBind(id, mechanism));
  };
  const auto no = [](int id) { return Line('S', Result(id, 0x61, 49)) + Line('c', Result(id, 0x61, 49)); };
  const std::string upgrade =
      Line('C', StartTls(1)) + std::string(kUp) + Line('c', Result(1, 0x78, 0)) + "! tls-client\n@ up\n";
  Play({"ldap", kOpp, kOff}, upgrade + bind(2, "PLAIN") + no(2) + Line('C', SaslBind(3, "EXTERNAL")) + note +
                                 Line('s', SaslBind(3, "EXTERNAL")) + no(3) + bind(4, "EXTERNAL"));
  Play({"ldap", kOff, kOff},
       Line('C', SaslBind(1, "EXTERNAL")) + std::string(kUp) + Line('s', SaslBind(1, "EXTERNAL")));
  Play({"ldap", kOpp, kImp}, Line('C', SaslBind(1, "EXTERNAL")) + std::string(kUp) + "! tls-server\n@ up\n" + note +
                                 Line('s', SaslBind(1, "EXTERNAL")));
}

// Servers take messages of any length, and skip controls that they don't know: its length makes no other operation of
// it.
TEST(LdapFilter, APaddedStartTls) {
  const std::string control = Element(0x30, Element(4, "1.2.3") + Element(4, std::string(20'000, 'x')));
  const auto wide = [](uint8_t tag, std::string_view content) {  // the longest form that there is
    std::string text(1, static_cast<char>(tag));
    text += '\x84';
    for (const unsigned shift : {24U, 16U, 8U, 0U}) text += static_cast<char>((content.size() >> shift) & 0xffU);
    return text.append(content);
  };
  const std::string name = wide(0x80, kOid);
  const std::string request =
      wide(0x30, wide(2, std::string("\x7f\xff\xff\xff", 4)) + wide(0x77, name) + wide(0xa0, control));
  for (const TlsMode client : {kOff, kOpp}) {
    for (const std::string_view before : {"", "search"}) {
      DialogueDriver driver = Stage({"ldap", client, kOff});
      driver.Open();
      const std::string search = before.empty() ? "" : Search(1, "o=x");
      driver.Arrive(Side::kClient, search + request.substr(0, 100));
      driver.Succeed();
      driver.Arrive(Side::kClient, request.substr(100));
      EXPECT_EQ(driver.failure().end, End::kProtocolError);
      EXPECT_EQ(driver.failure().blame, Blame::kClient);
      EXPECT_EQ(driver.said(Side::kServer), search);
    }
  }
}

// StartTLS is legal at any time (RFC 4513 3.1.1): a plaintext server must not hear of it after a Bind either.
TEST(LdapFilter, StaysAfterABindWithoutALayer) {
  const auto bind = [](int id, const std::string& request) {
    return Line('C', request) + Line('s', request) + Line('S', Result(id, 0x61, 0)) + Line('c', Result(id, 0x61, 0));
  };
  for (const TlsMode client : {kOff, kOpp, kImp}) {
    const std::string refusal = client == kOff   ? Result(9, 0x78, 2, "StartTLS is not available")
                                : client == kOpp ? Result(9, 0x78, 1, "too late for StartTLS")
                                                 : Result(9, 0x78, 1, "TLS is already active");
    const std::string late = Line('C', StartTls(9)) + Line('c', refusal);
    Play({"ldap", client, kOff}, First(Bind(1)) + Line('S', Result(1, 0x61, 0)) + Line('c', Result(1, 0x61, 0)) + late +
                                     bind(2, SaslBind(2, "PLAIN")) + late + Line('C', Search(3, "o=x")) +
                                     Line('s', Search(3, "o=x")) + Line('S', Result(3, 0x65, 0)) +
                                     Line('c', Result(3, 0x65, 0)) + late + bind(4, Bind(4)) + late);
  }
}

TEST(LdapFilter, EndsWithABindThatMayHaveALayer) {
  for (const TlsMode client : {kOff, kOpp}) {
    for (const std::string_view mechanism : {"GSSAPI", "GSS-SPNEGO", "DIGEST-MD5", "X-UNKNOWN", ""}) {
      const std::string bind = SaslBind(2, mechanism);
      Play({"ldap", client, kOff}, First(bind) + Line('S', Result(2, 0x61, 49)) + Line('c', Result(2, 0x61, 49)) +
                                       Line('C', bind) + Line('s', bind) + Line('S', Result(2, 0x61, 14)) +
                                       Line('c', Result(2, 0x61, 14)) + Line('C', bind) + Line('s', bind) +
                                       Line('S', Result(2, 0x61, 0)) + Line('c', Result(2, 0x61, 0)) + "! relay\n");
    }
  }
}

TEST(LdapFilter, EndsWithUnbind) {
  for (const TlsMode client : {kOff, kOpp}) {
    Play({"ldap", client, kOff}, First(Search(1, "o=x")) + Line('C', Unbind(2)) + Line('s', Unbind(2)) + "! relay\n");
  }
}

TEST(LdapFilter, StaysBeforeAServerWithTls) {
  Play({"ldap", kOpp, kImp}, Line('C', Search(1, "o=x")) + "! dial\n@ up\n! tls-server\n@ up\n" +
                                 Line('s', Search(1, "o=x")) + Line('S', Result(1, 0x65, 0)) +
                                 Line('c', Result(1, 0x65, 0)) + Line('C', StartTls(2)) +
                                 Line('c', Result(2, 0x78, 1, "too late for StartTLS")));
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
