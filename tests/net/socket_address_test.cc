#include "net/socket_address.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

namespace starlock::net {
namespace {

SocketAddress Literal(const std::string& host, uint16_t port) {
  auto address = SocketAddress::FromLiteral(host, port);
  EXPECT_TRUE(address.ok()) << host;
  return address.value();
}

TEST(SocketAddressTest, ReadsAndShowsIpv4) {
  SocketAddress address = Literal("192.0.2.1", 25);
  EXPECT_EQ(address.family(), AF_INET);
  EXPECT_EQ(address.size(), sizeof(sockaddr_in));
  EXPECT_EQ(address.port(), 25);
  EXPECT_EQ(address.HostString(), "192.0.2.1");
  EXPECT_EQ(address.ToString(), "192.0.2.1:25");
  address.set_port(65535);
  EXPECT_EQ(address.ToString(), "192.0.2.1:65535");
}

TEST(SocketAddressTest, ReadsAndShowsIpv6) {
  SocketAddress address = Literal("2001:DB8:0::1", 25);
  EXPECT_EQ(address.family(), AF_INET6);
  EXPECT_EQ(address.size(), sizeof(sockaddr_in6));
  EXPECT_EQ(address.HostString(), "2001:db8::1");
  EXPECT_EQ(address.ToString(), "[2001:db8::1]:25");
  address.set_port(0);
  EXPECT_EQ(address.port(), 0);
}

TEST(SocketAddressTest, AnIpv4MappedAddressIsShownAsIpv4) {
  const SocketAddress address = Literal("::ffff:192.0.2.7", 25);
  EXPECT_EQ(address.HostString(), "192.0.2.7");
  EXPECT_EQ(address.ToString(), "192.0.2.7:25");
}

TEST(SocketAddressTest, KnowsScopes) {
  const SocketAddress address = Literal("fe80::1%lo", 25);
  EXPECT_EQ(Literal("fe80::1%1", 25), address);  // the loopback interface is always the first
  EXPECT_NE(Literal("fe80::1", 25), address);
  EXPECT_EQ(address.ToString(), "[fe80::1%1]:25");
  const auto unknown = SocketAddress::FromLiteral("fe80::1%nonesuch", 25);
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code, ErrorCode::kInvalid);
}

TEST(SocketAddressTest, RefusesWhatIsNoLiteral) {
  for (const char* text : {"", "localhost", "192.0.2", "192.0.2.256", "0x7f.1", "[::1]", "1.2.3.4:5", ":::"}) {
    const auto address = SocketAddress::FromLiteral(text, 25);
    ASSERT_FALSE(address.ok()) << text;
    EXPECT_EQ(address.error().code, ErrorCode::kInvalid);
  }
}

TEST(SocketAddressTest, ComparesAddressAndPort) {
  EXPECT_EQ(Literal("192.0.2.1", 25), Literal("192.0.2.1", 25));
  EXPECT_NE(Literal("192.0.2.1", 25), Literal("192.0.2.1", 26));
  EXPECT_NE(Literal("192.0.2.1", 25), Literal("192.0.2.2", 25));
  EXPECT_NE(Literal("::1", 25), Literal("::2", 25));
  EXPECT_NE(Literal("::", 25), Literal("0.0.0.0", 25));
  EXPECT_EQ(SocketAddress(), SocketAddress());
}

TEST(SocketAddressTest, AnUnknownFamilyIsShownAndNotReadBeyond) {
  sockaddr_storage storage{};
  storage.ss_family = AF_UNIX;
  const SocketAddress address(reinterpret_cast<const sockaddr*>(&storage), sizeof(sa_family_t));
  EXPECT_EQ(address.port(), 0);
  EXPECT_EQ(address.HostString(), "-");
}

}  // namespace
}  // namespace starlock::net
