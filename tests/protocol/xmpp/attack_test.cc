// The attacks on STARTTLS that the dialogue alone must withstand, at every cut.

#include <gtest/gtest.h>

#include "scenes.h"

namespace starlock::test {
namespace {

constexpr std::string_view kRequiredOffer = "C+ {C}\n! dial\n@ up\nc+ {US}{REQUIRED}\n";
constexpr std::string_view kOpportunisticOffer =
    "C+ {C}\n! dial\n@ up\ns+ {C}\nS+ {S}<stream:features/>\nc+ {S}<stream:features>{STARTTLS}</stream:features>\n";

TEST(XmppAttack, C1CommandInjection) {
  for (const std::string_view injected : {"<auth/>", "{C}", "<iq/>", " ", "x", "{STARTTLS}"}) {
    for (const TlsMode client : {kOpp, kReq}) {
      PlayXmppBoth(client, kOff,
                   std::string(client == kReq ? kRequiredOffer : kOpportunisticOffer) + "C+ {STARTTLS}" +
                       std::string(injected) + "\nc+ {PROCEED}\n! tls-client\nT+ " + std::string(injected) +
                       "\n@ plaintext_after_starttls client\n"
                       "! fail plaintext_after_starttls client");
    }
  }
}

TEST(XmppAttack, R1R2ResponseInjection) {
  for (const std::string_view injected : {"<stream:features>", "{S}", " ", "\\n", "x", "{PROCEED}"}) {
    for (const TlsMode server : {kOpp, kReq}) {
      const std::string text =
          "C+ {C}\n! dial\n@ up\ns+ {C}\nS+ {S}<stream:features>{STARTTLS}</stream:features>\ns+ {STARTTLS}\n"
          "S+ {PROCEED}" +
          std::string(injected);
      // All in one segment; later bytes are TLS's to judge.
      PlayOnce({"xmpp", kOff, server}, InXml("xmpp", text + "\nc+ {US}{ERROR remote-connection-failed ERROR}{END}\n"
                                                            "! fail plaintext_after_starttls server"));
    }
  }
}

TEST(XmppAttack, R3Premature) {
  for (const TlsMode server : {kOpp, kReq}) {
    for (const std::string_view said :
         {"{S}<stream:features>{STARTTLS}</stream:features>{PROCEED}",
          "{S}<stream:features>{STARTTLS}</stream:features> ", "{S}<stream:features>{STARTTLS}</stream:features><"}) {
      PlayOnce({"xmpp", kOff, server},
               InXml("xmpp", "C+ {C}\n! dial\n@ up\ns+ {C}\nS+ " + std::string(said) +
                                 "\nc+ {US}{ERROR remote-connection-failed ERROR}{END}\n! fail protocol_error server"));
    }
  }
}

TEST(XmppAttack, R4SomethingElseThanTheGoAhead) {
  for (const std::string_view said : {"<proceed/>", " ", "{SUCCESS}", "<stream:features/>", "<message/>", "{END}"}) {
    PlayXmpp(kOff, kOpp,
             "C+ {C}\n! dial\n@ up\ns+ {C}\nS+ {S}<stream:features>{STARTTLS}</stream:features>\n"
             "s+ {STARTTLS}\nS+ " +
                 std::string(said) +
                 "\nc+ {US}{ERROR remote-connection-failed ERROR}{END}\n! fail protocol_error server");
  }
}

TEST(XmppAttack, F1TheWindowCloses) {
  PlayXmpp(kOpp, kOff,
           std::string(kOpportunisticOffer) + "C+ {AUTH}\ns+ {AUTH}\nC+ {STARTTLS}\nc+ {NO}{END}\n! fail closed none");
}

TEST(XmppAttack, F2AWordInDataIsData) {
  PlayXmpp(kOpp, kOff,
           std::string(kOpportunisticOffer) +
               "C+ <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{STARTTLS}</auth>\n"
               "s+ <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{STARTTLS}</auth>");
}

TEST(XmppAttack, F3WhatIsNoStream) {
  constexpr std::pair<std::string_view, std::string_view> kBad[] = {
      {"\\x16\\x03\\x01", "not-well-formed"},
      {"<!DOCTYPE a []>", "restricted-xml"},
      {"<!DOCTYPE a [<!ENTITY b 'c'>]>", "restricted-xml"},
      {"<!-- a -->", "restricted-xml"},
      {"<?a b?>", "restricted-xml"},
      {"<a>", "invalid-namespace"},
      {"<a/>", "not-well-formed"},
      {"<stream:stream>", "not-well-formed"},
      {"GET / HTTP/1.1\\r\\n\\r\\n", "not-well-formed"},
      {"\\xff\\xfe<\\x00", "not-well-formed"},
  };
  for (const auto& [bytes, condition] : kBad) {
    const std::string text = "C+ " + std::string(bytes) + "\nc+ {HOST}{ERROR " + std::string(condition) +
                             " ERROR}{END}\n! fail protocol_error client";
    PlayOnce({"xmpp", kReq, kOff}, InXml("xmpp", text));
  }
  for (const std::string_view bytes : {"<!-- a -->", "<?a b?>", "<a>&b;</a>", "</a>", "text", "&#32;", "<a:b/>"}) {
    const bool restricted = bytes.substr(0, 2) == "<!" || bytes.substr(0, 2) == "<?";
    const std::string text = std::string(kRequiredOffer) + "C+ " + std::string(bytes) + "\nc+ {ERROR " +
                             (restricted ? "restricted-xml" : "not-well-formed") +
                             " ERROR}{END}\n! fail protocol_error client";
    PlayOnce({"xmpp", kReq, kOff}, InXml("xmpp", text));
  }
}

TEST(XmppAttack, F3AStanzaWithoutEnd) {
  for (const std::string_view begin : {"<a>", "<a b='", "<"}) {
    const std::string text = std::string(kRequiredOffer) + "C+ " + std::string(begin) + std::string(20000, 'x') +
                             "\nc+ {ERROR policy-violation ERROR}{END}\n! fail protocol_error client";
    PlayOnce({"xmpp", kReq, kOff}, InXml("xmpp", text));
  }
}

TEST(XmppAttack, S1TheWordInAnotherNamespaceIsNoOffer) {
  PlayXmpp(kOff, kReq, R"(
    C+ {C}
    ! dial
    @ up
    s+ {C}
    S+ {S}<stream:features><starttls/><x><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></x></stream:features>
    c+ {US}{ERROR remote-connection-failed ERROR}{END}
    ! fail starttls_not_offered server
  )");
}

}  // namespace
}  // namespace starlock::test
