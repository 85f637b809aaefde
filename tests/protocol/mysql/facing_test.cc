// Both roles against each other: a sidecar's server leg and a front's client leg, in every matching pair of modes.

#include "facing.h"

#include <gtest/gtest.h>

#include "protocol/mysql/packets.h"
#include "scenes.h"

namespace starlock::test {
namespace {

namespace mysql = protocol::mysql;

std::string Ok(int id) { return MysqlPacket(id, std::string("\x00\x00\x00\x02\x00\x00\x00", 7)); }

/// Answers packet by packet.
class PacketPeer : public Peer {
 public:
  std::string Take(std::string_view bytes) override {
    partial_ += bytes;
    std::string answers;
    for (;;) {
      const auto frame = mysql::CutPacket(partial_);
      if (frame.kind != protocol::Frame::Kind::kWhole) return answers;
      answers += Answer(partial_.substr(0, frame.size));
      partial_.erase(0, frame.size);
    }
  }

 private:
  virtual std::string Answer(const std::string& packet) = 0;

  std::string partial_;
};

/// Logs in, with SSLRequest where it upgrades.
class Client final : public PacketPeer {
 public:
  explicit Client(bool asks) : asks_(asks) {}

  std::string TlsUp() override { return MysqlResponse(2, true); }

 private:
  std::string Answer(const std::string& packet) override {
    if (!mysql::ParseGreeting(packet)) return {};
    return asks_ ? MysqlSslRequest() : MysqlResponse(1, false);
  }

  const bool asks_;
};

/// Offers TLS, and accepts every login.
class Server final : public PacketPeer {
 public:
  std::string Begin() override { return MysqlGreeting(true); }

 private:
  std::string Answer(const std::string& packet) override {
    if (mysql::PayloadOf(packet).size() == mysql::kSslRequestSize) return {};
    return Ok(mysql::SequenceOf(packet) + 1);
  }
};

void PlayChain(const Pairing& pairing, size_t piece) {
  SCOPED_TRACE(ToString(pairing) + ", pieces of " + std::to_string(piece));
  Client client(pairing.upgrades);
  Chain chain(pairing, piece, client, [] { return std::make_unique<Server>(); });
  chain.Run();
  if (pairing.sidecar == kReq && pairing.front == kOff) {
    EXPECT_EQ(chain.sidecar().failure().end, End::kStarttlsNotOffered);
    EXPECT_EQ(chain.served(), "");
  } else if (pairing.sidecar == kOff && pairing.front == kReq) {
    EXPECT_EQ(chain.front().failure().end, End::kTlsRequired);
    EXPECT_NE(chain.heard().find("\xff\x57\x0c#HY000"), std::string::npos);
    EXPECT_EQ(chain.served(), "");
  } else {
    chain.ExpectMet();
    EXPECT_EQ(chain.heard(), MysqlGreeting(Upgrading(pairing.client)) + Ok(pairing.upgrades ? 3 : 2));
    EXPECT_EQ(chain.served(),
              Upgrading(pairing.upstream) ? MysqlSslRequest() + MysqlResponse(2, true) : MysqlResponse(1, false));
  }
}

TEST(MysqlFacing, EveryPairOfModesInPiecesOfEverySize) {
  for (const Pairing& pairing : AllPairings("mysql")) {
    for (const size_t piece : kPieces) {
      PlayChain(pairing, piece);
      if (testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace starlock::test
