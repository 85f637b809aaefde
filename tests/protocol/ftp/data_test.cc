// Data connections, seen from the control connection.

#include <gtest/gtest.h>

#include "scenes.h"

namespace starlock::test {
namespace {

const std::string kPassive =
    "C: EPSV\ns: EPSV\nS: 229 (|||4|)\ndata: open 4 listen\n@ data 192.0.2.7 9\n"
    "c: 229 Entering Extended Passive Mode (|||9|).\n";

TEST(FtpData, ActiveIsPassiveBehind) {
  PlayFtp(kOff, kOff, R"(
    C: PORT 198,51,100,9,19,137
    s: EPSV
    S: 229 ok (|||40001|)
    data: open 40001 dial 5001
    @ data 192.0.2.7 0
    c: 200 Data address accepted
    C: RETR x
    s: RETR x
    data: begin clear clear
    S: 150 go
    c: 150 go
    S: 226 done
    c: 226 done
  )");
  PlayFtp(kOff, kOff, "C: EPRT |1|198.51.100.9|5001|\ns: EPSV\nS: 229 ok (|||40001|)\ndata: open 40001 dial 5001\n");
  Play({"ftp", kOff, kOff, "2001:db8::9"},
       "S: 220 old\nc: 220 old\nC: EPRT |2|2001:DB8:0::9|5001|\ns: EPSV\nS: 229 ok (|||1|)\ndata: open 1 dial 5001\n");
}

// RFC 2577: no connection to a third host, or to a privileged port.
TEST(FtpData, Bounce) {
  for (const char* line : {"PORT 198,51,100,8,19,137", "PORT 198,51,100,9,0,25", "EPRT |1|198.51.100.8|5001|",
                           "EPRT |2|2001:db8::9|5001|", "EPRT |1|198.51.100.9|25|", "PORT 127,0,0,1,19,137"}) {
    PlayFtp(kOff, kOff, "C: " + std::string(line) + "\nc: 504 Address must be your own, port must be 1024 or higher\n");
  }
  for (const char* line : {"PORT", "PORT 198,51,100,9,19", "PORT 198,51,100,9,19,256", "PORT 198,51,100,9,19,137,1",
                           "PORT 198.51.100.9.1.1", "PORT 198,51,100,9,19,137x", "EPRT", "EPRT |1|198.51.100.9|x|",
                           "EPRT |2|198.51.100.9|5001|", "EPRT |1|198.51.100.9|5001", "EPRT |1|198.51.100.9|5001|x",
                           "EPRT |3|x|5001|", "EPRT |||5001|"}) {
    PlayFtp(kOff, kOff, "C: " + std::string(line) + "\nc: 501 Syntax error in address\n");
  }
  // Lines that some server takes for PORT.
  for (const char* line : {"P\xff\xf4ORT 1,2,3,4,5,6", "PORT\v1,2,3,4,5,6", " PORT 1,2,3,4,5,6", "P@SW", "\xff\xf2"}) {
    PlayFtp(kOff, kOff, "C: " + std::string(line) + "\nc: 500 Syntax error\n");
  }
}

// inetutils-ftpd splits a line at 511 bytes and executes the rest.
TEST(FtpData, ALongLineMayHideNoCommand) {
  for (const char* hidden : {"PORT 1,2,3,4,5,6", "list", "AUTH TLS", "PROT C"}) {
    PlayFtp(kOff, kOff, "C: NOOP " + std::string(506, 'x') + hidden + "\nc: 500 Syntax error\n");
  }
  const std::string harmless = "CWD " + std::string(600, 'x');
  PlayFtp(kOff, kOff, "C: " + harmless + "\ns: " + harmless + "\n");
}

// X3: verbs that would open a data connection of the upstream's own.
TEST(FtpData, VerbsThatAreRefused) {
  for (const char* line : {"LPRT 4,4,1,2,3,4,2,5,6", "LPSV", "SPSV", "CPSV", "XPSV", "cpsv", "SSCN ON"}) {
    PlayFtp(kOff, kOff, "C: " + std::string(line) + "\nc: 502 Command not implemented\n");
  }
}

TEST(FtpData, AnAddressThatNobodyAskedFor) {
  for (const char* reply : {"227 Entering Passive Mode (10,0,0,1,4,1)", "228 Long (4,4,10,0,0,1,2,4,1)",
                            "229 Entering (|||1025|)", "227", "227-10,0,0,1,4,1\nS: 227 end"}) {
    for (const char* line : {"XOPEN", "NOOP", "HELP", "STAT", "ABOR", "RETR x", "SITE PASV"}) {
      PlayFtp(kOff, kOff,
              "C: " + std::string(line) + "\ns: " + line + "\nS: " + reply + "\nc: 502 Command not implemented\n" +
                  "C: NOOP\ns: NOOP\nS: 200 fine\nc: 200 fine\n");
    }
    PlayFtp(kOff, kOff, "C: NOOP\ns: NOOP\nS: 200 fine\nS: " + std::string(reply) + "\nc: 200 fine\n");
    PlayFtp(kOpp, kOff,
            "C: NOOP\ns: NOOP\nS: " + std::string(reply) +
                "\nc: 502 Command not implemented\nC: AUTH TLS\nc: 503 AUTH not allowed after other commands\n");
  }
  PlayFtp(
      kOff, kOff,
      "C: X\ns: X\nS: 226 x\nc: 226 x\nC: X\ns: X\nS: 22\nc: 421 Service not available\n! fail protocol_error server");
}

// RFC 2428 4.
TEST(FtpData, EpsvAll) {
  PlayFtp(kOff, kOff, R"(
    C: EPSV ALL
    c: 200 EPSV ALL accepted
    C: PASV
    c: 503 Only EPSV is allowed after EPSV ALL
    C: PORT 198,51,100,9,19,137
    c: 503 Only EPSV is allowed after EPSV ALL
    C: EPRT |1|198.51.100.9|5001|
    c: 503 Only EPSV is allowed after EPSV ALL
    C: EPSV
    s: EPSV
    S: 229 (|||4|)
    data: open 4 listen
  )");
}

TEST(FtpData, AServerWithoutEpsv) {
  PlayFtp(kOff, kOff, R"(
    C: PASV
    s: EPSV
    S: 500 what?
    s: PASV
    S: 227 Entering Passive Mode (10,0,0,1,156,65)
    data: open 40001 listen
    @ data 192.0.2.7 50001
    c: 227 Entering Passive Mode (192,0,2,7,195,81).
    C: LIST
    s: LIST
    data: begin clear clear
    S: 150 go
    S: 226 done
    c: 150 go
    c: 226 done
    C: EPSV
    s: PASV
    S: 227 here: 10,0,0,1,156,66
    data: open 40002 listen
  )");
  PlayFtp(kOff, kOff, "C: PASV\ns: EPSV\nS: 530 log in\nc: 530 log in\nC: PASV\ns: EPSV\nS: 425 no\nc: 425 no\n");
  for (const char* answer : {"229 ok", "229 (|||0|)", "229 (|||70000|)", "229 (||x4|)", "229 (|||4", "200 ok"}) {
    PlayFtp(kOff, kOff, "C: PASV\ns: EPSV\nS: " + std::string(answer) + "\nc: 425 Can't open data connection\n");
  }
}

TEST(FtpData, FamiliesOfEpsv) {
  PlayFtp(kOff, kOff,
          "C: EPSV ALL\nc: 200 EPSV ALL accepted\nC: EPSV 2\n"
          "c: 522 Network protocol not supported, use (1)\nC: EPSV 1\ns: EPSV\n");
  Play({"ftp", kOff, kOff, "2001:db8::9"}, R"(
    S: 220 old
    c: 220 old
    C: EPSV 1
    c: 522 Network protocol not supported, use (2)
    C: PASV
    s: EPSV
    S: 229 (|||4|)
    data: open 4 listen
    @ data 2001:db8::1 50001
    c: 522 Network protocol not supported, use EPSV
    data: close
  )");
}

TEST(FtpData, NoConnectionToBeHad) {
  PlayFtp(kOff, kOff,
          "C: EPSV\ns: EPSV\nS: 229 (|||4|)\ndata: open 4 listen\nC: NOOP\n@ data failed\n"
          "c: 425 Can't open data connection\ns: NOOP\n");
  PlayFtp(kOff, kOff,
          kPassive + "C: RETR x\ns: RETR x\ndata: begin clear clear\nS: 550 no x\nc: 550 no x\ndata: close\n");
  // The client asked for no data connection: the server's error is passed on.
  PlayFtp(kOff, kOff, "C: RETR x\ns: RETR x\nS: 425 where?\nc: 425 where?\n");
}

// A transfer that lost bytes is not reported as a success. An error of the server is passed on.
TEST(FtpData, Truncation) {
  const std::string begun = kPassive + "C: RETR x\ns: RETR x\ndata: begin clear clear\nS: 150 go\nc: 150 go\n";
  PlayFtp(kOff, kOff, begun + "@ data broken\n");
  PlayFtp(kOff, kOff, begun + "@ data broken\nS: 226 done\nc: 426 Data connection lost, transfer incomplete\n");
  PlayFtp(kOff, kOff, begun + "@ data broken\nS: 451 no\nc: 451 no\nC: NOOP\ns: NOOP\nS: 200 ok\nc: 200 ok\n");
  PlayFtp(kOff, kOff,
          begun + "S: 226-done\nS: 226 really\nc: 226-done\nc: 226 really\n@ data broken\n" + kPassive +
              "C: STOR y\ns: STOR y\ndata: begin clear clear\nS: 125 go\nS: 250 done\n"
              "c: 125 go\nc: 250 done\n");
}

// The client already has its 229. No reply follows until it sends another command.
TEST(FtpData, LostBeforeTheTransfer) {
  const std::string lost = kPassive + "@ data failed\n";
  PlayFtp(kOff, kOff, lost + "C: RETR x\ns: RETR x\nS: 425 where?\nc: 425 where?\ndata: close\n");
  PlayFtp(kOff, kOff,
          lost +
              "C: STOR x\ns: STOR x\nS: 150 go\nc: 150 go\nS: 226 done\n"
              "c: 426 Data connection lost, transfer incomplete\n");
  PlayFtp(kOff, kOff,
          kPassive +
              "C: EPSV\ns: EPSV\n@ data failed\nS: 229 (|||4|)\ndata: open 4 listen\n@ data 192.0.2.7 9\n"
              "c: 229 Entering Extended Passive Mode (|||9|).\n");
  PlayFtp(kOff, kOff, lost + kPassive + "C: RETR x\ns: RETR x\ndata: begin clear clear\n");
}

// An unknown verb whose 1xx reply shows that it is a transfer.
TEST(FtpData, AnUnknownTransfer) {
  const std::string begun = kPassive + "C: XGET x\ns: XGET x\nS: 150 go\nc: 150 go\ndata: begin clear clear\n";
  PlayFtp(kOff, kOff, begun + "S: 226 done\nc: 226 done\nC: NOOP\ns: NOOP\nS: 200 ok\nc: 200 ok\n");
  PlayFtp(kOff, kOff, begun + "@ data broken\nS: 226 done\nc: 426 Data connection lost, transfer incomplete\n");
  PlayFtp(kOff, kOff, begun + "C: ABOR\ns: ABOR\nS: 426 cut\nS: 226 aborted\nc: 426 cut\nc: 226 aborted\n");
  PlayFtp(kOff, kOff,
          begun + "S: 226 done\nc: 226 done\n" + kPassive + "C: RETR x\ns: RETR x\ndata: begin clear clear\n");
  // The client's protection level does not allow it.
  PlayFtp(kReq, kOff, kPassive + "C: XGET x\ns: XGET x\nS: 150 go\nc: 150 go\nS: 226 done\nc: 226 done\n");
}

// A multi-line reply is replaced as a whole.
TEST(FtpData, TruncationWhileStatIsOutstanding) {
  const std::string begun = kPassive + "C: RETR x\ns: RETR x\ndata: begin clear clear\nS: 150 go\nc: 150 go\n";
  PlayFtp(
      kOff, kOff,
      begun +
          "C: STAT\ns: STAT\n@ data broken\nS: 226-all\nS: 226 done\nc: 426 Data connection lost, transfer incomplete\n"
          "S: 211-half\nS: 211 done\nc: 211-half\nc: 211 done\n");
  PlayFtp(kOff, kOff,
          begun +
              "C: STAT\ns: STAT\nC: ABOR\ns: ABOR\n@ data broken\nS: 213 half\nc: 213 half\nS: 226 done\n"
              "c: 426 Data connection lost, transfer incomplete\nS: 226 aborted\nc: 226 aborted\nC: NOOP\ns: NOOP\n");
}

TEST(FtpData, AbortedAndAskedAbout) {
  const std::string begun = kPassive +
                            "C: REST 100\ns: REST 100\nS: 350 ok\nc: 350 ok\nC: RETR x\ns: RETR x\n"
                            "data: begin clear clear\nS: 150 go\nc: 150 go\n";
  PlayFtp(kOff, kOff,
          begun +
              "C+ \\xff\\xf4\\xff\\xf2ABOR\\r\\n\ns: ABOR\nC: NOOP\nS: 426 cut\nc: 426 cut\ns: NOOP\n"
              "S: 226 aborted\nc: 226 aborted\nS: 200 ok\nc: 200 ok\n");
  // One reply to both: the next command does not wait for a second one. If that arrives late, it does not answer PASV.
  PlayFtp(kOff, kOff,
          begun + "C: ABOR\ns: ABOR\nS: 226 all sent\nc: 226 all sent\nC: SYST\ns: SYST\nS: 215 UNIX\nc: 215 UNIX\n");
  PlayFtp(kOff, kOff,
          begun +
              "C: ABOR\ns: ABOR\nS: 426 cut\nc: 426 cut\nC: PASV\ns: EPSV\nS: 226 aborted\nc: 226 aborted\n"
              "S: 500 no\ns: PASV\nS: 425 no\nc: 425 no\n");
  // A late reply while no command is outstanding: it does not answer the next transfer.
  PlayFtp(kOff, kOff,
          begun +
              "C: ABOR\ns: ABOR\nS: 426 cut\nc: 426 cut\nC: CCC\nc: 534 CCC not allowed\n"
              "S: 226 aborted\nc: 226 aborted\nC: RETR x\ns: RETR x\nS: 226 empty\nc: 226 empty\nC: NOOP\ns: NOOP\n");
  PlayFtp(kOff, kOff,
          begun +
              "C: STAT\ns: STAT\nS: 213-half\nS: 226 not the end\nS: 213 done\n"
              "c: 213-half\nc: 226 not the end\nc: 213 done\nS: 226 done\nc: 226 done\n");
  PlayFtp(kOff, kOff, begun + "C: QUIT\nS: 226 done\nc: 226 done\ns: QUIT\n");
}

TEST(FtpData, CommandsOneByOne) {
  PlayFtp(kOff, kOff, R"(
    C: USER a
    C: PASS b
    C: TYPE I
    s: USER a
    S: 331 who?
    c: 331 who?
    s: PASS b
    S: 230-in
    S:  and welcome
    S: 230 now
    c: 230-in
    c:  and welcome
    c: 230 now
    s: TYPE I
    S: 200 ok
    c: 200 ok
    S: 421 you slept
    c: 421 you slept
  )");
}

}  // namespace
}  // namespace starlock::test
