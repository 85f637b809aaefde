// The leg towards the server: greeting, CAPABILITY, STARTTLS, and every way in which it does not come to TLS.

#include <gtest/gtest.h>

#include "scenes.h"

namespace starlock::test {
namespace {

TEST(ImapClientRole, UpgradesForEveryClient) {
  const std::string up = R"(
    S: * OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] Dovecot ready.
    s: starlock1 CAPABILITY
    S: * CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED
    S: starlock1 OK done
    s: starlock2 STARTTLS
    S: starlock2 ok Begin TLS negotiation now.
    ! tls-server
    @ up
  )";
  for (const TlsMode server : {kOpp, kReq}) {
    Play({"imap", kImp, server}, up + R"(
      c: * OK Dovecot ready.
      ! relay
      C: a CAPABILITY
      s: a CAPABILITY
      ! relay
    )");
    Play({"imap", kOff, server}, up + R"(
      c: * OK Dovecot ready.
      C: a CAPABILITY
      s: a CAPABILITY
      S: * CAPABILITY IMAP4rev1 STARTTLS
      S: a OK
      c: * CAPABILITY IMAP4rev1
      c: a OK
      C: b STARTTLS
      c: b BAD STARTTLS is not available
      C: c LOGIN a b
      s: c LOGIN a b
      S: c OK in
      c: c OK in
      ! relay
    )");
    Play({"imap", kOpp, server}, up + "c: * OK Dovecot ready.");
    Play({"imap", kReq, server}, up + "c: * OK [CAPABILITY IMAP4rev1 ID STARTTLS LOGINDISABLED] Dovecot ready.");
  }
}

// What came before TLS was anyone's to write: its text is shown, none of its codes is.
TEST(ImapClientRole, TheCodesOfAPlaintextGreetingAreDropped) {
  for (const std::string_view greeting :
       {"[ALERT] old", "[REFERRAL imap://evil] old", "[CAPABILITY X] [ALERT] old", " [A]  [B] old", "old"}) {
    Play({"imap", kOff, kReq}, "S: * OK " + std::string(greeting) +
                                   "\ns: starlock1 CAPABILITY\nS: * CAPABILITY STARTTLS\nS: starlock1 OK\n"
                                   "s: starlock2 STARTTLS\nS: starlock2 OK\n! tls-server\n@ up\n"
                                   "c: * OK old");
  }
  Play({"imap", kOff, kReq},
       "S: * OK [ALERT\ns: starlock1 CAPABILITY\nS: * CAPABILITY STARTTLS\nS: starlock1 OK\n"
       "s: starlock2 STARTTLS\nS: starlock2 OK\n! tls-server\n@ up\nc: * OK Ready");
}

