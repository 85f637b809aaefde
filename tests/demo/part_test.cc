#include "demo/part.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace starlock::demo {
namespace {

using Next = Turn::Next;
using protocol::Frame;

constexpr const char* kMessage = "Subject: test\r\n\r\n.dot\r\n..\r\ntext\r\n";

/// Passes one side's bytes to the other until neither has anything to say. Bytes arrive one at a time.
struct Exchange {
  Exchange(const std::string& protocol, bool tls, bool asks_capabilities = true) {
    const auto keep = [this](std::string_view message) { received.emplace_back(message); };
    const PartSettings server_settings{"server.example.org", tls, kMessage, asks_capabilities, keep};
    const PartSettings client_settings{"client.example.org", tls, kMessage, asks_capabilities, keep};
    const PartProtocol* found = FindPartProtocol(protocol);
    parts[0] = found->make_client(client_settings);
    parts[1] = found->make_server(server_settings);
    for (const size_t side : {1U, 0U}) Say(side, parts[side]->Begin());
    while (Step(0) || Step(1)) continue;
  }

  void Say(size_t side, const std::string& bytes) { queued[1 - side] += bytes; }

  bool Step(size_t side) {
    if (queued[side].empty() || over[side]) return false;
    input[side] += queued[side].front();
    queued[side].erase(0, 1);
    const Frame frame = parts[side]->Cut(input[side]);
    EXPECT_NE(frame.kind, Frame::Kind::kBad) << frame.why;
    if (frame.kind != Frame::Kind::kWhole) return true;
    EXPECT_EQ(frame.size, input[side].size());
    const auto turn = parts[side]->OnUnit(input[side]);
    said += input[side];
    input[side].clear();
    EXPECT_TRUE(turn.ok()) << turn.error().detail;
    if (!turn) return false;
    Say(side, turn.value().say);
    over[side] = turn.value().next == Next::kEnd || turn.value().next == Next::kAwaitEnd;
    if (turn.value().next == Next::kUpgrade && ++upgraded == 2) {
      for (const size_t each : {1U, 0U}) Say(each, parts[each]->OnTlsUp());
    }
    return true;
  }

  std::unique_ptr<Part> parts[2];  ///< client, server
  std::string queued[2], input[2];
  bool over[2] = {false, false};
  int upgraded = 0;
  std::string said;
  std::vector<std::string> received;
};

class Parts : public testing::TestWithParam<const char*> {};

TEST_P(Parts, DeliverTheMessageOnceAndUnchanged) {
  for (const bool tls : {false, true}) {
    const Exchange exchange(GetParam(), tls);
    EXPECT_THAT(exchange.received, testing::ElementsAre(kMessage)) << "TLS: " << tls;
    EXPECT_TRUE(exchange.over[0] && exchange.over[1]) << "TLS: " << tls;
    EXPECT_EQ(exchange.upgraded, tls ? 2 : 0);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Parts, testing::Values("smtp", "lmtp", "imap", "pop3", "ldap"),
                         [](const auto& each) { return std::string(each.param); });

TEST(PartProtocols, AreNamed) {
  EXPECT_EQ(PartProtocolNames(), "smtp, lmtp, imap, pop3 and ldap");
  EXPECT_EQ(FindPartProtocol("tcp"), nullptr);
}

TEST(Pop3Part, CanLeaveOutTheCapabilities) {
  EXPECT_NE(Exchange("pop3", true).said.find("CAPA\r\n"), std::string::npos);
  const Exchange shorter("pop3", true, false);
  EXPECT_EQ(shorter.said.find("CAPA\r\n"), std::string::npos);
  EXPECT_THAT(shorter.received, testing::ElementsAre(kMessage));
}

TEST(ImapPart, TheServerTakesALoginWithLiterals) {
  const PartSettings settings{"server.example.org", false, kMessage, true, {}};
  const auto server = MakeImapServer(settings);
  EXPECT_THAT(server->OnUnit("t1 LOGIN {3}\r\n").value().say, testing::StartsWith("+ "));
  EXPECT_THAT(server->OnUnit("ada {8}\r\n").value().say, testing::StartsWith("+ "));
  EXPECT_THAT(server->OnUnit("lovelace\r\n").value().say, testing::StartsWith("t1 OK "));
  EXPECT_THAT(server->OnUnit("t2 SELECT INBOX\r\n").value().say, testing::HasSubstr("t2 OK "));
}

TEST(LineServerParts, RefuseTheirServiceBeforeTls) {
  const PartSettings settings{"server.example.org", true, kMessage, true, {}};
  EXPECT_THAT(MakeSmtpServer(settings)->OnUnit("MAIL FROM:<a>\r\n").value().say, testing::StartsWith("530 "));
  EXPECT_THAT(MakeImapServer(settings)->OnUnit("a LOGIN a b\r\n").value().say, testing::StartsWith("a NO "));
  EXPECT_THAT(MakePop3Server(settings)->OnUnit("USER a\r\n").value().say, testing::StartsWith("-ERR "));
}

}  // namespace
}  // namespace starlock::demo
