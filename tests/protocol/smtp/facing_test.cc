// Our two roles face each other: the server leg of one dialogue (a sidecar) speaks to the client leg of another (a
// front), in every pair of modes that fit, with every size of the pieces in which their bytes are carried.

#include "facing.h"

#include <gtest/gtest.h>

#include <deque>
#include <utility>

#include "peers.h"
#include "scenes.h"

namespace starlock::test {
namespace {

class Server final : public Peer {
 public:
  explicit Server(bool starttls) : fake_(starttls) {}

  std::string Begin() override { return FakeServer::Greeting(); }
  std::string Take(std::string_view bytes) override { return fake_.Take(bytes); }
  std::string TlsUp() override {
    fake_.TlsUp();
    return {};
  }
  const FakeServer& fake() const { return fake_; }

 private:
  FakeServer fake_;
};

/// Sends one message, command by command, and upgrades where it may.
class Client final : public Peer {
 public:
  explicit Client(const Pairing& pairing)
      : hello_(InWordsOf(pairing.protocol, "HELLO client\r\n")), upgrades_(pairing.upgrades) {
    script_ = {hello_, "MAIL FROM:<a>\r\n", "RCPT TO:<b>\r\n", "DATA\r\n", "STARTTLS\r\n.\r\n", "QUIT\r\n"};
  }

  std::string Take(std::string_view bytes) override {
    unread_ += bytes;
    std::string said;
    for (std::string reply; TakeReply(unread_, reply);) said += Answer(reply);
    return said;
  }
  std::string TlsUp() override {
    tls_ = true;
    handshaking_ = false;
    return Next();
  }

 private:
  std::string Answer(const std::string& reply) {
    if (handshaking_) return {};  // the go-ahead
    const bool offered = reply.find("STARTTLS") != std::string::npos;
    if (!offered || !upgrades_ || tls_) return Next();
    script_.push_front(hello_);
    handshaking_ = true;
    return "STARTTLS\r\n";
  }

  std::string Next() {
    if (script_.empty()) return {};
    std::string line = std::exchange(script_.front(), {});
    script_.pop_front();
    return line;
  }

  const std::string hello_;
  const bool upgrades_;
  bool tls_ = false;
  bool handshaking_ = false;
  std::deque<std::string> script_;
  std::string unread_;
};

void Face(const Pairing& pairing, size_t piece) {
  Client client(pairing);
  Chain chain(pairing, piece, client, [&] { return std::make_unique<Server>(Upgrading(pairing.upstream)); });
  chain.Run();
  ASSERT_NE(chain.server(), nullptr);
  const FakeServer& server = static_cast<const Server*>(chain.server())->fake();
  if (pairing.sidecar == kReq && pairing.front == kOff) {
    // The front takes every offer of STARTTLS out, and the sidecar must have it.
    EXPECT_EQ(chain.sidecar().failure().end, End::kStarttlsNotOffered);
    EXPECT_EQ(chain.heard().substr(0, 5), "421 4");
    EXPECT_EQ(server.messages(), 0);
  } else if (pairing.sidecar == kOff && pairing.front == kReq) {
    // The sidecar does not upgrade, and the front must have it.
    EXPECT_NE(chain.heard().find("530 5.7.0 "), std::string::npos);
    EXPECT_EQ(server.messages(), 0);
    EXPECT_EQ(server.heard().find("MAIL"), std::string::npos);
  } else {
    chain.ExpectMet();
    EXPECT_EQ(server.messages(), 1);
    EXPECT_EQ(chain.heard().substr(0, FakeServer::Greeting().size()), FakeServer::Greeting()) << "the upstream's own";
    EXPECT_EQ(chain.heard().substr(chain.heard().size() - 9), "221 bye\r\n");
  }
}

TEST(SmtpFacing, EveryPairOfModesInPiecesOfEverySize) {
  for (const std::string_view protocol : {"smtp", "lmtp"}) {
    for (const Pairing& pairing : AllPairings(protocol)) {
      for (const size_t piece : kPieces) {
        SCOPED_TRACE(ToString(pairing) + ", pieces of " + std::to_string(piece));
        Face(pairing, piece);
        if (testing::Test::HasFailure()) return;
      }
    }
  }
}

}  // namespace
}  // namespace starlock::test
