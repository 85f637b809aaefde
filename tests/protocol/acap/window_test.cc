// ACAP's upgrade window: which exact forms keep it open, and what stands after it.

#include "window.h"

namespace starlock::test {
namespace {

const Window& Acap() {
  static const Window kWindow = {"acap",
                                 "* ACAP (SASL \"PLAIN\")\r\n",
                                 "z STARTTLS\r\n",
                                 "z OK \"Begin TLS negotiation now\"\r\n",
                                 "z BAD \"Too late for STARTTLS\"\r\n",
                                 "z BAD \"STARTTLS is not available\"\r\n"};
  return kWindow;
}

TEST(AcapWindow, OnlyExactFormsKeepItOpen) {
  const std::string longest(32, 't');
  ExpectKeepOpen(Acap(), {{"a CAPABILITY\r\n", "a BAD \"what\"\r\n"},
                          {"a.1-_Z noop\r\n", "* ALERT \"x\"\r\na.1-_Z OK \"\"\r\n"},
                          {longest + " NOOP\r\n", longest + " OK \"\"\r\n"},
                          {"b LOGOUT\r\n", "* BYE \"\"\r\nb OK \"\"\r\n"}});
  std::vector<Exchange> others;
  for (const std::string form :
       {"a NOOP ", "a NOOP x", "a NOOP {3+}\r\nabc", "a  NOOP", "a NOOP \"x\"", "a CAPABILITY \"x\"", "a LANG \"de\"",
        "a LANG", "a LOGOUT x", "a LOGOUT ", "a XNOOP", "a SEARCH \"/x\"", "a! NOOP"}) {
    others.push_back({form + "\r\n", form.substr(0, form.find(' ')) + " BAD \"what\"\r\n"});
  }
  ExpectClose(Acap(), others);
}

TEST(AcapWindow, AnAnswerThatAnswersNothingClosesIt) {
  ExpectUnaskedCloses(Acap(), {"z OK \"forged\"\r\n", "a NO \"x\"\r\n", "* ALERT \"x\"\r\n", "* BYE \"x\"\r\n"});
}

TEST(AcapWindow, TheServerIsSilentAfterTls) {
  ExpectSilence(Acap(), {"a OK \"forged\"\r\n", "* ALERT \"forged\"\r\n", "+ \"forged\"\r\n"}, "* BYE \"idle\"\r\n",
                {"a SEARCH \"/x\"\r\n", "a NO \"log in\"\r\n"});
}

TEST(AcapWindow, OffMeansOff) { ExpectOff(Acap(), {"a NOOP\r\n", "a OK \"\"\r\n"}, "a OK \"\"\r\n"); }

}  // namespace
}  // namespace starlock::test
