// Our two roles face each other: a sidecar's server leg speaks to a front's client leg, in every pair of modes that
// fit.

#include "facing.h"

#include <gtest/gtest.h>

#include <utility>

#include "scenes.h"

namespace starlock::test {
namespace {

/// Asks for TLS where it is meant to, then logs in, or cancels, and says no more.
class Client final : public Peer {
 public:
  Client(bool asks, std::string packet) : asks_(asks), packet_(std::move(packet)) {}

  std::string Begin() override { return asks_ ? Unescape(kSsl) : packet_; }
  std::string Take(std::string_view bytes) override {
    if (asks_ && bytes == "N") return packet_;
    return {};
  }
  std::string TlsUp() override { return packet_; }

 private:
  const bool asks_;
  const std::string packet_;
};

/// Agrees to SSLRequest, and welcomes anyone.
class Server final : public Peer {
 public:
  std::string Take(std::string_view bytes) override {
    partial_ += bytes;
    if (partial_ == Unescape(kSsl)) {
      partial_.clear();
      return "S";
    }
    if (partial_ == Unescape(kStartup)) {
      partial_.clear();
      return "welcome";
    }
    return {};
  }

 private:
  std::string partial_;
};

void PlayChain(const Pairing& pairing, size_t piece) {
  SCOPED_TRACE(ToString(pairing) + ", pieces of " + std::to_string(piece));
  Client client(pairing.upgrades || pairing.client == kImp, Unescape(kStartup));
  Chain chain(pairing, piece, client, [] { return std::make_unique<Server>(); });
  chain.Run();
  if (pairing.sidecar == kReq && pairing.front == kOff) {
    EXPECT_EQ(chain.sidecar().failure().end, End::kStarttlsNotOffered);
    EXPECT_EQ(chain.server(), nullptr);
  } else if (pairing.sidecar == kOff && pairing.front == kReq) {
    // The sidecar relays already, and so the front's own refusal.
    EXPECT_EQ(chain.front().failure().end, End::kTlsRequired);
    EXPECT_NE(chain.heard().find("28000"), std::string::npos);
    EXPECT_EQ(chain.server(), nullptr);
  } else {
    chain.ExpectMet();
    EXPECT_EQ(chain.heard().substr(chain.heard().find_first_not_of("SN")), "welcome");
    const bool asked = Upgrading(pairing.upstream);
    EXPECT_EQ(chain.served(), Unescape((asked ? kSsl : "") + kStartup));
  }
}

TEST(PostgresFacing, EveryPairOfModesInPiecesOfEverySize) {
  for (const Pairing& pairing : AllPairings("postgres")) {
    for (const size_t piece : kPieces) {
      PlayChain(pairing, piece);
      if (testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace starlock::test
