// POP3's upgrade window: which exact forms keep it open, and what stands after it.

#include "window.h"

namespace starlock::test {
namespace {

const Window& Pop3() {
  static const Window kWindow = {"pop3",
                                 "+OK <1.2@old>\r\n",
                                 "STLS\r\n",
                                 "+OK Begin TLS negotiation\r\n",
                                 "-ERR Too late for STLS\r\n",
                                 "-ERR STLS is not available\r\n"};
  return kWindow;
}

TEST(Pop3Window, OnlyExactFormsKeepItOpen) {
  ExpectKeepOpen(Pop3(), {{"CAPA\r\n", "+OK\r\nTOP\r\n.\r\n"},
                          {"capa\r\n", "-ERR\r\n"},
                          {"NOOP\r\n", "-ERR not here\r\n"},
                          {"nOOp\r\n", "+OK\r\n"},
                          {"QUIT\r\n", "+OK\r\n"}});
  std::vector<Exchange> others;
  for (const std::string form :
       {" CAPA",    "CAPA ",  "CAPA x",     "CAPA\t", "\tNOOP",  "NOOP ", "NOOP x", "NOOP \xe4",
        "QUIT ",    "QUIT x", "NOOPX",      "LANG",   "LANG en", "UTF8",  "USER a", "PASS a",
        "APOP a b", "AUTH",   "AUTH PLAIN", "STAT",   "XYZZY",   ""}) {
    others.push_back({form + "\r\n", "-ERR what?\r\n"});
  }
  others.push_back({"NOOP " + std::string(300, 'x') + "\r\n", "-ERR what?\r\n"});
  ExpectClose(Pop3(), others);
}

TEST(Pop3Window, AReplyThatAnswersNothingClosesIt) {
  ExpectUnaskedCloses(Pop3(), {"+OK\r\n", "-ERR\r\n", "injected\r\n"});
}

TEST(Pop3Window, TheServerIsSilentAfterTls) {
  ExpectSilence(Pop3(), {"+OK x\r\n", "-ERR x\r\n", "x\r\n"}, "", {"USER a\r\n", "+OK\r\n"});
}

TEST(Pop3Window, OffMeansOff) { ExpectOff(Pop3(), {"CAPA\r\n", "+OK\r\nSTLS\r\nTOP\r\n.\r\n"}, "+OK\r\nTOP\r\n.\r\n"); }

}  // namespace
}  // namespace starlock::test
