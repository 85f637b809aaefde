// A session that waits holds no slab of its loop's pool, whatever it waits for.

#include <gtest/gtest.h>

#include <vector>

#include "stage.h"

namespace starlock::session {
namespace {

constexpr int kSessions = 8;

struct Connection {
  Peer client, server;
};

std::vector<Connection> Arrive(const Stage& stage) {
  std::vector<Connection> all;
  for (int i = 0; i < kSessions; ++i) {
    Connection connection;
    connection.client = stage.Dial();
    connection.server = stage.Accept();
    all.push_back(std::move(connection));
  }
  return all;
}

TEST(SessionMemory, ARelayThatWaits) {
  Stage stage({.protocol = "tcp"});
  auto all = Arrive(stage);
  for (auto& [client, server] : all) {
    EXPECT_TRUE(client.Send("request") && server.Send("answer"));
    EXPECT_EQ(server.Receive(7), "request");
    EXPECT_EQ(client.Receive(6), "answer");
  }
  EXPECT_TRUE(stage.ComesTo(0));
  EXPECT_EQ(stage.Sessions(), size_t{kSessions});
}

TEST(SessionMemory, ANegotiationThatWaitsForTheRestOfAUnit) {
  Stage stage({.protocol = "smtp"});
  auto all = Arrive(stage);
  for (auto& [client, server] : all) EXPECT_TRUE(server.Send("220 the beginning of a greet"));
  EXPECT_TRUE(stage.ComesTo(0));
  for (auto& [client, server] : all) {
    EXPECT_TRUE(server.Send("ing\r\n"));
    EXPECT_EQ(client.Line(), "220 the beginning of a greeting\r\n");
  }
  EXPECT_TRUE(stage.ComesTo(0));
}

TEST(SessionMemory, AFilterThatWaitsForTheRestOfAUnit) {
  Stage stage({.protocol = "smtp"});
  auto all = Arrive(stage);
  for (auto& [client, server] : all) {
    EXPECT_TRUE(server.Send(kGreeting));
    EXPECT_EQ(client.Line(), kGreeting);
    EXPECT_TRUE(client.Send("NOOP one\r\nNOOP tw"));
    EXPECT_EQ(server.Line(), "NOOP one\r\n");
  }
  EXPECT_TRUE(stage.ComesTo(0));
  for (auto& [client, server] : all) {
    EXPECT_TRUE(client.Send("o\r\n"));
    EXPECT_EQ(server.Line(), "NOOP two\r\n");
  }
}

}  // namespace
}  // namespace starlock::session
