// The leg towards the server: the greeting, EHLO, STARTTLS, and every way in which it does not come to TLS.

#include <gtest/gtest.h>

#include "scenes.h"

namespace starlock::test {
namespace {

// RFC 3207, the usage example, as the proxy speaks it for a client that knows no TLS.
TEST(SmtpClientRole, Rfc3207Example) {
  Play({"smtp", kOff, kReq}, R"(
    S: 220 mail.imc.org SMTP service ready
    s: EHLO proxy.example.org
    S: 250-mail.imc.org offers a warm hug of welcome
    S: 250-8BITMIME
    S: 250-STARTTLS
    S: 250 DSN
    s: STARTTLS
    S: 220 Go ahead
    ! tls-server
    @ up
    c: 220 mail.imc.org SMTP service ready
    C: EHLO mail.example.com
    s: EHLO mail.example.com
    S: 250-mail.imc.org touches your hand gently for a moment
    S: 250-8BITMIME
    S: 250 DSN
    c: 250-mail.imc.org touches your hand gently for a moment
    c: 250-8BITMIME
    c: 250 DSN
    C: STARTTLS
    c: 502 5.5.1 STARTTLS is not available
    C: MAIL FROM:<a>
    s: MAIL FROM:<a>
  )");
}

TEST(SmtpClientRole, UpgradesInEveryClientMode) {
  for (const TlsMode server : {kOpp, kReq}) {
    PlayBoth(kOff, server, R"(
      S: 220 old
      s: HELLO proxy.example.org
      S: 250-old
      S: 250 STARTTLS
      s: STARTTLS
      S: 220 go
      ! tls-server
      @ up
      c: 220 old
      C: HELLO client
      s: HELLO client
      S: 250-old
      S: 250-STARTTLS
      S: 250 SIZE 1
      c: 250-old
      c: 250 SIZE 1
      C: STARTTLS
      c: 502 5.5.1 STARTTLS is not available
      C: MAIL FROM:<a>
      s: MAIL FROM:<a>
    )");
    PlayBoth(kImp, server, R"(
      S: 220 old
      s: HELLO proxy.example.org
      S: 250-old
      S: 250 STARTTLS
      s: STARTTLS
      S: 220 go
      ! tls-server
      @ up
      c: 220 old
      ! relay
    )");
    for (const TlsMode client : {kOpp, kReq}) {
      PlayBoth(client, server, R"(
        S: 220 old
        s: HELLO proxy.example.org
        S: 250-old
        S: 250 STARTTLS
        s: STARTTLS
        S: 220 go
        ! tls-server
        @ up
        c: 220 old
      )");
    }
  }
}

TEST(SmtpClientRole, ClientsWaitForTheServersTls) {
  PlayBoth(kOff, kReq, R"(
    C: HELLO eager
    S: 220 old
    s: HELLO proxy.example.org
    C: MAIL FROM:<>
    S: 250-old
    S: 250 STARTTLS
    s: STARTTLS
    S: 220 go
    ! tls-server
    @ up
    c: 220 old
    s: HELLO eager
    s: MAIL FROM:<>
  )");
}

TEST(SmtpClientRole, TheOfferIsSeenWhereverItStands) {
  for (const std::string_view offer :
       {"S: 250-old\nS: 250-STARTTLS\nS: 250 SIZE 1", "S: 250-old\nS: 250 starttls",
        "S: 250-old\nS: 250-SIZE 1\nS: 250 StartTls", "S: 250-old\nS: 250-STARTTLS please\nS: 250-A\nS: 250"}) {
    PlayBoth(kOff, kReq, "S: 220 old\ns: HELLO proxy.example.org\n" + std::string(offer) + "\ns: STARTTLS");
  }
}

TEST(SmtpClientRole, AGreetingOfManyLinesComesAsItWas) {
  PlayBoth(kOff, kReq, R"(
    S: 220-old, and
    S: 220-\ no \t friend  of robots
    S: 220
    s: HELLO proxy.example.org
    S: 250-old
    S: 250 STARTTLS
    s: STARTTLS
    S: 220-go
    S: 220 on
    ! tls-server
    @ up
    c: 220-old, and
    c: 220-\ no \t friend  of robots
    c: 220
  )");
  PlayBoth(kOff, kOff, "S+ 220-a \\xe4\\r\\n220 \\r\\n\nc+ 220-a \\xe4\\r\\n220 \\r\\n");
  PlayBoth(kOff, kImp, "S+ 220-a \\xe4\\r\\n220 \\r\\n\nc+ 220-a \\xe4\\r\\n220 \\r\\n");
}

// S1: only an exact success goes on, where TLS is required; and no byte of the client's has been heard.
TEST(SmtpClientRole, RequiredAndNotOffered) {
  const std::string goodbye = "\nc: 421 4.7.5 proxy.example.org Service not available: no secure connection\n";
  for (const TlsMode client : kModes) {
    for (const std::string_view answer :
         {"S: 250 old", "S: 250 STARTTLS", "S: 250-old\nS: 250 SIZE 1", "S: 250-old\nS: 250 XSTARTTLS",
          "S: 250-old\nS: 250 HELP STARTTLS", "S: 250", "S: 502 5.5.1 what?", "S: 421 bye",
          "S: 220-old\nS: 220 STARTTLS", "S: 251-old\nS: 251 STARTTLS", "S: 354 go"}) {
      PlayBoth(client, kReq,
               "C: HELLO eager\nS: 220 old\ns: HELLO proxy.example.org\nblame: server\n" + std::string(answer) +
                   goodbye + "! fail starttls_not_offered server");
    }
    for (const std::string_view greeting : {"S: 421 busy", "S: 554 no", "S: 554-no\nS: 554 never", "S: 250 old"}) {
      PlayBoth(client, kReq, std::string(greeting) + goodbye + "! fail starttls_not_offered server");
    }
  }
}

TEST(SmtpClientRole, RequiredAndRefused) {
  for (const std::string_view answer : {"454 4.7.0 not now", "502 what?", "554 no", "421 bye", "354 go", "250 ok",
                                        "221 so", "334 go", "120 x", "999 x", "221-a\nS: 221 b"}) {
    for (const TlsMode client : kModes) {
      PlayBoth(client, kReq,
               "S: 220 old\ns: HELLO proxy.example.org\nS: 250-old\nS: 250 STARTTLS\ns: STARTTLS\nS: " +
                   std::string(answer) +
                   "\nc: 421 4.7.5 proxy.example.org Service not available: no secure connection\n"
                   "! fail starttls_refused server");
    }
  }
}

TEST(SmtpClientRole, RequiredAndTheHandshakeFails) {
  for (const TlsMode client : kModes) {
    PlayBoth(client, kReq, R"(
      S: 220 old
      s: HELLO proxy.example.org
      S: 250-old
      S: 250 STARTTLS
      s: STARTTLS
      S: 220 go
      ! tls-server
      blame: server
      @ failed
      c: 421 4.7.5 proxy.example.org Service not available: no secure connection
      ! fail handshake_failed server
    )");
  }
}

TEST(SmtpClientRole, OpportunisticAndNotOffered) {
  PlayBoth(kOff, kOpp, R"(
    S: 220 old
    s: HELLO proxy.example.org
    S: 250-old
    S: 250 SIZE 1
    note: the server does not offer
    c: 220 old
    C: HELLO client
    s: HELLO client
    S: 250-old
    S: 250 SIZE 1
    c: 250-old
    c: 250 SIZE 1
    C: MAIL FROM:<a>
    s: MAIL FROM:<a>
    S: 250 ok
    c: 250 ok
  )");
}

TEST(SmtpClientRole, OpportunisticBeforeAServerThatKnowsOnlyHelo) {
  Play({"smtp", kOff, kOpp}, R"(
    S: 220 old
    s: EHLO proxy.example.org
    S: 500 what?
    note: the server does not offer
    c: 220 old
    C: EHLO client
    s: EHLO client
    S: 500 what?
    c: 500 what?
    C: HELO client
    s: HELO client
    S: 250 old
    c: 250 old
    C: MAIL FROM:<a>
    s: MAIL FROM:<a>
    S: 250 ok
    c: 250 ok
  )");
}

TEST(SmtpClientRole, OpportunisticAndRefusedCleanly) {
  for (const std::string_view answer : {"454 4.7.0 not now", "502 what?", "554-no\nS: 554 never"}) {
    PlayBoth(
        kOff, kOpp,
        "S: 220 old\ns: HELLO proxy.example.org\nS: 250-old\nS: 250 STARTTLS\ns: STARTTLS\nS: " + std::string(answer) +
            "\nnote: the server refused\nc: 220 old\n"
            "C: HELLO client\ns: HELLO client\n"
            // It still offers what it refuses, and that is not passed on.
            "S: 250-old\nS: 250 STARTTLS\nc: 250 old\n"
            "C: MAIL FROM:<a>\ns: MAIL FROM:<a>\nS: 250 ok\nc: 250 ok");
  }
}

// What is neither yes nor no leaves nobody sure of the state: no session on top of that.
TEST(SmtpClientRole, OpportunisticAndRefusedUncleanly) {
  for (const std::string_view answer : {"354 go", "250 ok", "221 so", "334 go", "120 x", "999 x", "421 bye"}) {
    for (const TlsMode client : kModes) {
      PlayBoth(client, kOpp,
               "S: 220 old\ns: HELLO proxy.example.org\nS: 250-old\nS: 250 STARTTLS\ns: STARTTLS\nS: " +
                   std::string(answer) +
                   "\nc: 421 4.7.5 proxy.example.org Service not available: no secure connection\n"
                   "! fail starttls_refused server");
    }
  }
  for (const std::string_view answer : {"421 bye", "354 go", "220 old", "120 x"}) {
    PlayBoth(kOff, kOpp,
             "S: 220 old\ns: HELLO proxy.example.org\nS: " + std::string(answer) +
                 "\nc: 421 4.7.5 proxy.example.org Service not available: no secure connection\n"
                 "! fail starttls_not_offered server");
  }
}

TEST(SmtpClientRole, OpportunisticAndTheHandshakeFails) {
  PlayBoth(kOff, kOpp, R"(
    S: 220 old
    s: HELLO proxy.example.org
    S: 250-old
    S: 250 STARTTLS
    s: STARTTLS
    S: 220 go
    ! tls-server
    @ failed
    note: the TLS handshake with the server failed
    ! dial
    blame: server
    @ up
    blame: server
    // Another machine may answer now. It is not asked for TLS again, and the client hears of no other greeting.
    S: 220 second
    c: 220 second
    C: HELLO client
    s: HELLO client
    S: 250-second
    S: 250-STARTTLS
    S: 250 SIZE 1
    c: 250-second
    c: 250 SIZE 1
    C: MAIL FROM:<a>
    s: MAIL FROM:<a>
    S: 250 ok
    c: 250 ok
  )");
}

// The second connection begins anew: nothing was asked on it, so its server may be as hasty as any in plaintext.
TEST(SmtpClientRole, AFallbackForgetsTheFirstConnection) {
  PlayBoth(kOff, kOpp, R"(
    S: 220 old
    s: HELLO proxy.example.org
    S: 250-old
    S: 250 STARTTLS
    s: STARTTLS
    S: 220 go
    ! tls-server
    @ failed
    note: the TLS handshake with the server failed
    ! dial
    @ up
    S: 220 second
    S: 421 bye
    c: 220 second
    c: 421 bye
  )");
  // Nor has its server had our introduction, for which a client inside TLS would have to begin anew.
  PlayBoth(kImp, kOpp, R"(
    S: 220 old
    s: HELLO proxy.example.org
    S: 250-old
    S: 250 STARTTLS
    s: STARTTLS
    S: 220 go
    ! tls-server
    @ failed
    note: the TLS handshake with the server failed
    ! dial
    @ up
    S: 220 second
    c: 220 second
    C: MAIL FROM:<a>
    s: MAIL FROM:<a>
    S: 250 ok
    c: 250 ok
  )");
}

TEST(SmtpClientRole, ARefusedCertificateIsNeverAFallback) {
  for (const TlsMode server : {kOpp, kReq}) {
    for (const std::string_view end : {"verify_failed server", "plaintext_after_starttls server"}) {
      PlayBoth(kOff, server,
               "S: 220 old\ns: HELLO proxy.example.org\nS: 250-old\nS: 250 STARTTLS\ns: STARTTLS\nS: 220 go\n"
               "! tls-server\n@ " +
                   std::string(end) +
                   "\nc: 421 4.7.5 proxy.example.org Service not available: no secure connection\n! fail " +
                   std::string(end));
    }
  }
}

// A server that will not serve says so itself, where no TLS has to protect what it says.
TEST(SmtpClientRole, ARefusingGreetingIsTheClientsToRead) {
  for (const TlsMode client : {kOff, kOpp}) {
    PlayBoth(client, kOff, "S: 554 no\nc: 554 no\nC: QUIT\ns: QUIT\nS: 221 bye\nc: 221 bye");
    PlayBoth(client, kOpp, "S: 421 busy\nnote: the server does not\nc: 421 busy");
  }
  PlayBoth(kImp, kImp, "S: 554 no\nc: 554 no\n! relay");
}

TEST(SmtpClientRole, AServerThatSpeaksNoSmtp) {
  for (const TlsMode server : kModes) {
    if (server == kImp) continue;
    PlayBoth(kOff, server,
             "S: SSH-2.0-OpenSSH\nc: 421 4.4.1 proxy.example.org Service not available\n"
             "! fail protocol_error server");
    PlayBoth(kOff, server,
             "S+ 220 old\\n\nc: 421 4.4.1 proxy.example.org Service not available\n"
             "! fail protocol_error server");
  }
}

TEST(SmtpClientRole, TheEndOfTheServerInEachPhase) {
  const std::string unavailable = "c: 421 4.4.1 proxy.example.org Service not available\n";
  for (const TlsMode client : kModes) {
    for (const TlsMode server : kModes) {
      PlayBoth(client, server, "blame: server\n@ closed server\n" + unavailable + "! fail closed server");
      PlayBoth(client, server, "@ reset server\n" + unavailable + "! fail reset server");
      PlayBoth(client, server, "@ timeout server\nc: 421 4.4.2 proxy.example.org Timeout\n! fail timeout server");
      PlayBoth(client, server, "@ drained none\nc: 421 4.3.2 proxy.example.org Shutting down\n! fail drained none");
    }
    PlayBoth(client, kReq,
             "S: 220 old\ns: HELLO proxy.example.org\nblame: server\n@ timeout server\n"
             "c: 421 4.4.2 proxy.example.org Timeout\n! fail timeout server");
    PlayBoth(client, kReq,
             "S: 220 old\ns: HELLO proxy.example.org\nS: 250-old\nS: 250 STARTTLS\ns: STARTTLS\nblame: server\n"
             "@ reset server\n" +
                 unavailable + "! fail reset server");
    PlayBoth(
        client, kReq,
        "S: 220 old\ns: HELLO proxy.example.org\nS: 250-old\nS: 250 STARTTLS\ns: STARTTLS\nS: 220 go\n! tls-server\n"
        "blame: server\n@ timeout server\nc: 421 4.4.2 proxy.example.org Timeout\n! fail timeout server");
  }
}

}  // namespace
}  // namespace starlock::test