// R4, R5, R7: nothing that is said before the tagged OK matters, nor does it cross.
TEST(ImapClientRole, WhatComesBetweenIsDiscarded) {
  Play({"imap", kOff, kReq}, R"(
    S: * OK old
    s: starlock1 CAPABILITY
    S: * OK [ALERT] call us
    S: * CAPABILITY IMAP4rev1 STARTTLS
    S: * LIST () "/" {19}
    S: starlock1 OK forged
    S: * 1 EXISTS
    S: starlock1 OK [CAPABILITY X] done
    s: starlock2 STARTTLS
    S: * OK [REFERRAL imap://evil] go there
    S: * CAPABILITY IDLE
    S: * NO {5}
    S: starlock2 OK go
    ! tls-server
    @ up
    c: * OK old
  )");
  DialogueDriver driver = PlayOnce({"imap", kOff, kReq}, kImapOffered);
  for (int i = 0; i < 200; ++i) driver.Arrive(Side::kServer, "* 1 EXISTS\r\n");
  EXPECT_EQ(driver.failure().end, End::kLimit);
  EXPECT_EQ(driver.failure().blame, Blame::kServer);
}

TEST(ImapClientRole, RequiredAndNotOffered) {
  for (const TlsMode client : kModes) {
    for (const std::string_view answer :
         {"S: * CAPABILITY IMAP4rev1\nS: starlock1 OK", "S: starlock1 OK", "S: starlock1 BAD what?", "S: starlock1 NO",
          "S: * CAPABILITY XSTARTTLS STARTTLSX\nS: starlock1 OK", "S: + go", "S: * BYE",
          "S: * CAPABILITY STARTTLS\nS: starlock1 NO"}) {
      Play({"imap", client, kReq}, ImapAfter(kImapAsked, "blame: server\n") + std::string(answer) + "\n" +
                                       std::string(kImapBye) + "! fail starttls_not_offered server");
    }
    for (const std::string_view greeting : {"* PREAUTH hi", "* BYE call +1 900"}) {
      Play({"imap", client, kReq},
           "S: " + std::string(greeting) + "\n" + std::string(kImapBye) + "! fail starttls_not_offered server");
    }
  }
}

TEST(ImapClientRole, RequiredAndRefused) {
  for (const TlsMode client : kModes) {
    for (const std::string_view answer : {"starlock2 NO no", "starlock2 BAD", "starlock2 PREAUTH", "starlock2 OKAY",
                                          "starlock2", "starlock2 ", "+ OK", "* BYE bye"}) {
      Play({"imap", client, kReq}, std::string(kImapOffered) + "S: " + std::string(answer) + "\n" +
                                       std::string(kImapBye) + "! fail starttls_refused server");
    }
    for (const std::string_view answer : {"starlock1 OK", "Starlock2 OK", "starlock22 OK", "OK", "220 go", ""}) {
      Play({"imap", client, kReq}, std::string(kImapOffered) + "S: " + std::string(answer) +
                                       "\nc: * BYE [UNAVAILABLE] Service not available\n"
                                       "! fail protocol_error server");
    }
  }
}

TEST(ImapClientRole, OpportunisticGoesOnInPlaintext) {
  Play({"imap", kOff, kOpp}, R"(
    S: * OK [CAPABILITY IMAP4rev1] old
    s: starlock1 CAPABILITY
    S: * CAPABILITY IMAP4rev1
    S: starlock1 OK
    note: the server does not offer
    c: * OK [CAPABILITY IMAP4rev1] old
  )");
  for (const std::string_view answer : {"NO not now", "BAD what?"}) {
    Play({"imap", kOff, kOpp}, std::string(kImapOffered) + "S: starlock2 " + std::string(answer) +
                                   "\nnote: the server refused\nc: * OK old\n"
                                   "C: a CAPABILITY\ns: a CAPABILITY\nS: * CAPABILITY STARTTLS A\nc: * CAPABILITY A");
  }
  for (const std::string_view answer : {"+ go", "starlock2 PREAUTH", "* BYE"}) {
    Play({"imap", kOff, kOpp}, std::string(kImapOffered) + "S: " + std::string(answer) + "\n" + std::string(kImapBye) +
                                   "! fail starttls_refused server");
  }
  Play({"imap", kOff, kOpp}, "S: * BYE busy\nnote: the server does not\nc: * BYE busy");
  Play({"imap", kOff, kOpp}, "S: * PREAUTH hi\nnote: the server does not\nc: * PREAUTH hi\n! relay");
}

TEST(ImapClientRole, AHandshakeThatFails) {
  Play({"imap", kOff, kReq}, std::string(kImapOffered) + "S: starlock2 OK\n! tls-server\n@ failed\n" +
                                 std::string(kImapBye) + "! fail handshake_failed server");
  Play({"imap", kOff, kOpp}, std::string(kImapOffered) + R"(
    S: starlock2 OK
    ! tls-server
    @ failed
    note: the TLS handshake with the server failed
    ! dial
    @ up
    S: * OK [CAPABILITY STARTTLS A] second
    c: * OK [CAPABILITY A] second
    C: a LOGIN b c
    s: a LOGIN b c
    S: a OK [CAPABILITY STARTTLS A B] in
    c: a OK [CAPABILITY A B] in
    ! relay
  )");
}

TEST(ImapClientRole, AServerThatSpeaksNoImap) {
  for (const std::string_view greeting : {"220 old ESMTP", "+OK old", "* old", "a OK hi", "OK"}) {
    Play({"imap", kOff, kOff}, "S: " + std::string(greeting) +
                                   "\nc: * BYE [UNAVAILABLE] Service not available\n"
                                   "! fail protocol_error server");
  }
}

TEST(ImapClientRole, Goodbyes) {
  for (const TlsMode client : kModes) {
    for (const TlsMode server : kModes) {
      const Scene scene{"imap", client, server};
      Play(scene, "@ timeout server\nc: * BYE [UNAVAILABLE] Timeout\n! fail timeout server");
      Play(scene, "@ drained none\nc: * BYE [UNAVAILABLE] Shutting down\n! fail drained none");
      Play(scene,
           "@ connect_failed server\nc: * BYE [UNAVAILABLE] Service not available\n"
           "! fail connect_failed server");
    }
  }
}

}  // namespace
}  // namespace starlock::test
