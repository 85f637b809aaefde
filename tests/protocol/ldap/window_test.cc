// LDAP's upgrade window: which exact forms keep it open, and what stands after it.

#include "window.h"

#include "protocol/ldap/plain_request.h"
#include "scenes.h"

namespace starlock::test {
namespace {

using namespace ldap;  // NOLINT: the messages

/// An element whose length has this many octets after the first; 0: the short form.
std::string Long(uint8_t tag, std::string_view content, size_t octets) {
  std::string text(1, static_cast<char>(tag));
  text += static_cast<char>(octets == 0 ? content.size() : 0x80 + octets);
  for (size_t i = octets; i > 0; --i) text += static_cast<char>((content.size() >> (8 * (i - 1))) & 0xffU);
  return text.append(content);
}

/// A Search of the root DSE with all its parts; `octets` is the form of each length.
struct Parts {
  std::string id{"\x01"};
  std::string base;
  std::string scope{"\0", 1};
  std::string filter = "objectClass";
  uint8_t filter_tag = 0x87;
  std::vector<std::string> attributes{"+", "1.1", "supportedSASLMechanisms"};
  std::string controls;
  size_t octets = 0;

  std::string Request() const {
    const auto element = [this](uint8_t tag, std::string_view content) { return Long(tag, content, octets); };
    std::string names;
    for (const std::string& name : attributes) names += element(4, name);
    const std::string search = element(4, base) + element(10, scope) + element(10, std::string_view("\0", 1)) +
                               element(2, std::string_view("\0", 1)) + element(2, std::string_view("\0", 1)) +
                               element(1, std::string_view("\0", 1)) + element(filter_tag, filter) +
                               element(0x30, names);
    return element(0x30, element(2, id) + element(0x63, search) + controls);
  }
};

Parts With(void (*change)(Parts&)) {
  Parts parts;
  change(parts);
  return parts;
}

/// The session after this request, if the server answers it and the client then asks for StartTLS.
DialogueDriver After(const std::string& request, const std::string& answer) {
  DialogueDriver driver = Stage({"ldap", TlsMode::kOpportunistic, TlsMode::kOff});
  driver.Open();
  driver.Arrive(Side::kClient, request);
  driver.Succeed();
  EXPECT_EQ(driver.said(Side::kServer), request);
  if (!answer.empty()) driver.Arrive(Side::kServer, answer);
  driver.Arrive(Side::kClient, StartTls(9));
  EXPECT_EQ(driver.said(Side::kServer), request) << "StartTLS does not cross";
  return driver;
}

void ExpectLate(const DialogueDriver& driver, const std::string& what) {
  const std::string late = Result(9, 0x78, 1, "too late for StartTLS");
  const std::string& heard = driver.said(Side::kClient);
  ASSERT_GE(heard.size(), late.size()) << Hex(what);
  EXPECT_EQ(heard.substr(heard.size() - late.size()), late) << Hex(what);
  EXPECT_EQ(driver.act(), ActKind::kRead) << Hex(what);
}

// A late answer to an operation that was abandoned in plaintext belongs to nobody inside TLS, and its id to no request.
TEST(LdapWindow, WhatWasAbandonedInPlaintextIsNotAnsweredInsideTls) {
  const std::string abandon = Long(0x30, Long(2, "\x02", 0) + Long(0x50, "\x01", 0), 0);
  const std::string next = With([](Parts& p) { p.id = "\x03"; }).Request();
  const auto upgraded = [&] {
    DialogueDriver driver = After(Parts().Request() + abandon, "");
    EXPECT_EQ(driver.act(), ActKind::kTlsClient);
    driver.Succeed();
    driver.Arrive(Side::kClient, next);
    return driver;
  };
  DialogueDriver driver = upgraded();
  const size_t heard = driver.said(Side::kClient).size();
  driver.Arrive(Side::kServer, Result(1, 0x65, 0));
  EXPECT_EQ(driver.said(Side::kClient).size(), heard);
  driver.Arrive(Side::kServer, Result(3, 0x65, 0));
  EXPECT_EQ(driver.said(Side::kClient).substr(heard), Result(3, 0x65, 0)) << "the control";
  driver.Arrive(Side::kClient, Parts().Request());
  EXPECT_EQ(driver.act(), ActKind::kFail);

  DialogueDriver piecewise = upgraded();
  const std::string entry = Long(0x30, Long(2, "\x01", 0) + Long(0x64, std::string(20000, 'x'), 4), 4);
  piecewise.Arrive(Side::kServer, entry.substr(0, 100));
  EXPECT_EQ(piecewise.act(), ActKind::kFail) << "nor a piece of it";
}

TEST(LdapWindow, OnlyPlainSearchesOfTheRootDseKeepItOpen) {
  const std::string done = Result(1, 0x65, 0);
  for (const Parts& parts :
       {Parts(), With([](Parts& p) { p.octets = 4; }), With([](Parts& p) { p.attributes = {}; }), With([](Parts& p) {
          p.attributes = {"*", "+", "a;lang-de", "1.3.6.1"};
        }),
        With([](Parts& p) {
          p.attributes = {20, "supportedExtension"};
        })}) {
    std::string request = parts.Request();
    if (parts.attributes.size() == 20) {  // DER's form of more than 127 octets
      std::string names;
      for (const std::string& name : parts.attributes) names += Element(4, name);
      request =
          Message(1, 0x63,
                  Element(4, "") + Element(10, std::string_view("\0", 1)) + Element(10, std::string_view("\0", 1)) +
                      Element(2, std::string_view("\0", 1)) + Element(2, std::string_view("\0", 1)) +
                      Element(1, std::string_view("\0", 1)) + Element(0x87, "objectClass") + Element(0x30, names));
    }
    EXPECT_TRUE(protocol::ldap::IsPlainRootDseSearch(request));
    EXPECT_EQ(After(request, done).act(), ActKind::kTlsClient) << Hex(request);
  }
  const std::string control = Element(0xa0, Element(0x30, Element(4, "1.2.3")));
  std::vector<std::string> others = {
      With([](Parts& p) { p.octets = 1; }).Request(),
      With([](Parts& p) { p.octets = 2; }).Request(),
      With([](Parts& p) { p.octets = 3; }).Request(),
      With([](Parts& p) { p.base = "o=x"; }).Request(),
      With([](Parts& p) { p.scope = "\x01"; }).Request(),
      With([](Parts& p) { p.scope = std::string("\0\0", 2); }).Request(),
      With([](Parts& p) { p.id = std::string("\0\x01", 2); }).Request(),
      With([](Parts& p) { p.filter = ""; }).Request(),
      With([](Parts& p) { p.filter = "a b"; }).Request(),
      With([](Parts& p) { p.filter = "caf\xe9"; }).Request(),
      With([](Parts& p) { p.attributes = {"a b"}; }).Request(),
      With([](Parts& p) { p.attributes = {""}; }).Request(),
      With([](Parts& p) {
        p.filter_tag = 0xa3;  // equality
        p.filter = Element(4, "cn") + Element(4, "x");
      }).Request(),
      With([](Parts& p) {
        p.filter_tag = 0xa2;  // not
        p.filter = Element(0x87, "cn");
      }).Request(),
  };
  Parts controlled;
  controlled.controls = control;
  others.push_back(controlled.Request());
  for (const std::string& request : others) {
    EXPECT_FALSE(protocol::ldap::IsPlainRootDseSearch(request)) << Hex(request);
    ExpectLate(After(request, done), request);
  }
  for (const auto& [request, answer] :
       {std::pair(Bind(1), Result(1, 0x61, 49)),
        std::pair(Message(1, 0x77, Element(0x80, "1.2.3")), Result(1, 0x78, 2)),
        std::pair(Message(1, 0x6e, ""), Result(1, 0x6f, 2)), std::pair(Search(1, "o=x"), done)}) {
    ExpectLate(After(request, answer), request);
  }
}

TEST(LdapWindow, AbandonIsHarmlessForASearchThatIs) {
  const std::string search = Search(1, "");
  EXPECT_EQ(After(search + Message(2, 0x50, "\x01"), "").act(), ActKind::kTlsClient);
  // Its response may have been under way, and is one all the same.
  EXPECT_EQ(After(search + Message(2, 0x50, "\x01"), Result(1, 0x65, 0)).act(), ActKind::kTlsClient);
  const std::string control = Element(0xa0, Element(0x30, Element(4, "1.2.3")));
  for (const std::string& abandon : {Message(2, 0x50, "\x07"), Message(2, 0x50, std::string_view("\0\x01", 2)),
                                     Message(2, 0x50, ""), Long(0x30, Element(2, "\x02") + Element(0x50, "\x01"), 1),
                                     Element(0x30, Element(2, "\x02") + Element(0x50, "\x01") + control)}) {
    EXPECT_FALSE(protocol::ldap::IsPlainAbandon(abandon) && abandon != Message(2, 0x50, "\x07"));
    ExpectLate(After(search + abandon, Result(1, 0x65, 0)), abandon);
  }
  ExpectLate(After(Search(1, "o=x") + Message(2, 0x50, "\x01"), ""), "a search of something else");
}

TEST(LdapWindow, AResponseThatAnswersNothingClosesIt) {
  for (const std::string& said : {Result(7, 0x61, 0), Result(7, 0x65, 0), Entry(7, ""), Result(0, 0x78, 52)}) {
    ExpectLate(After(Search(1, ""), Result(1, 0x65, 0) + said), said);
  }
}

TEST(LdapWindow, TheServerIsSilentAfterTls) {
  const auto upgraded = [] {
    DialogueDriver driver = Stage({"ldap", TlsMode::kOpportunistic, TlsMode::kOff});
    driver.Open();
    driver.Arrive(Side::kClient, StartTls(1));
    driver.Succeed();
    EXPECT_EQ(driver.act(), ActKind::kTlsClient);
    driver.Succeed();
    return driver;
  };
  for (const std::string& said : {Result(2, 0x61, 0), Result(2, 0x65, 0), Result(0, 0x78, 0)}) {
    DialogueDriver driver = upgraded();
    driver.Arrive(Side::kServer, said);
    EXPECT_EQ(driver.act(), ActKind::kFail);
    EXPECT_EQ(driver.failure().end, End::kProtocolError);
    EXPECT_EQ(driver.failure().blame, Blame::kServer);
    EXPECT_EQ(driver.said(Side::kClient).find(said), std::string::npos);
    DialogueDriver begun = upgraded();
    begun.Arrive(Side::kServer, said.substr(0, 4));
    begun.Arrive(Side::kClient, Bind(2));
    EXPECT_EQ(begun.act(), ActKind::kFail);
    EXPECT_EQ(begun.said(Side::kServer), "");
  }
  DialogueDriver leaving = upgraded();
  leaving.Arrive(Side::kServer, Notice(52, "bye"));
  EXPECT_EQ(leaving.act(), ActKind::kRead);
  EXPECT_EQ(leaving.said(Side::kClient), Result(1, 0x78, 0) + Notice(52, "bye"));
  DialogueDriver driver = upgraded();
  driver.Arrive(Side::kClient, Bind(2));
  driver.Arrive(Side::kServer, Result(2, 0x61, 0) + Result(7, 0x61, 0));
  EXPECT_EQ(driver.act(), ActKind::kRead);
  EXPECT_EQ(driver.said(Side::kClient), Result(1, 0x78, 0) + Result(2, 0x61, 0) + Result(7, 0x61, 0));
}

TEST(LdapWindow, OffMeansOff) {
  const std::string listing = Attribute("supportedExtension", {"1.3.6.1.1.8", std::string(kOid)});
  const std::string hidden = Attribute("supportedExtension", {"1.3.6.1.1.8"});
  Play({"ldap", kOff, kImp}, Line('C', Search(1, "", "+")) + "! dial\n@ up\n! tls-server\n@ up\n" +
                                 Line('s', Search(1, "", "+")) + Line('S', Entry(1, listing)) +
                                 Line('c', Entry(1, hidden)) + Line('S', Result(1, 0x65, 0)) +
                                 Line('c', Result(1, 0x65, 0)) + Line('C', StartTls(2)) +
                                 Line('c', Result(2, 0x78, 2, "StartTLS is not available")) + Line('C', Bind(3)) +
                                 Line('s', Bind(3)) + Line('S', Result(3, 0x61, 0)) + Line('c', Result(3, 0x61, 0)) +
                                 Line('C', StartTls(4)) + Line('c', Result(4, 0x78, 2, "StartTLS is not available")));
}

}  // namespace
}  // namespace starlock::test
