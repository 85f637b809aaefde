// The leg to the client: AUTH, PBSZ, PROT, FEAT, and refusals.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "scenes.h"

namespace starlock::test {
namespace {

// RFC 4217 12.1: a client that must upgrade. Nothing is sent to the upstream before.
TEST(FtpServerRole, RequiredAndUpgraded) {
  Play({"ftp", kReq, kOff}, R"(
    S: 220 old
    c: 220 old
    C: FEAT
    c: 211-Features:
    c:  AUTH TLS
    c:  PBSZ
    c:  PROT
    c: 211 End
    C: NOOP
    c: 200 OK
    C: USER fred
    c: 530 TLS required, use AUTH TLS first
    C: PBSZ 0
    c: 503 Use AUTH TLS first
    C: AUTH TLS
    c: 234 Ready for TLS
    ! tls-client
    @ up
    C: PBSZ 0
    c: 200 PBSZ 0
    C: PROT P
    c: 200 Protection level set to Private
    C: USER fred
    s: USER fred
    S: 331 who?
    c: 331 who?
    C: PASS pass
    s: PASS pass
    S: 230 in
    c: 230 in
    C: EPSV
    s: EPSV
    S: 229 Entering (|||40001|)
    data: open 40001 listen tls
    @ data 192.0.2.7 50001
    c: 229 Entering Extended Passive Mode (|||50001|).
    C: RETR file
    s: RETR file
    data: begin tls clear
    S: 150 here
    S: 226 done
    c: 150 here
    c: 226 done
  )");
}

TEST(FtpServerRole, RefusedBeforeTls) {
  for (const char* line : {"USER fred", "CWD /", "PASV", "PORT 198,51,100,9,20,1", "RETR x", "CCC", "REIN", "STAT",
                           "HELP", "ABOR", "XFOO", "ADAT x", " USER x", "\xff\xf4USER x"}) {
    Play({"ftp", kReq, kOff},
         "S: 220 old\nc: 220 old\nC: " + std::string(line) +
             "\nc: 530 TLS required, use AUTH TLS first\nC: QUIT\nc: 221 Goodbye\n! fail tls_required client");
  }
}

TEST(FtpServerRole, MechanismsOfAuth) {
  const std::string up = "\nc: 234 Ready for TLS\n! tls-client\n";
  for (const TlsMode client : {kOpp, kReq}) {
    for (const char* name : {"TLS", "tls", "TLS-C", "TLS  "}) {
      Play({"ftp", client, kOff}, "S: 220 old\nc: 220 old\nC: AUTH " + std::string(name) + up);
    }
    for (const char* name : {"SSL", "TLS-P", "GSSAPI", "TLS x", "T"}) {
      Play({"ftp", client, kOff}, "S: 220 old\nc: 220 old\nC: AUTH " + std::string(name) +
                                      "\nc: 504 Unknown mechanism, use AUTH TLS\nC: AUTH TLS" + up);
    }
    Play({"ftp", client, kOff}, "S: 220 old\nc: 220 old\nC: AUTH\nc: 501 AUTH requires a mechanism\nC: AUTH TLS" + up);
  }
  for (const TlsMode server : kModes) {
    PlayFtp(kOff, server,
            "C: AUTH TLS\nc: 502 AUTH not available\nC: PBSZ 0\nc: 502 PBSZ not available\n"
            "C: PROT P\nc: 502 PROT not available\n");
    PlayFtp(kImp, server, "C: AUTH TLS\nc: 503 TLS is already active\n");
    PlayFtp(kReq, server, "C: AUTH TLS\nc: 503 TLS is already active\n");
  }
}

// C1, C3: bytes after AUTH in the same segment are given to TLS only.
TEST(FtpServerRole, CommandInjection) {
  for (const TlsMode client : {kOpp, kReq}) {
    const auto driver = PlayOnce({"ftp", client, kOff},
                                 "S: 220 old\nc: 220 old\nC: AUTH TLS\nC: FEAT\nc: 234 Ready for TLS\n"
                                 "T: FEAT\n! tls-client\n@ up\nC: PBSZ 0\nc: 200 PBSZ 0\n");
    EXPECT_EQ(driver.said(Side::kServer), "");
  }
}

// F1, W: exact forms leave the window open.
TEST(FtpServerRole, TheWindow) {
  for (const TlsMode server : {kOff, kReq}) {
    PlayFtp(kOpp, server, R"(
      C: SYST
      s: SYST
      S: 215 UNIX
      c: 215 UNIX
      C: FEAT
      s: FEAT
      S: 211-Extensions
      S:  UTF8
      S:  AUTH SSL
      S:  MDTM
      S: 211 End
      c: 211-Extensions
      c:  AUTH TLS
      c:  PBSZ
      c:  PROT
      c:  UTF8
      c:  MDTM
      c: 211 End
      C: AUTH TLS
      c: 234 Ready for TLS
      ! tls-client
      @ up
      C: FEAT
      s: FEAT
      S: 211-Extensions
      S:  AUTH TLS
      S:  UTF8
      S: 211 End
      c: 211-Extensions
      c:  PBSZ
      c:  PROT
      c:  UTF8
      c: 211 End
    )");
  }
  for (const char* line : {"SYST", "NOOP", "HELP", "QUIT", "noop", "hElP"}) {
    PlayFtp(kOpp, kOff,
            "C: " + std::string(line) + "\ns: " + line +
                "\nC: AUTH TLS\nS: 200-fine\nS: 200 fine\nc: 200-fine\nc: 200 fine\n"
                "c: 234 Ready for TLS\n! tls-client\n@ up\n");
  }
}

constexpr const char* kClosed = R"(
    C: AUTH TLS
    c: 503 AUTH not allowed after other commands
    C: FEAT
    s: FEAT
    S: 211-Extensions
    S:  AUTH TLS
    S:  PROT
    S:  UTF8
    S: 211 End
    c: 211-Extensions
    c:  UTF8
    c: 211 End)";

// W: everything else crosses as it came, and closes the window for good.
TEST(FtpServerRole, TheWindowCloses) {
  for (const TlsMode server : {kOff, kReq}) {
    for (const char* line : {"USER fred",    "CWD /",  "TYPE I", "STAT",   "STAT x",     "XFOO",       "ABOR",
                             "OPTS UTF8 ON", "CLNT x", "LANG",   "HOST x", "HELP x",     "HELP ",      "NOOP x",
                             "NOOP \\t",     "SYST  ", "FEAT x", "QUIT x", "NOOP \\xe9", "NOOP x\\x7f"}) {
      PlayFtp(kOpp, server,
              "C+ " + std::string(line) + "\\r\\n\ns+ " + line + "\\r\\n\nS: 200 fine\nc: 200 fine" + kClosed);
    }
    // W2: inetutils-ftpd splits a line at 511 bytes, and executes the rest.
    const std::string split = "NOOP" + std::string(506, ' ') + "USER m";
    PlayFtp(kOpp, server, "C: " + split + "\ns: " + split + "\nS: 200 fine\nc: 200 fine" + kClosed);
  }
  // Telnet's signals are not passed on, but whoever sent them does not follow the closed list.
  PlayFtp(kOpp, kOff, std::string("C+ \\xff\\xf4NOOP\\r\\n\ns: NOOP\nS: 200 fine\nc: 200 fine") + kClosed);
  PlayFtp(kOpp, kOff, std::string("C: EPSV ALL\nc: 200 EPSV ALL accepted") + kClosed);
}

// W3: an answer that matches no question closes the window, and AUTH does not overtake it.
TEST(FtpServerRole, AnAnswerToNoQuestion) {
  for (const char* unasked : {"200 more", "230-in", "120 soon", "421 bye"}) {
    const bool goes_on = unasked[3] == '-';
    const std::string last = goes_on ? std::string("S: 230 end\n") : "";
    PlayFtp(kOpp, kOff,
            "C: NOOP\ns: NOOP\nS: 200 fine\nS: " + std::string(unasked) + "\n" + last + "c: 200 fine\nc: " + unasked +
                (goes_on ? "\nc: 230 end" : "") + kClosed);
  }
  DialogueDriver driver = PlayOnce({"ftp", kOpp, kOff}, "S: 220 old\nc: 220 old\nC: NOOP\ns: NOOP\n");
  driver.Arrive(Side::kClient, "AUTH TLS\r\n");
  driver.Arrive(Side::kServer, "200 fine\r\n230");
  EXPECT_EQ(driver.said(Side::kClient), "220 old\r\n200 fine\r\n503 AUTH not allowed after other commands\r\n");
}

// W: after TLS the server is silent until something crosses from inside. Our own answers do not count.
TEST(FtpServerRole, TheServerSpeaksBeforeItIsAsked) {
  for (const TlsMode server : {kOff, kReq}) {
    const std::string up = "C: AUTH TLS\nc: 234 Ready for TLS\n! tls-client\n";
    const std::string failed = "c: 421 Service not available\n! fail protocol_error server";
    for (const char* unasked : {"200 fine", "230 in", "4", "x", "120 soon", "422 bye"}) {
      const std::string said = "S+ " + std::string(unasked) + (unasked[1] == '\0' ? "" : "\\r\\n") + "\n";
      const std::string half = unasked == std::string("4") ? said + "--\nS: 00 x\n" : said;
      PlayFtp(kOpp, server, up + "@ up\n" + half + failed);
      PlayFtp(kOpp, server, up + "@ up\nC: PBSZ 0\nc: 200 PBSZ 0\n" + half + failed);
    }
    PlayFtp(kOpp, server, up + "@ up\nS: 421 bye\nc: 421 bye\n");
    PlayFtp(kOpp, server, up + "@ up\nS: 421-bye\nS: 421 bye\nc: 421-bye\nc: 421 bye\nS: 200 more\n" + failed);
    PlayFtp(kOpp, server, up + "@ up\nC: NOOP\ns: NOOP\nS: 200 fine\nc: 200 fine\nS: 200 more\nc: 200 more\n");
  }
  // A goodbye that has begun: the client's command waits for its end.
  DialogueDriver driver =
      PlayOnce({"ftp", kOpp, kOff}, "S: 220 old\nc: 220 old\nC: AUTH TLS\nc: 234 Ready for TLS\n! tls-client\n@ up\n");
  driver.Arrive(Side::kServer, "42");
  driver.Arrive(Side::kClient, "NOOP\r\n");
  EXPECT_EQ(driver.said(Side::kServer), "");
  driver.Arrive(Side::kServer, "1 bye\r\n");
  EXPECT_EQ(driver.said(Side::kServer), "NOOP\r\n");
}

TEST(FtpServerRole, FeaturesWhereThereAreNone) {
  for (const char* answer : {"211 no features", "500 what?", "502 no"}) {
    PlayFtp(kOpp, kOff,
            "C: FEAT\ns: FEAT\nS: " + std::string(answer) +
                "\nc: 211-Features:\nc:  AUTH TLS\nc:  PBSZ\nc:  PROT\nc: 211 End\n");
    PlayFtp(kOff, kOff, "C: FEAT\ns: FEAT\nS: " + std::string(answer) + "\nc: " + answer + "\n");
  }
}

// A multi-line error is passed on unchanged, and AUTH still works.
TEST(FtpServerRole, AnErrorOfManyLinesIsNoListOfFeatures) {
  for (const char* code : {"502", "500", "421", "211"}) {
    const std::string first = code;
    const bool list = first == "211";
    PlayFtp(kOpp, kOff,
            "C: FEAT\ns: FEAT\nS: " + first + "-Not here:\nS:  AUTH TLS\nS: see HELP\nS: " + first + " Sorry\nc: " +
                first + "-Not here:\n" + (list ? "c:  AUTH TLS\nc:  PBSZ\nc:  PROT\n" : "c:  AUTH TLS\n") +
                "c: see HELP\nc: " + first + " Sorry\nC: AUTH TLS\nc: 234 Ready for TLS\n! tls-client\n@ up\n");
  }
}

TEST(FtpServerRole, LevelsOfProtection) {
  PlayFtp(kReq, kOff, R"(
    C: PROT P
    c: 503 Use PBSZ first
    C: PBSZ x
    c: 501 PBSZ requires a number
    C: PBSZ 1024
    c: 200 PBSZ=0
    C: PROT S
    c: 536 Protection level not supported, use P or C
    C: PROT X
    c: 504 Unknown protection level, use P or C
    C: STOR x
    c: 521 Data connection must be protected, use PROT P first
    C: PROT p
    c: 200 Protection level set to Private
    C: PROT C
    c: 200 Protection level set to Clear
    C: MLSD
    c: 521 Data connection must be protected, use PROT P first
    C: CCC
    c: 534 CCC not allowed
    C: REIN
    c: 502 REIN not available inside TLS
    C: ENC x
    c: 502 Command not implemented
  )");
  // Where TLS is optional for the client, PROT is too. Each leg has its own protection.
  for (const TlsMode server : {kOff, kReq, kImp}) {
    const std::string theirs = server == kOff ? "clear" : "tls";
    const auto open = [](const char* listen) {
      return fmt::format(
          "C: EPSV\ns: EPSV\nS: 229 (|||4|)\ndata: open 4 {}\n@ data 192.0.2.7 9\n"
          "c: 229 Entering Extended Passive Mode (|||9|).\nC: LIST\ns: LIST\n",
          listen);
    };
    const std::string done = "S: 150 go\nc: 150 go\nS: 226 done\nc: 226 done\n";
    PlayFtp(kOpp, server,
            "C: AUTH TLS\nc: 234 Ready for TLS\n! tls-client\n@ up\n" + open("listen") + "data: begin clear " + theirs +
                "\n" + done + "C: PBSZ 0\nc: 200 PBSZ 0\nC: PROT P\nc: 200 Protection level set to Private\n" +
                open("listen tls") + "data: begin tls " + theirs + "\n" + done);
    PlayFtp(kImp, server, open("listen tls") + "data: begin tls " + theirs + "\n" + done);
    PlayFtp(kOff, server, open("listen") + "data: begin clear " + theirs + "\n" + done);
  }
}

TEST(FtpServerRole, TooManyRefusals) {
  for (const TlsMode client : {kOff, kReq}) {
    DialogueDriver driver = PlayOnce({"ftp", client, kOff}, "S: 220 old\nc: 220 old\n");
    for (int i = 0; i < 100; ++i) driver.Arrive(Side::kClient, "PROT P\r\n");
    EXPECT_EQ(driver.act(), ActKind::kRead);
    driver.Arrive(Side::kClient, "PROT P\r\n");
    EXPECT_EQ(driver.act(), ActKind::kFail);
    EXPECT_EQ(driver.failure().end, End::kLimit);
  }
}

TEST(FtpServerRole, LastWords) {
  PlayFtp(kOff, kOff, "@ drained none\nc: 421 Shutting down\n! fail drained none");
  PlayFtp(kReq, kReq, "@ idle none\nc: 421 Timeout\n! fail idle none");
  Play({"ftp", kReq, kOff},
       "@ connect_failed server\nc: 421 Service not available\n"
       "! fail connect_failed server");
  Play({"ftp", kOff, kOff},
       "S: 220 old\nc: 220 old\nC+ NOOP\\nUSER x\\r\\n\n"
       "c: 500 Syntax error: LF without CR\n! fail protocol_error client");
}

// F3: nothing is normalised.
TEST(FtpServerRole, Framing) {
  for (const TlsMode client : {kOff, kOpp, kReq}) {
    for (const auto& [line, why] : {std::pair{"NOOP\\nAUTH TLS\\r\\n", "LF without CR"},
                                    {"AUTH TLS\\n", "LF without CR"},
                                    {"NOOP\\rUSER m\\r\\n", "CR without LF"},
                                    {"NOOP\\r\\r\\n", "CR without LF"},
                                    {"NO\\0OP\\r\\n", "NUL in a line"}}) {
      Play({"ftp", client, kOff}, "S: 220 old\nc: 220 old\nC+ " + std::string(line) + "\nc: 500 Syntax error: " + why +
                                      "\n! fail protocol_error client");
    }
  }
}

// G1: nothing of ours is said in the middle of a reply, which is passed on line by line.
TEST(FtpServerRole, NoLastWordsInAReply) {
  const std::string half = "C: HELP\ns: HELP\nS: 214-one\nc: 214-one\n";
  PlayFtp(kOff, kOff, half + "@ idle none\n! fail idle none");
  PlayFtp(kOff, kOff, half + "C+ NOOP\\n\n! fail protocol_error client");
  PlayFtp(kOff, kOff, half + "C: PROT P\nS: 214 two\nc: 214 two\nc: 502 PROT not available\n");
  PlayFtp(kOff, kOff, half + "S: 214 two\nc: 214 two\n@ idle none\nc: 421 Timeout\n! fail idle none");
  // The command after an ABOR does not wait for its reply, unless that has begun.
  PlayFtp(kOff, kOff,
          "C: ABOR\ns: ABOR\nS: 226-one\nc: 226-one\nC: PROT P\nS: 226 two\nc: 226 two\n"
          "c: 502 PROT not available\n");
}

}  // namespace
}  // namespace starlock::test
