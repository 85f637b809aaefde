// The leg to the server: greeting, AUTH TLS, PBSZ and PROT, and every way in which the upgrade fails.

#include <gtest/gtest.h>

#include "scenes.h"

namespace starlock::test {
namespace {

// RFC 4217 12.2 and 12.6, spoken by the proxy for a client without TLS.
TEST(FtpClientRole, Rfc4217Example) {
  Play({"ftp", kOff, kReq}, R"(
    S: 220
    s: AUTH TLS
    blame: server
    S: 234
    ! tls-server
    @ up
    s: PBSZ 0
    S: 200
    s: PROT P
    S: 200
    c: 220
    C: USER fred
    s: USER fred
    S: 331
    c: 331
    C: PASS pass
    s: PASS pass
    S: 230
    c: 230
    C: PASV
    s: EPSV
    S: 229 Entering (|||40001|)
    data: open 40001 listen
    @ data 192.0.2.7 50001
    c: 227 Entering Passive Mode (192,0,2,7,195,81).
    C: STOR file
    s: STOR file
    data: begin clear tls
    S: 150
    c: 150
    S: 226
    c: 226
    C: QUIT
    s: QUIT
    S: 221
    c: 221
  )");
}

TEST(FtpClientRole, EveryPairOfModes) {
  for (const TlsMode client : kModes) {
    for (const TlsMode server : kModes) PlayFtp(client, server, "C: SYST\ns: SYST\nS: 215 UNIX\nc: 215 UNIX\n");
  }
}

TEST(FtpClientRole, GreetingsOfManyLinesAndADelay) {
  Play({"ftp", kOff, kReq}, R"(
    S: 120 in 5 minutes
    --
    S: 220-old
    S: 230 not the end
    S:   220 nor this
    S: 220 end
    s: AUTH TLS
    S: 234 go
    ! tls-server
    @ up
    s: PBSZ 0
    S: 200-a
    S: 200 b
    s: PROT P
    S: 200 fine
    c: 220-old
    c: 230 not the end
    c:   220 nor this
    c: 220 end
  )");
}

// S1: where TLS is required, only the exact success code continues, and no byte of the client is read before.
TEST(FtpClientRole, RequiredAndNotToBeHad) {
  const std::string bye = "\nc: 421 Service not available: no secure connection\n";
  for (const TlsMode client : {kOff, kOpp, kReq, kImp}) {
    for (const char* answer : {"500 what?", "502 no", "504 no", "530 log in first", "503 no"}) {
      Play({"ftp", client, kReq}, "C: USER eager\nS: 220 old\ns: AUTH TLS\nS: " + std::string(answer) + bye +
                                      "! fail starttls_not_offered server");
    }
    for (const char* answer : {"431 not now", "534 not you", "421 bye", "334 x", "200 fine", "232 x", "120 x"}) {
      Play({"ftp", client, kReq}, "C: USER eager\nS: 220 old\ns: AUTH TLS\nS: " + std::string(answer) + bye +
                                      "! fail starttls_refused server");
    }
  }
  Play({"ftp", kOff, kReq}, "S: 421 too many" + bye + "! fail starttls_not_offered server");
}

TEST(FtpClientRole, OpportunisticGoesOnInPlaintext) {
  for (const char* answer : {"500 what?", "504 no", "534 no"}) {
    Play({"ftp", kOff, kOpp}, "S: 220 old\ns: AUTH TLS\nS: " + std::string(answer) +
                                  "\nc: 220 old\nnote: the server\nC: PASV\ns: EPSV\nS: 229 (|||4|)\n"
                                  "data: open 4 listen\n@ data 192.0.2.7 256\n"
                                  "c: 227 Entering Passive Mode (192,0,2,7,1,0).\n"
                                  "C: NLST\ns: NLST\ndata: begin clear clear\n");
  }
  Play({"ftp", kOff, kOpp}, R"(
    S: 220 old
    s: AUTH TLS
    S: 234 go
    ! tls-server
    @ failed
    note: the TLS handshake with the server failed
    ! dial
    @ up
    S: 220 old
    c: 220 old
  )");
  Play({"ftp", kOff, kReq}, R"(
    S: 220 old
    s: AUTH TLS
    S: 234 go
    ! tls-server
    @ failed
    c: 421 Service not available: no secure connection
    ! fail handshake_failed server
  )");
}

// Where TLS is required, data is never sent in plaintext.
TEST(FtpClientRole, AServerThatDoesNotProtectData) {
  for (const TlsMode server : {kReq, kImp}) {
    const std::string begin =
        server == kReq ? "s: AUTH TLS\nS: 234 go\n! tls-server\n@ up\ns: PBSZ 0\n" : "s: PBSZ 0\n";
    Play({"ftp", kOff, server}, "S: 220 old\n" + begin +
                                    "S: 200 fine\ns: PROT P\nS: 536 no\n"
                                    "c: 421 Service not available: no secure connection\n"
                                    "! fail starttls_refused server");
    Play({"ftp", kOff, server}, "S: 220 old\n" + begin +
                                    "S: 500 what\nc: 421 Service not available: no secure connection\n"
                                    "! fail starttls_refused server");
  }
  Play({"ftp", kOff, kOpp}, R"(
    S: 220 old
    s: AUTH TLS
    S: 234 go
    ! tls-server
    @ up
    s: PBSZ 0
    S: 200 fine
    s: PROT P
    S: 536 no
    note: the server refuses to protect data
    c: 220 old
    C: EPSV
    s: EPSV
    S: 229 (|||4|)
    data: open 4 listen
    @ data 192.0.2.7 9
    c: 229 Entering Extended Passive Mode (|||9|).
    C: NLST
    s: NLST
    data: begin clear clear
  )");
}

// A server that accepts PROT only after the login. PROT is sent after the client's login, before the client gets its
// reply.
TEST(FtpClientRole, ProtectionAfterTheLogin) {
  const std::string_view login = R"(
    S: 220 old
    s: PBSZ 0
    S: 200 ok
    s: PROT P
    S: 530 log in
    c: 220 old
    C: EPSV
    c: 530 Not logged in
    C: USER a
    s: USER a
    S: 331 who?
    c: 331 who?
    C: PASS b
    s: PASS b
    S: 230-in
    c: 230-in
    S: 230 now
    s: PBSZ 0
    C: EPSV
    S: 200 ok
    s: PROT P
  )";
  Play({"ftp", kOff, kImp}, std::string(login) + R"(
    S: 200 ok
    c: 230 now
    s: EPSV
    S: 229 (|||4|)
    data: open 4 listen
    @ data 192.0.2.7 9
    c: 229 Entering Extended Passive Mode (|||9|).
    C: LIST
    s: LIST
    data: begin clear tls
  )");
  Play({"ftp", kOff, kImp}, std::string(login) + R"(
    S: 534 no
    c: 421 Service not available: no secure connection
    ! fail starttls_refused server
  )");
}

// Whatever an implicit server's greeting is, data is not sent in plaintext.
TEST(FtpClientRole, GreetingsOfImplicitServers) {
  Play({"ftp", kOff, kImp}, R"(
    S: 230 logged in already
    s: PBSZ 0
    S: 200 ok
    s: PROT P
    S: 200 ok
    c: 230 logged in already
    C: EPSV
    s: EPSV
    S: 229 (|||4|)
    data: open 4 listen
    @ data 192.0.2.7 9
    c: 229 Entering Extended Passive Mode (|||9|).
    C: LIST
    s: LIST
    data: begin clear tls
  )");
  Play({"ftp", kOff, kImp}, R"(
    S: 500 not now
    c: 500 not now
    C: EPSV
    c: 530 Not logged in
    C: USER a
    s: USER a
    S: 230 after all
    s: PBSZ 0
    S: 200 ok
    s: PROT P
    S: 200 ok
    c: 230 after all
  )");
}

// R1 to R3: a server that answers before a command, or that sends more after its go-ahead.
TEST(FtpClientRole, AnswersBeforeTheQuestion) {
  const std::string secure = "\nc: 421 Service not available: no secure connection\n";
  const std::string gone = "\nc: 421 Service not available\n";
  for (const TlsMode server : {kOpp, kReq}) {
    PlayOnce({"ftp", kOff, server},
             "S: 220 old\ns: AUTH TLS\nS: 234 go\nS: 220 injected" + secure + "! fail plaintext_after_starttls server");
    PlayOnce({"ftp", kOff, server},
             "S: 220 old\ns: AUTH TLS\nS+ 234 go\\r\\n2" + secure + "! fail plaintext_after_starttls server");
    PlayOnce({"ftp", kOff, server}, "S: 220 old\nS: 234 go" + gone + "! fail protocol_error server");
    PlayOnce({"ftp", kOff, server}, "S: 220 old\nS: 220 injected" + gone + "! fail protocol_error server");
  }
}

TEST(FtpClientRole, WhatIsNoReply) {
  const std::string gone = "\nc: 421 Service not available\n! fail protocol_error server";
  for (const char* line : {"hello", "22 x", "220x", " 220 old"})
    Play({"ftp", kOff, kReq}, "S: " + std::string(line) + gone);
  Play({"ftp", kOff, kReq}, "S+ 220 old\\n" + gone);
}

}  // namespace
}  // namespace starlock::test
