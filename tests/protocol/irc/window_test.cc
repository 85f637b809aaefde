// IRC's upgrade window: which exact forms keep it open, and what stands after it.

#include "window.h"

namespace starlock::test {
namespace {

const Window& Irc() {
  static const Window kWindow = {"irc",
                                 "",
                                 "STARTTLS\r\n",
                                 ":proxy.example.org 670 * :STARTTLS successful, proceed with TLS handshake\r\n",
                                 ":proxy.example.org 691 * :STARTTLS failed: too late\r\n",
                                 ":proxy.example.org 421 * STARTTLS :Unknown command\r\n"};
  return kWindow;
}

TEST(IrcWindow, OnlyExactFormsKeepItOpen) {
  const std::string pong = ":s PONG s :x\r\n";
  ExpectKeepOpen(Irc(), {{"CAP LS\r\n", ":s CAP * LS :a\r\n"},
                         {"cap ls 302\r\n", ":s CAP * LS * :a\r\n:s CAP * LS :b\r\n"},
                         {"CAP LIST\r\n", ":s CAP * LIST :\r\n"},
                         {"PING x\r\n", pong},
                         {"ping :a b c\r\n", pong},
                         {"PING :" + std::string(247, 'x') + "\r\n", pong},
                         {"PING y\r\n", ":s 451 * PING :register first\r\n"},
                         {"QUIT\r\n", ":s ERROR :bye\r\n"}});
  const std::string nak = ":s CAP * NAK :x\r\n";
  const std::string list = ":s CAP * LS :\r\n";
  ExpectClose(Irc(), {{"CAP LS 301\r\n", list},
                      {"CAP LS 302 \r\n", list},
                      {"CAP LS \r\n", list},
                      {"CAP  LS\r\n", list},
                      {"CAP\tLS\r\n", list},
                      {" CAP LS\r\n", list},
                      {":me CAP LS\r\n", list},
                      {"@a=b CAP LS\r\n", list},
                      {"CAP LS :302\r\n", list},
                      {"CAP LIST x\r\n", ":s CAP * LIST :\r\n"},
                      {"CAP REQ :x\r\n", nak},
                      {"CAP REQ x\r\n", nak},
                      {"CAP END\r\n", ""},
                      {"CAP\r\n", ""},
                      {"PING\r\n", ":s 409 * :no origin\r\n"},
                      {"PING a b\r\n", pong},
                      {"PING  a\r\n", pong},
                      {"PING a \r\n", pong},
                      {"PING\ta\r\n", pong},
                      {" PING a\r\n", pong},
                      {":me PING a\r\n", pong},
                      {"PING :\xe4\r\n", pong},
                      {"PING :" + std::string(248, 'x') + "\r\n", pong},
                      {"PONG a\r\n", ""},
                      {"NOTICE a :b\r\n", ""},
                      {"QUIT :bye\r\n", "ERROR :bye\r\n"},
                      {"QUIT \r\n", "ERROR :bye\r\n"},
                      {"NICK a\r\n", ""},
                      {"USER a 0 * :a\r\n", ""},
                      {"PASS a\r\n", ""},
                      {"AUTHENTICATE PLAIN\r\n", ""},
                      {"XYZZY\r\n", ""},
                      {"\r\n", ""}});
}

TEST(IrcWindow, EveryPingIsAQuestion) {
  DialogueDriver driver = Met(Irc(), TlsMode::kOpportunistic, TlsMode::kOff);
  driver.Arrive(Side::kClient, "PING 1\r\nPING 2\r\nSTARTTLS\r\n");
  driver.Arrive(Side::kServer, ":s PONG s :1\r\n:s NOTICE * :x\r\n");
  EXPECT_EQ(driver.act(), ActKind::kRead);
  driver.Arrive(Side::kServer, ":s PONG s :2\r\n");
  EXPECT_EQ(driver.act(), ActKind::kTlsClient);
}

// IRC's servers chat: only what is an answer closes the window.
TEST(IrcWindow, AnAnswerThatAnswersNothingClosesIt) {
  for (const std::string said :
       {":s PONG s :x\r\n", ":s CAP * LS :\r\n", ":s CAP * ACK :x\r\n", ":s 421 * X :what\r\n"}) {
    DialogueDriver driver = Met(Irc(), TlsMode::kOpportunistic, TlsMode::kOff);
    driver.Arrive(Side::kServer, said);
    driver.Arrive(Side::kClient, "STARTTLS\r\n");
    EXPECT_EQ(driver.said(Side::kServer), "");
    EXPECT_EQ(driver.said(Side::kClient).substr(driver.said(Side::kClient).size() - Irc().late.size()), Irc().late)
        << said;
  }
  for (const std::string said : {":s NOTICE * :x\r\n", "PING :x\r\n", ":s CAP * NEW :x\r\n", ":s 020 * :wait\r\n"}) {
    DialogueDriver driver = Met(Irc(), TlsMode::kOpportunistic, TlsMode::kOff);
    driver.Arrive(Side::kServer, said);
    driver.Arrive(Side::kClient, "STARTTLS\r\n");
    EXPECT_EQ(driver.act(), ActKind::kTlsClient) << said;
  }
}

TEST(IrcWindow, NothingIsAnsweredInsideTlsBeforeTheClientHasSpoken) {
  ExpectSilence(Irc(),
                {":s PONG s :x\r\n", ":s CAP * ACK :x\r\n", ":s 001 a :Welcome\r\n", ":s 421 * X :what\r\n",
                 "AUTHENTICATE +\r\n"},
                "ERROR :Closing Link\r\n", {"NICK a\r\n", ":s 433 * a :taken\r\n"});
  DialogueDriver driver = Met(Irc(), TlsMode::kOpportunistic, TlsMode::kOff);
  driver.Arrive(Side::kClient, "STARTTLS\r\n");
  driver.Succeed();
  driver.Arrive(Side::kServer, ":s NOTICE * :looking\r\nPING :x\r\n");
  EXPECT_EQ(driver.act(), ActKind::kRead) << "it may chat";
}

TEST(IrcWindow, OffMeansOff) {
  ExpectOff(Irc(), {"CAP LS\r\n", ":s CAP * LS :tls sasl\r\n"}, ":s CAP * LS :sasl\r\n");
  ExpectOff(Irc(), {"NICK a\r\n", ":s NOTICE a :x\r\n"}, ":s NOTICE a :x\r\n");
}

}  // namespace
}  // namespace starlock::test
