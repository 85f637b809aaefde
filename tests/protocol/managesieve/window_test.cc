// ManageSieve's upgrade window: which exact forms keep it open, and what stands after it.

#include "window.h"

namespace starlock::test {
namespace {

const Window& Sieve() {
  static const Window kWindow = {"managesieve",
                                 "\"SASL\" \"PLAIN\"\r\nOK\r\n",
                                 "STARTTLS\r\n",
                                 "OK \"Begin TLS negotiation now\"\r\n",
                                 "NO \"Too late for STARTTLS\"\r\n",
                                 "NO \"STARTTLS is not available\"\r\n"};
  return kWindow;
}

TEST(ManagesieveWindow, OnlyExactFormsKeepItOpen) {
  ExpectKeepOpen(Sieve(), {{"CAPABILITY\r\n", "\"SASL\" \"PLAIN\"\r\nOK\r\n"},
                           {"capability\r\n", "NO\r\n"},
                           {"NOOP\r\n", "OK {3}\r\nabc\r\n"},
                           {"noop\r\n", "OK\r\n"},
                           {"LOGOUT\r\n", "OK\r\n"}});
  std::vector<Exchange> others;
  for (const std::string form :
       {"NOOP \"x\"", "NOOP {3+}\r\nabc", "NOOP ", "NOOP x", "CAPABILITY \"x\"", "CAPABILITY {3+}\r\nabc",
        "CAPABILITY ", "CAPABILITY \\\\ {3+}\r\nabc", "LOGOUT x", "LOGOUT ", "XNOOP", "LISTSCRIPTS",
        "HAVESPACE \"a\" 1", "AUTHENTICATE \"PLAIN\" \"AA==\""}) {
    others.push_back({form + "\r\n", "NO\r\n"});
  }
  others.push_back({"NOOP \"" + std::string(300, 'x') + "\"\r\n", "OK\r\n"});
  ExpectClose(Sieve(), others);
}

TEST(ManagesieveWindow, AnAnswerThatAnswersNothingClosesIt) {
  ExpectUnaskedCloses(Sieve(), {"OK\r\n", "NO \"x\"\r\n", "BYE \"x\"\r\n", "\"x\"\r\n", "OK {3}\r\nabc\r\n"});
}

TEST(ManagesieveWindow, TheServerIsSilentAfterTls) {
  ExpectSilence(Sieve(), {"OK \"forged\"\r\n", "NO \"forged\"\r\n", "\"SIEVE\" \"forged\"\r\n", "OK {6}\r\nforged\r\n"},
                "BYE \"idle\"\r\n", {"LISTSCRIPTS\r\n", "NO \"log in\"\r\n"});
}

TEST(ManagesieveWindow, OffMeansOff) {
  ExpectOff(Sieve(), {"CAPABILITY\r\n", "\"STARTTLS\"\r\n\"SASL\" \"X\"\r\nOK\r\n"}, "\"SASL\" \"X\"\r\nOK\r\n");
}

}  // namespace
}  // namespace starlock::test
