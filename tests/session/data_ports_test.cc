// The ports for data connections: in turn, and shared by the clients.

#include "session/data_ports.h"

#include <gtest/gtest.h>

#include <deque>
#include <set>

#include "net/socket_address.h"

namespace starlock::session {
namespace {

constexpr const char* kHost = "127.0.0.1";

/// The first of `count` consecutive ports that are free now.
uint16_t FreeRange(uint16_t count) {
  for (uint16_t first = 22000; first < 31000; first += 101) {
    std::deque<net::ListeningSocket> held;
    for (uint16_t port = first; port < first + count; ++port) {
      auto bound = net::BindGroup({kHost, port}, 1);
      if (!bound) break;
      held.push_back(std::move(bound->front()));
    }
    if (held.size() == count) return first;
  }
  ADD_FAILURE() << "no free ports";
  return 0;
}

TEST(DataPortsTest, APortThatWasFreedIsNotUsedAtOnce) {
  const uint16_t first = FreeRange(4);
  const auto ports = std::make_shared<DataPorts>(first, first + 3);
  std::deque<uint16_t> got;
  for (int i = 0; i < 12; ++i) {
    auto bound = DataPorts::Bind(ports, kHost, "192.0.2.1");
    ASSERT_TRUE(bound.ok());
    got.push_back(bound->socket.address().port());
  }
  for (size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i], first + (got[0] - first + i) % 4);
  }
}

TEST(DataPortsTest, OneClientHoldsHalf) {
  const uint16_t first = FreeRange(5);
  const auto ports = std::make_shared<DataPorts>(first, first + 4);
  std::deque<DataPorts::Bound> held;
  std::set<uint16_t> used;
  const auto bind = [&](const char* client) {
    auto bound = DataPorts::Bind(ports, kHost, client);
    if (!bound) return false;
    EXPECT_TRUE(used.insert(bound->socket.address().port()).second);
    held.push_back(std::move(bound).value());
    return true;
  };
  EXPECT_TRUE(bind("192.0.2.1") && bind("192.0.2.1") && bind("192.0.2.1"));
  EXPECT_FALSE(bind("192.0.2.1"));
  EXPECT_TRUE(bind("192.0.2.2") && bind("192.0.2.3"));
  EXPECT_FALSE(bind("192.0.2.4")) << "all are in use";
  used.erase(held.front().socket.address().port());
  held.pop_front();
  EXPECT_TRUE(bind("192.0.2.4"));
  EXPECT_FALSE(bind("192.0.2.1")) << "none is free";
  held.clear();
  used.clear();
  EXPECT_TRUE(bind("192.0.2.1") && bind("192.0.2.1") && bind("192.0.2.1"));
  EXPECT_FALSE(bind("192.0.2.1"));
}

TEST(DataPortsTest, AnyFreePort) {
  for (int i = 0; i < 3; ++i) {
    const auto bound = DataPorts::Bind(nullptr, kHost, "192.0.2.1");
    ASSERT_TRUE(bound.ok());
    EXPECT_NE(bound->socket.address().port(), 0);
  }
}

}  // namespace
}  // namespace starlock::session
