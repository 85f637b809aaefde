// What is read of a login: the methods that a server in TLS offers, and whether the client could use them all.

#include <gtest/gtest.h>

#include "scenes.h"

namespace starlock::test {
namespace {

using protocol::postgres::OffersChannelBinding;
using protocol::postgres::WithoutChannelBinding;

std::string Message(char type, std::string_view body) {
  return std::string(1, type) + std::string("\0\0\0", 3) + static_cast<char>(body.size() + 4) + std::string(body);
}

std::string Sasl(std::string_view methods) { return Message('R', Unescape("\\0\\0\\0\\x0a") + Unescape(methods)); }

const std::string kBoth = Sasl("SCRAM-SHA-256-PLUS\\0SCRAM-SHA-256\\0\\0");
const std::string kOne = Sasl("SCRAM-SHA-256\\0\\0");

const std::string kUpstream = "C+ {STARTUP}\n! dial\n@ up\ns+ {SSL}\nS+ S\n! tls-server\n@ up\ns+ {STARTUP}\n";

TEST(PostgresFilter, AClientWithoutTlsIsOfferedNoChannelBinding) {
  for (const TlsMode client : {kOff, kOpp}) {
    for (const TlsMode server : {kOpp, kReq}) {
      PlayPostgres(client, server,
                   kUpstream + "S+ " + Escape(kBoth) + "\nc+ " + Escape(kOne) + R"(
        ! relay
        C+ p
        s+ p
        ! relay
        S+ )" + Escape(kBoth) +
                       "\nc+ " + Escape(kBoth) + "\n! relay\n");
    }
  }
}

TEST(PostgresFilter, OverTwoTlsLegsTheListIsTheServers) {
  for (const TlsMode client : {kOpp, kReq}) {
    PlayPostgres(client, kReq,
                 "C+ {SSL}\nc+ S\n! tls-client\n@ up\n" + kUpstream + "S+ " + Escape(kBoth) +
                     "\nnote: the server offers channel binding\nc+ " + Escape(kBoth) + "\n! relay\n");
  }
  PlayPostgres(kImp, kImp,
               "C+ {STARTUP}\n! dial\n@ up\n! tls-server\n@ up\ns+ {STARTUP}\nS+ " + Escape(kBoth) +
                   "\nnote: the server offers channel binding\nc+ " + Escape(kBoth) + "\n! relay\n");
}

// Without TLS on the server's leg there is nothing to be read: a server that offers it there is the client's to judge.
TEST(PostgresFilter, WithoutTlsOnTheServersLeg) {
  for (const TlsMode client : {kOff, kOpp, kImp}) {
    PlayPostgres(client, kOff,
                 "C+ {STARTUP}\n! dial\n@ up\ns+ {STARTUP}\n! relay\nS+ " + Escape(kBoth) + "\nc+ " + Escape(kBoth) +
                     "\n! relay\n");
  }
}

TEST(PostgresFilter, TheVersionIsNegotiatedFirst) {
  const std::string version = Message('v', Unescape("\\0\\x03\\0\\0\\0\\0\\0\\0"));
  PlayPostgres(kOff, kReq,
               kUpstream + "S+ " + Escape(version + kBoth) + "\nc+ " + Escape(version + kOne) + "\n! relay\n");
}

TEST(PostgresFilter, AllElseIsTheRelays) {
  const std::string others[] = {
      Unescape(kAuthenticationOk),
      Message('R', Unescape("\\0\\0\\0\\x05salt")),
      kOne,
      Message('E', Unescape("SFATAL\\0\\0")),
      Unescape("R\\0\\0\\0\\x03"),            // protocol 2.0 has no length here: "a password, in plaintext"
      Unescape("R\\0\\x01\\0\\0no message"),  // longer than any list
      Unescape("v\\0\\0\\0\\0"),
      "N",
      "not a server",
  };
  for (const std::string& other : others) {
    PlayPostgres(kOff, kReq, kUpstream + "S+ " + Escape(other) + "\nc+ " + Escape(other) + "\n! relay\n");
  }
}

// What the client sends ahead crosses as it comes.
TEST(PostgresFilter, AClientThatDoesNotWait) {
  PlayPostgres(kOff, kReq,
               kUpstream + "C+ p\\0\\0\nC+ \\0\\x04X\ns+ p\\0\\0\\0\\x04X\nS+ " + Escape(kBoth) + "\nc+ " +
                   Escape(kOne) + "\n! relay\n");
}

TEST(PostgresWords, ChannelBinding) {
  EXPECT_TRUE(OffersChannelBinding(kBoth));
  EXPECT_FALSE(OffersChannelBinding(kOne));
  EXPECT_FALSE(OffersChannelBinding(Sasl("-PLUS\\0\\0")));
  EXPECT_FALSE(OffersChannelBinding(Sasl("SCRAM-SHA-256-PLUSX\\0\\0")));
  EXPECT_FALSE(OffersChannelBinding(Sasl("")));
  EXPECT_FALSE(OffersChannelBinding(Unescape(kAuthenticationOk)));
  EXPECT_FALSE(OffersChannelBinding(Message('R', Unescape("\\0\\0\\0\\x0bSCRAM-SHA-256-PLUS\\0\\0"))));
  EXPECT_EQ(WithoutChannelBinding(kBoth), kOne);
  EXPECT_EQ(WithoutChannelBinding(Sasl("A\\0B-PLUS\\0C\\0D-PLUS\\0\\0")), Sasl("A\\0C\\0\\0"));
  // A client that is offered nothing could only say that the server is broken.
  const std::string plus_alone = Sasl("SCRAM-SHA-256-PLUS\\0\\0");
  EXPECT_EQ(WithoutChannelBinding(plus_alone), plus_alone);
  // Without its end.
  EXPECT_EQ(WithoutChannelBinding(Sasl("A-PLUS\\0B")), Sasl("B"));
}

}  // namespace
}  // namespace starlock::test
