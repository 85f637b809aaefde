// SMTP's and LMTP's upgrade window: which exact forms keep it open, and what stands after it.

#include "window.h"

#include "scenes.h"

namespace starlock::test {
namespace {

Window WindowOf(std::string_view protocol) {
  return {protocol,
          "220 old\r\n",
          "STARTTLS\r\n",
          "220 2.0.0 Ready to start TLS\r\n",
          "503 5.5.1 Too late for STARTTLS\r\n",
          "502 5.5.1 STARTTLS is not available\r\n"};
}

TEST(SmtpWindow, OnlyExactFormsKeepItOpen) {
  for (const std::string_view protocol : {"smtp", "lmtp"}) {
    std::vector<Exchange> harmless;
    for (const std::string form : {"EHLO c", "ehlo [127.0.0.1]", "EHLO", "HELO c", "helo c d", "LHLO c", "NOOP",
                                   "noop x", "NOOP {3+}", "NOOP ", "RSET", "rset", "QUIT", "quit"}) {
      harmless.push_back({form + "\r\n", "250 x\r\n"});
    }
    harmless.push_back({"NOOP " + std::string(248, 'x') + "\r\n", "250 x\r\n"});
    ExpectKeepOpen(WindowOf(protocol), harmless);

    std::vector<Exchange> others;
    for (const std::string form :
         {" NOOP",  "\tNOOP", "NOOP\tx",       "NOOP\t",      "NOOP \xe4", "NOOP \x7f",     "NOOPX", "RSET x", "RSET ",
          " RSET",  "QUIT x", "QUIT ",         "EHLO\tc",     " EHLO c",   "EHLO \xc3\xa9", "HELP",  "VRFY x", "EXPN x",
          "ETRN x", "TURN",   "MAIL FROM:<a>", "RCPT TO:<a>", "DATA",      "AUTH PLAIN x",  "XYZZY", ""}) {
      others.push_back({form + "\r\n", "500 what?\r\n"});
    }
    others.push_back({"NOOP " + std::string(249, 'x') + "\r\n", "250 x\r\n"});
    ExpectClose(WindowOf(protocol), others);
  }
}

TEST(SmtpWindow, AReplyThatAnswersNothingClosesIt) {
  for (const std::string_view protocol : {"smtp", "lmtp"}) {
    ExpectUnaskedCloses(WindowOf(protocol), {"250 x\r\n", "250-x\r\n250 y\r\n", "421 slow\r\n"});
  }
}

TEST(SmtpWindow, TheServerIsSilentAfterTls) {
  ExpectSilence(WindowOf("smtp"), {"250 x\r\n", "220 x\r\n", "235 x\r\n", "250-x\r\n250 y\r\n"}, "421 bye\r\n",
                {"EHLO c\r\n", "250 old\r\n"});
  ExpectSilence(WindowOf("lmtp"), {"250 x\r\n"}, "421-a\r\n421 bye\r\n", {"NOOP\r\n", "250 old\r\n"});
}

TEST(SmtpWindow, OffMeansOff) {
  ExpectOff(WindowOf("smtp"), {"EHLO c\r\n", "250-old\r\n250-SIZE\r\n250 STARTTLS\r\n"}, "250-old\r\n250 SIZE\r\n");
  ExpectOff(WindowOf("lmtp"), {"LHLO c\r\n", "250-old\r\n250 STARTTLS\r\n"}, "250 old\r\n");
}

}  // namespace
}  // namespace starlock::test
