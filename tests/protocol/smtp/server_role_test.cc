// The leg towards the client where TLS is required of it, and what a filter stands for after it.

#include <gtest/gtest.h>

#include "scenes.h"

namespace starlock::test {
namespace {

// RFC 3207, the usage example: the proxy is the server of it, before one that knows no TLS.
TEST(SmtpServerRole, Rfc3207Example) {
  Play({"smtp", kReq, kOff}, R"(
    S: 220 mail.imc.org SMTP service ready
    c: 220 mail.imc.org SMTP service ready
    C: EHLO mail.example.com
    c: 250-mail.imc.org
    c: 250 STARTTLS
    C: STARTTLS
    c: 220 2.0.0 Ready to start TLS
    ! tls-client
    @ up
    C: EHLO mail.example.com
    s: EHLO mail.example.com
    S: 250-mail.imc.org touches your hand gently for a moment
    S: 250-8BITMIME
    S: 250 DSN
    c: 250-mail.imc.org touches your hand gently for a moment
    c: 250-8BITMIME
    c: 250 DSN
    C: MAIL FROM:<a>
    s: MAIL FROM:<a>
    S: 250 ok
    c: 250 ok
  )");
}

// With TLS on both legs there is nothing left to read once both are up.
TEST(SmtpServerRole, RelaysAtOnceBetweenTwoTlsLegs) {
  PlayBoth(kReq, kImp, R"(
    S: 220 new
    c: 220 new
    C: HELLO client
    c: 250-new
    c: 250 STARTTLS
    C: STARTTLS
    c: 220 2.0.0 Ready to start TLS
    ! tls-client
    @ up
    ! relay
    C: HELLO client
    s: HELLO client
    ! relay
  )");
}

TEST(SmtpServerRole, HarmlessVerbsBeforeTls) {
  for (const TlsMode server : {kOff, kImp}) {
    PlayBoth(kReq, server, R"(
      S: 220-old.example.net ESMTP
      S: 220 two
      c: 220-old.example.net ESMTP
      c: 220 two
      C: noop
      C: RSET
      c: 250 2.0.0 OK
      c: 250 2.0.0 OK
      blame: client
      C: HELLO [192.0.2.1]
      c: 250-old.example.net
      c: 250 STARTTLS
      C: QUIT
      c: 221 2.0.0 Bye
      ! fail closed none
    )");
  }
}

TEST(SmtpServerRole, EverythingElseIsRefusedAndDoesNotCross) {
  for (const std::string_view verb :
       {"HELO x", "MAIL FROM:<a>", "RCPT TO:<b>", "DATA", "AUTH PLAIN AGEAYg==", "VRFY x", "EXPN x", "HELP", "ETRN x",
        "BDAT 3", "XCLIENT ADDR=1", "nonsense", "", " MAIL FROM:<a>", "STARTTLSX", "\xff\xfe"}) {
    for (const TlsMode server : {kOff, kImp}) {
      PlayBoth(kReq, server,
               "S: 220 old\nc: 220 old\nC: " + std::string(verb) +
                   "\nc: 530 5.7.0 Must issue a STARTTLS command first\n"
                   "C: STARTTLS\nc: 220 2.0.0 Ready to start TLS\n! tls-client");
    }
  }
  Play({"smtp", kReq, kOff}, "S: 220 old\nc: 220 old\nC: LHLO x\nc: 530 5.7.0 Must issue a STARTTLS command first");
  Play({"lmtp", kReq, kOff}, "S: 220 old\nc: 220 old\nC: EHLO x\nc: 530 5.7.0 Must issue a STARTTLS command first");
}

// `tls_required` is what an operator must hear of, however the client then left.
TEST(SmtpServerRole, TheClientNeverUpgraded) {
  const std::string refused =
      "S: 220 old\nc: 220 old\nC: MAIL FROM:<a>\nc: 530 5.7.0 Must issue a STARTTLS command first\n";
  const std::string gone = "c: 421 4.4.1 proxy.example.org Service not available\n! fail tls_required client";
  for (const TlsMode server : {kOff, kImp}) {
    PlayBoth(kReq, server, refused + "C: QUIT\nc: 221 2.0.0 Bye\n! fail tls_required client");
    PlayBoth(kReq, server, refused + "@ closed client\n" + gone);
    PlayBoth(kReq, server, refused + "@ closed none\n" + gone);
    PlayBoth(kReq, server, refused + "@ reset client\n" + gone);
    PlayBoth(kReq, server,
             refused + "@ timeout client\nc: 421 4.4.2 proxy.example.org Timeout\n! fail tls_required client");
    PlayBoth(kReq, server, refused + "C+ a\\n\nc: 500 5.5.2 Syntax error: LF without CR\n! fail tls_required client");
    // But not where the client did upgrade, or somebody else ended it.
    PlayBoth(kReq, server,
             refused + "@ drained none\nc: 421 4.3.2 proxy.example.org Shutting down\n! fail drained none");
    PlayBoth(kReq, server,
             refused + "@ reset server\nc: 421 4.4.1 proxy.example.org Service not available\n! fail reset server");
    PlayBoth(kReq, server,
             refused +
                 "C: STARTTLS\nc: 220 2.0.0 Ready to start TLS\n! tls-client\n@ handshake_failed client\n"
                 "! fail handshake_failed client");
  }
  PlayBoth(kReq, kOff,
           refused +
               "C: STARTTLS\nc: 220 2.0.0 Ready to start TLS\n! tls-client\n@ up\n@ closed client\n"
               "c: 421 4.4.1 proxy.example.org Service not available\n! fail closed client");
  // Nothing was refused: it merely went.
  PlayBoth(kReq, kOff,
           "S: 220 old\nc: 220 old\n@ closed client\nc: 421 4.4.1 proxy.example.org Service not available\n"
           "! fail closed client");
  PlayBoth(kReq, kOff, "S: 220 old\nc: 220 old\nC: QUIT\nc: 221 2.0.0 Bye\n! fail closed none");
}

TEST(SmtpServerRole, StarttlsTakesNoParameter) {
  for (const TlsMode client : {kOpp, kReq}) {
    PlayBoth(client, kOff, R"(
      S: 220 old
      c: 220 old
      C: STARTTLS x
      c: 501 5.5.4 STARTTLS takes no parameter
      C+ STARTTLS\v\r\n
      c: 501 5.5.4 STARTTLS takes no parameter
      C: starttls
      c: 220 2.0.0 Ready to start TLS
      ! tls-client
    )");
  }
}

// RFC 3207 4: STARTTLS is the last of a pipelined group.
TEST(SmtpServerRole, PipelinedGroup) {
  PlayBoth(kReq, kOff, R"(
    C: HELLO eager
    C: NOOP
    C: STARTTLS
    S: 220 old
    c: 220 old
    c: 250-old
    c: 250 STARTTLS
    c: 250 2.0.0 OK
    c: 220 2.0.0 Ready to start TLS
    ! tls-client
    blame: client
  )");
}

TEST(SmtpServerRole, TheServerIsNotHeardDuringTheHandshake) {
  for (const TlsMode client : {kOpp, kReq}) {
    PlayBoth(client, kOff, R"(
      S: 220 old
      c: 220 old
      C: STARTTLS
      c: 220 2.0.0 Ready to start TLS
      ! tls-client
      S: 421 4.4.2 old: you are slow
      ! tls-client
      @ up
      c: 421 4.4.2 old: you are slow
    )");
  }
}

TEST(SmtpServerRole, NoWordsInMidHandshake) {
  for (const TlsMode client : {kOpp, kReq}) {
    for (const std::string_view end :
         {"drained none", "timeout client", "reset server", "plaintext_after_starttls client"}) {
      PlayBoth(client, kOff,
               "S: 220 old\nc: 220 old\nC: STARTTLS\nc: 220 2.0.0 Ready to start TLS\n! tls-client\nblame: client\n@ " +
                   std::string(end) + "\n! fail " + std::string(end));
    }
  }
}

TEST(SmtpServerRole, TlsMustBeginAnewWhereTheServerWasMetBefore) {
  PlayBoth(kReq, kOpp, R"(
    S: 220 old
    s: HELLO proxy.example.org
    S: 250 old
    note: the server does not offer
    c: 220 old
    C: STARTTLS
    c: 220 2.0.0 Ready to start TLS
    ! tls-client
    @ up
    C: MAIL FROM:<a>
    c+ 503 5.5.1 Send HELLO first\r\n
    C: HELLO client
    s: HELLO client
    S: 250 old
    c: 250 old
    C: MAIL FROM:<a>
    s: MAIL FROM:<a>
    S: 250 ok
    c: 250 ok
  )");
}

// ... but a server that took no introduction has nobody to forget.
TEST(SmtpServerRole, ARefusedIntroductionIsNone) {
  Play({"smtp", kReq, kOpp}, R"(
    S: 220 old
    s: EHLO proxy.example.org
    S: 502 what?
    note: the server does not offer
    c: 220 old
    C: STARTTLS
    c: 220 2.0.0 Ready to start TLS
    ! tls-client
    @ up
    C: MAIL FROM:<a>
    s: MAIL FROM:<a>
    S: 250 ok
    c: 250 ok
  )");
}

// Nor one that has forgotten all at its own upgrade: with TLS on both legs the relay begins.
TEST(SmtpServerRole, TheServersUpgradeForgetsOurIntroduction) {
  for (const TlsMode server : {kOpp, kReq}) {
    PlayBoth(kOpp, server, R"(
      S: 220 old
      s: HELLO proxy.example.org
      S: 250-old
      S: 250 STARTTLS
      s: STARTTLS
      S: 220 go
      ! tls-server
      @ up
      c: 220 old
      C: STARTTLS
      c: 220 2.0.0 Ready to start TLS
      ! tls-client
      @ up
      ! relay
    )");
  }
}

// A server that will not serve is no reason to let a client in without the TLS that is required of it.
TEST(SmtpServerRole, ARefusingGreetingEndsWhatMayNotGoOnInPlaintext) {
  PlayBoth(kReq, kOff, "C: AUTH PLAIN AGEAYg==\nS: 554 no\nc: 554 no\n! fail closed server");
  PlayBoth(kReq, kImp, "C: AUTH PLAIN AGEAYg==\nS: 421 busy\nc: 421 busy\n! fail closed server");
  PlayBoth(kReq, kOpp, "S: 421 busy\nnote: the server does not\nc: 421 busy\n! fail closed server");
}

TEST(SmtpServerRole, ATalkativeClientIsNotHeardForEver) {
  const std::string greeted = "S: 220 old\nc: 220 old\n";
  const auto noops = [](int count) {
    std::string lines;
    for (int i = 0; i < count; ++i) lines += "C: NOOP\nc: 250 2.0.0 OK\n";
    return lines;
  };
  const std::string last =
      "C: NOOP\nc: 421 4.7.0 proxy.example.org Too many connections or commands, try again later\n";
  PlayOnce({"smtp", kReq, kOff}, greeted + noops(100) + last + "! fail limit client");
  PlayOnce({"smtp", kReq, kOff}, greeted + "C: HELP\nc: 530 5.7.0 Must issue a STARTTLS command first\n" + noops(99) +
                                     last + "! fail tls_required client");
}

}  // namespace
}  // namespace starlock::test
