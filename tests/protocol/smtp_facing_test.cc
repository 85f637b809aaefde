// Our two roles face each other: the server leg of one dialogue (a sidecar) speaks to the client leg of another (a
// front), in every pair of modes that fit, with every size of the pieces in which their bytes are carried.

#include <gtest/gtest.h>

#include <deque>
#include <utility>

#include "smtp_peers.h"
#include "smtp_scenes.h"

namespace starlock::test {
namespace {

struct Case {
  std::string_view protocol;
  TlsMode client;    ///< of the sidecar, towards the client
  TlsMode sidecar;   ///< of the sidecar, towards the front
  TlsMode front;     ///< of the front, towards the sidecar
  TlsMode upstream;  ///< of the front, towards the server
  bool upgrades;     ///< the client upgrades where that is offered
};

std::string Describe(const Case& c, size_t piece) {
  std::string text(c.protocol);
  for (const TlsMode mode : {c.client, c.sidecar, c.front, c.upstream}) text += " " + std::string(ToString(mode));
  return text + (c.upgrades ? ", upgrading" : ", declining") + ", pieces of " + std::to_string(piece);
}

/// The client, two proxies, the server, and the wires between them.
class Chain {
 public:
  Chain(const Case& which, size_t piece)
      : case_(which),
        piece_(piece),
        sidecar_(Stage({which.protocol, which.client, which.sidecar})),
        front_(Stage({which.protocol, which.front, which.upstream})),
        server_(which.upstream == kOpp || which.upstream == kReq) {
    const std::string hello = InWordsOf(which.protocol, "HELLO client\r\n");
    script_ = {hello, "MAIL FROM:<a>\r\n", "RCPT TO:<b>\r\n", "DATA\r\n", "STARTTLS\r\n.\r\n", "QUIT\r\n"};
  }

  void Run() {
    sidecar_.Start();
    for (int turns = 0; turns < 20000; ++turns) {
      if (!Turn()) return;
    }
    FAIL() << "it never came to rest";
  }

  const DialogueDriver& sidecar() const { return sidecar_; }
  const DialogueDriver& front() const { return front_; }
  const FakeServer& server() const { return server_; }
  const std::string& heard() const { return heard_; }

 private:
  /// Bytes on their way.
  struct Wire {
    size_t sent = 0;  ///< how much of what a driver has said is on the wire or past it
    std::string bytes;
  };

  bool Turn() {
    bool moved = Finish(sidecar_, false) || Finish(front_, true) || Handshake();
    moved =
        Carry(sidecar_, Side::kServer, to_front_, [this](std::string_view b) { front_.Arrive(Side::kClient, b); }) ||
        moved;
    moved =
        Carry(front_, Side::kClient, to_sidecar_, [this](std::string_view b) { sidecar_.Arrive(Side::kServer, b); }) ||
        moved;
    moved = Carry(front_, Side::kServer, to_server_, [this](std::string_view b) { Serve(b); }) || moved;
    moved = Carry(sidecar_, Side::kClient, to_client_, [this](std::string_view b) { Hear(b); }) || moved;
    return moved;
  }

  template <typename Receive>
  bool Carry(const DialogueDriver& from, Side to, Wire& wire, const Receive& receive) {
    wire.bytes += from.said(to).substr(wire.sent);
    wire.sent = from.said(to).size();
    if (wire.bytes.empty()) return false;
    const std::string piece = wire.bytes.substr(0, piece_);
    wire.bytes.erase(0, piece_);
    receive(piece);
    return true;
  }

  /// Dials, and what needs only one of the proxies.
  bool Finish(DialogueDriver& driver, bool is_front) {
    if (driver.act() == Act::kDial) {
      if (is_front) {
        driver.Succeed();
        if (case_.upstream == kImp) driver.Succeed();
        driver.Arrive(Side::kServer, FakeServer::Greeting());
      } else {
        front_.Start();
        driver.Succeed();
      }
      return true;
    }
    if (driver.act() == Act::kTlsClient && !is_front) {
      driver.Succeed();
      tls_client_ = true;
      if (case_.client != kImp) Say();
      return true;
    }
    if (driver.act() == Act::kTlsServer && is_front) {
      server_.TlsUp();
      driver.Succeed();
      return true;
    }
    return false;
  }

