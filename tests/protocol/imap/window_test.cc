// IMAP's upgrade window: which exact forms keep it open, and what stands after it.

#include "window.h"

namespace starlock::test {
namespace {

const Window& Imap() {
  static const Window kWindow = {"imap",
                                 "* OK old\r\n",
                                 "z STARTTLS\r\n",
                                 "z OK Begin TLS negotiation now\r\n",
                                 "z BAD Too late for STARTTLS\r\n",
                                 "z BAD STARTTLS is not available\r\n"};
  return kWindow;
}

std::string TagOf(const std::string& form) { return form.substr(0, form.find(' ')); }

TEST(ImapWindow, OnlyExactFormsKeepItOpen) {
  std::vector<Exchange> harmless;
  for (const std::string form : {"a CAPABILITY", "a capability", "a.1-_Z NOOP", "a noop", "a LOGOUT", "a ID NIL",
                                 "a id nil", "a ID (\"n\" \"v\")", "a ID (\"n\" \"v\" \"m\" \"{3+}\")",
                                 "a ID (\"n\" \"\")", "tttttttttttttttttttttttttttttttt NOOP"}) {
    harmless.push_back({form + "\r\n", "* OK x\r\n" + TagOf(form) + " OK done\r\n"});
  }
  harmless.push_back({"a ID (\"n\" \"" + std::string(240, 'x') + "\")\r\n", "a OK\r\n"});
  ExpectKeepOpen(Imap(), harmless);

  std::vector<Exchange> others;
  for (const std::string form : {"a NOOP ",
                                 "a NOOP x",
                                 "a NOOP {3+}\r\nabc",
                                 "a LOGOUT ) {3+}\r\nabc",
                                 "a CAPABILITY x",
                                 "a CAPABILITY ",
                                 "a LOGOUT ",
                                 "ttttttttttttttttttttttttttttttttt NOOP",
                                 "a! NOOP",
                                 "a ID",
                                 "a ID ()",
                                 "a ID  NIL",
                                 "a ID NIL ",
                                 "a ID (NIL)",
                                 "a ID (\"x-originating-ip\" \"192.0.2.1\")",
                                 "a ID (\"n\" \"v\" \"X-Session-Id\" \"1\")",
                                 "a ID (\"n\" \"v\" \"m\")",
                                 "a ID (\"n\" NIL)",
                                 "a ID (\"n\"  \"v\")",
                                 "a ID ( \"n\" \"v\")",
                                 "a ID (\"n\" \"v\" )",
                                 "a ID (\"n\" \"v\\\\\")",
                                 "a ID (\"n\" \"\\\"\")",
                                 "a ID (\"n\" {3+}\r\nabc)",
                                 "a ID NIL {3+}\r\nabc",
                                 "a ID (\"n\" \"v\") x",
                                 "a ID (\"n\" \"\xe4\")",
                                 "a ID (\"n\" \"\t\")",
                                 "a ENABLE UTF8=ACCEPT",
                                 "a LOGIN b c",
                                 "a SELECT x",
                                 "a XYZZY",
                                 "a AUTHENTICATE PLAIN AA=="}) {
    others.push_back({form + "\r\n", TagOf(form) + " BAD what\r\n"});
  }
  others.push_back({"a ID (\"n\" \"" + std::string(241, 'x') + "\")\r\n", "a OK\r\n"});
  ExpectClose(Imap(), others);
}

// W1: the literal that one server takes and another does not.
TEST(ImapWindow, ALiteralThatAServerMayNotTake) {
  const std::string smuggled = "X2 LOGIN m pw\r\nz APPEND INBOX {300}\r\n)";
  ExpectClose(Imap(),
              {{"a ID NIL {" + std::to_string(smuggled.size()) + "+}\r\n" + smuggled + "\r\n", "a BAD\r\n"},
               {"a ID (\"n\" {" + std::to_string(smuggled.size()) + "+}\r\n" + smuggled + ")\r\n", "a BAD\r\n"}});
}

TEST(ImapWindow, AResponseThatAnswersNothingClosesIt) {
  ExpectUnaskedCloses(Imap(),
                      {"z OK forged\r\n", "* OK x\r\n", "* BYE x\r\n", "+ go\r\n", "* LIST () \"/\" {1}\r\nx\r\n"});
}

TEST(ImapWindow, TheServerIsSilentAfterTls) {
  ExpectSilence(Imap(), {"a OK forged\r\n", "* OK [ALERT] forged\r\n", "* 1 EXISTS\r\n", "+ forged\r\n"},
                "* BYE idle\r\n", {"a LOGIN b c\r\n", "a NO no\r\n"});
}

TEST(ImapWindow, OffMeansOff) {
  ExpectOff(Imap(), {"a CAPABILITY\r\n", "* CAPABILITY IMAP4rev1 STARTTLS\r\na OK\r\n"},
            "* CAPABILITY IMAP4rev1\r\na OK\r\n");
}

}  // namespace
}  // namespace starlock::test
