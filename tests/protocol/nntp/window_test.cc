// NNTP's upgrade window: which exact forms keep it open, and what stands after it.

#include "window.h"

namespace starlock::test {
namespace {

const Window& Nntp() {
  static const Window kWindow = {"nntp",
                                 "200 news\r\n",
                                 "STARTTLS\r\n",
                                 "382 Continue with TLS negotiation\r\n",
                                 "502 Too late for STARTTLS\r\n",
                                 "500 STARTTLS is not available\r\n"};
  return kWindow;
}

TEST(NntpWindow, OnlyExactFormsKeepItOpen) {
  ExpectKeepOpen(Nntp(), {{"CAPABILITIES\r\n", "101 list\r\nVERSION 2\r\n.\r\n"},
                          {"capabilities\r\n", "500 what?\r\n"},
                          {"MODE READER\r\n", "200 reader\r\n"},
                          {"mode reader\r\n", "502 no\r\n"},
                          {"DATE\r\n", "111 20260101000000\r\n"},
                          {"HELP\r\n", "100 help\r\n..\r\nSTARTTLS\r\n.\r\n"},
                          {"QUIT\r\n", "205 bye\r\n"}});
  std::vector<Exchange> others;
  for (const std::string form : {" DATE",
                                 "DATE ",
                                 "DATE x",
                                 "DATE\t",
                                 "\tDATE",
                                 "MODE  READER",
                                 "MODE READER ",
                                 "MODE\tREADER",
                                 "MODE READER x",
                                 "MODE STREAM",
                                 "CAPABILITIES x",
                                 "CAPABILITIES ",
                                 "HELP x",
                                 "HELP ",
                                 "QUIT x",
                                 "QUIT ",
                                 "LIST",
                                 "GROUP a",
                                 "POST",
                                 "IHAVE <a>",
                                 "AUTHINFO USER a",
                                 "COMPRESS DEFLATE",
                                 "XOVER",
                                 "\xe4",
                                 ""}) {
    others.push_back({form + "\r\n", "500 what?\r\n"});
  }
  others.push_back({"CAPABILITIES " + std::string(300, 'x') + "\r\n", "500 what?\r\n"});
  ExpectClose(Nntp(), others);
}

TEST(NntpWindow, StarttlsWaitsForTheEndOfABody) {
  DialogueDriver driver = Met(Nntp(), TlsMode::kOpportunistic, TlsMode::kOff);
  driver.Arrive(Side::kClient, "HELP\r\nSTARTTLS\r\n");
  driver.Arrive(Side::kServer, "100 help\r\nhelp\r\n");
  EXPECT_EQ(driver.act(), ActKind::kRead);
  driver.Arrive(Side::kServer, ".\r\n");
  EXPECT_EQ(driver.act(), ActKind::kTlsClient);
}

TEST(NntpWindow, AReplyThatAnswersNothingClosesIt) { ExpectUnaskedCloses(Nntp(), {"200 x\r\n", "400 bye\r\n"}); }

TEST(NntpWindow, TheServerIsSilentAfterTls) {
  ExpectSilence(Nntp(), {"200 x\r\n", "281 x\r\n", "101 x\r\n"}, "400 bye\r\n", {"GROUP a\r\n", "211 1 1 1 a\r\n"});
}

TEST(NntpWindow, OffMeansOff) {
  ExpectOff(Nntp(), {"CAPABILITIES\r\n", "101 list\r\nSTARTTLS\r\nREADER\r\n.\r\n"}, "101 list\r\nREADER\r\n.\r\n");
}

}  // namespace
}  // namespace starlock::test