  /// TLS between the two proxies comes up when both have begun it.
  bool Handshake() {
    if (sidecar_.act() != Act::kTlsServer || front_.act() != Act::kTlsClient) return false;
    EXPECT_EQ(to_front_.bytes + to_sidecar_.bytes, "") << "nothing is under way when TLS begins";
    sidecar_.Succeed();
    front_.Succeed();
    return true;
  }

  void Serve(std::string_view bytes) { front_.Arrive(Side::kServer, server_.Take(bytes)); }

  void Hear(std::string_view bytes) {
    heard_ += bytes;
    unread_ += bytes;
    for (std::string reply; TakeReply(unread_, reply);) {
      const bool offered = reply.find("STARTTLS") != std::string::npos;
      if (offered && case_.upgrades && !tls_client_) {
        script_.push_front(InWordsOf(case_.protocol, "HELLO client\r\n"));
        sidecar_.Arrive(Side::kClient, "STARTTLS\r\n");
      } else if (sidecar_.act() != Act::kTlsClient) {
        Say();
      }
    }
  }

  void Say() {
    if (script_.empty()) return;
    const std::string line = std::exchange(script_.front(), {});
    script_.pop_front();
    for (size_t at = 0; at < line.size(); at += piece_) sidecar_.Arrive(Side::kClient, line.substr(at, piece_));
  }

  Case case_;
  size_t piece_;
  DialogueDriver sidecar_;
  DialogueDriver front_;
  FakeServer server_;
  std::deque<std::string> script_;
  Wire to_front_, to_sidecar_, to_server_, to_client_;
  std::string heard_, unread_;
  bool tls_client_ = false;
};

bool Upgrading(TlsMode mode) { return mode == kOpp || mode == kReq; }

void ExpectDelivered(const Case& c, const Chain& chain) {
  EXPECT_EQ(chain.sidecar().act(), Act::kRelay);
  EXPECT_EQ(chain.front().act(), Act::kRelay);
  EXPECT_EQ(chain.server().messages(), 1);
  EXPECT_EQ(chain.heard().substr(0, FakeServer::Greeting().size()), FakeServer::Greeting()) << "the upstream's own";
  EXPECT_EQ(chain.heard().substr(chain.heard().size() - 9), "221 bye\r\n");
  const bool between = c.sidecar == kImp || (Upgrading(c.sidecar) && Upgrading(c.front));
  EXPECT_EQ(chain.sidecar().tls_up(Side::kServer), between);
  EXPECT_EQ(chain.front().tls_up(Side::kClient), between);
  EXPECT_EQ(chain.front().tls_up(Side::kServer), c.upstream != kOff);
  EXPECT_EQ(chain.sidecar().tls_up(Side::kClient), c.client == kImp || (c.upgrades && Upgrading(c.client)));
}

std::vector<Case> Fitting() {
  std::vector<Case> cases;
  for (const std::string_view protocol : {"smtp", "lmtp"}) {
    for (const TlsMode client : kModes) {
      for (const TlsMode sidecar : kModes) {
        for (const TlsMode front : kModes) {
          if ((sidecar == kImp) != (front == kImp)) continue;  // one of them would wait for a handshake for ever
          for (const TlsMode upstream : kModes) {
            for (const bool upgrades : {false, true}) {
              if (!(upgrades ? Upgrading(client) : client != kReq)) continue;
              cases.push_back({protocol, client, sidecar, front, upstream, upgrades});
            }
          }
        }
      }
    }
  }
  return cases;
}

TEST(SmtpFacing, EveryPairOfModesInPiecesOfEverySize) {
  for (const Case& c : Fitting()) {
    for (const size_t piece : {1, 2, 3, 5, 8, 13, 21, 34, 1000}) {
      SCOPED_TRACE(Describe(c, piece));
      Chain chain(c, piece);
      chain.Run();
      if (c.sidecar == kReq && c.front == kOff) {
        // The front takes every offer of STARTTLS out, and the sidecar must have it.
        EXPECT_EQ(chain.sidecar().failure().end, End::kStarttlsNotOffered);
        EXPECT_EQ(chain.heard().substr(0, 5), "421 4");
        EXPECT_EQ(chain.server().messages(), 0);
      } else if (c.sidecar == kOff && c.front == kReq) {
        // The sidecar does not upgrade, and the front must have it.
        EXPECT_NE(chain.heard().find("530 5.7.0 "), std::string::npos);
        EXPECT_EQ(chain.server().messages(), 0);
        EXPECT_EQ(chain.server().heard().find("MAIL"), std::string::npos);
      } else {
        ExpectDelivered(c, chain);
      }
      if (testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace starlock::test
