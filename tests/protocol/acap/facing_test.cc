// ACAP's two roles face each other in every pair of modes that fits, in pieces of every size.

#include "facing.h"

#include <gtest/gtest.h>

#include "text/literal_units.h"

namespace starlock::test {
namespace {

constexpr std::string_view kStore = "d STORE (\"/x\" {16+}\r\na OK\r\na STARTTLS)\r\n";
constexpr std::string_view kMechanisms = "(SASL \"PLAIN\")";
constexpr std::string_view kOffer = "(STARTTLS)";

bool Holds(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

class Client final : public Peer {
 public:
  explicit Client(bool upgrades) : upgrades_(upgrades) {}

  std::string Take(std::string_view bytes) override {
    stream_.Add(bytes);
    std::string said;
    for (std::string unit; stream_.Take(unit);) said += OnUnit(unit);
    return said;
  }

  std::string TlsUp() override {
    tls_ = true;
    step_ = 0;
    return {};
  }

  bool mechanisms() const { return mechanisms_; }

 private:
  std::string OnUnit(std::string_view unit) {
    if (Holds(unit, "* ACAP ")) {
      mechanisms_ = Holds(unit, kMechanisms);
      if (Holds(unit, kOffer) && upgrades_ && !tls_) return "s STARTTLS\r\n";
      return Say();
    }
    if (unit[0] == '+') return "de\r\n";
    // A tagged last answer, and not the one to STARTTLS, behind which there is a greeting.
    const bool last = unit[0] != '*' && unit[0] != 's' && unit.find(" LANG ") == std::string_view::npos;
    return last ? Say() : "";
  }

  std::string Say() {
    constexpr std::string_view kScript[] = {"a NOOP {12+}\r\na STARTTLS\r\n\r\n", "b LANG {2}\r\n",
                                            "c AUTHENTICATE \"PLAIN\" {4+}\r\nAA==\r\n", kStore, "e LOGOUT\r\n"};
    return step_ < std::size(kScript) ? std::string(kScript[step_++]) : "";
  }

  const bool upgrades_;
  bool mechanisms_ = false, tls_ = false;
  size_t step_ = 0;
  UnitStream stream_;
};

class Server final : public Peer {
 public:
  explicit Server(bool offers) : offers_(offers) {}

  std::string Begin() override {
    return "* ACAP (IMPLEMENTATION {4}\r\nx\r\ny) " + std::string(kMechanisms) + (offers_ ? " (STARTTLS)" : "") +
           " (CONTEXTLIMIT \"1\")\r\n";
  }

  std::string Take(std::string_view bytes) override {
    stream_.Add(bytes);
    std::string said;
    for (std::string unit; stream_.Take(unit);) said += OnUnit(unit);
    if (stream_.WantsPlus()) said += "+ \"go on\"\r\n";
    return said;
  }

  std::string TlsUp() override {
    offers_ = false;
    return Begin();
  }

  bool stored() const { return stored_; }

 private:
  std::string OnUnit(const std::string& unit) {
    const std::string tag = unit.substr(0, unit.find(' '));
    stored_ = stored_ || unit == kStore;
    if (Holds(unit, " STARTTLS\r\n") && !Holds(unit, "{"))
      return tag + (offers_ ? " OK \"go\"\r\n" : " BAD \"no\"\r\n");
    if (Holds(unit, " LANG ")) return tag + " LANG \"de\"\r\n" + tag + " OK \"gut\"\r\n";
    return (Holds(unit, " LOGOUT") ? "* BYE \"bye\"\r\n" : "") + tag + " OK \"done\"\r\n";
  }

  bool offers_;
  bool stored_ = false;
  UnitStream stream_;
};

void Check(const Pairing& pairing, size_t piece) {
  Client client(pairing.upgrades);
  Chain chain(pairing, piece, client, [&] { return std::make_unique<Server>(Upgrading(pairing.upstream)); });
  chain.Run();
  const auto* server = static_cast<const Server*>(chain.server());
  ASSERT_NE(server, nullptr);
  if (pairing.sidecar == TlsMode::kRequired && pairing.front == TlsMode::kOff) {
    EXPECT_EQ(chain.sidecar().failure().end, End::kStarttlsNotOffered);
    EXPECT_EQ(chain.heard().substr(0, 17), "* BYE (TRYLATER) ");
    EXPECT_FALSE(server->stored());
  } else if (pairing.sidecar == TlsMode::kOff && pairing.front == TlsMode::kRequired) {
    EXPECT_TRUE(Holds(chain.heard(), " NO (ENCRYPT-NEEDED) "));
    EXPECT_FALSE(client.mechanisms());
    EXPECT_FALSE(Holds(chain.served(), "AUTHENTICATE"));
  } else {
    chain.ExpectMet();
    EXPECT_TRUE(client.mechanisms());
    EXPECT_TRUE(server->stored());
    EXPECT_EQ(chain.heard().substr(chain.heard().size() - 13), "e OK \"done\"\r\n");
  }
}

TEST(AcapFacing, EveryPairOfModesInPiecesOfEverySize) {
  for (const Pairing& pairing : AllPairings("acap")) {
    for (const size_t piece : kPieces) {
      SCOPED_TRACE(ToString(pairing) + ", pieces of " + std::to_string(piece));
      Check(pairing, piece);
      if (testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace starlock::test
