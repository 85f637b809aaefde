// ManageSieve's two roles face each other in every pair of modes that fits, in pieces of every size.

#include "facing.h"

#include <gtest/gtest.h>

#include "text/literal_units.h"

namespace starlock::test {
namespace {

constexpr std::string_view kPut = "PUTSCRIPT \"a\" {16+}\r\nOK\r\nSTARTTLS\r\n{9\r\n";

bool BeginsWith(std::string_view text, std::string_view beginning) {
  return text.substr(0, beginning.size()) == beginning;
}

class Client final : public Peer {
 public:
  explicit Client(bool upgrades) : upgrades_(upgrades) {}

  std::string Take(std::string_view bytes) override {
    stream_.Add(bytes);
    std::string said;
    for (std::string line; stream_.Take(line);) {
      offered_ = offered_ || line == "\"STARTTLS\"\r\n";
      mechanisms_ = mechanisms_ || line == "\"SASL\" \"PLAIN\"\r\n";
      if (line[0] != '"') said += OnLast(line);
    }
    return said;
  }

  std::string TlsUp() override {
    tls_ = true;
    offered_ = mechanisms_ = false;
    step_ = 0;
    return {};
  }

  bool mechanisms() const { return mechanisms_; }

 private:
  std::string OnLast(std::string_view line) {
    if (!BeginsWith(line, "OK") && !BeginsWith(line, "NO")) return {};
    if (offered_ && upgrades_ && !tls_) return step_++ == 0 ? "STARTTLS\r\n" : "";
    constexpr std::string_view kScript[] = {"CAPABILITY\r\n", "NOOP {10+}\r\nSTARTTLS\r\n\r\n",
                                            "AUTHENTICATE \"PLAIN\" {4+}\r\nAA==\r\n", kPut, "LOGOUT\r\n"};
    return step_ < std::size(kScript) ? std::string(kScript[step_++]) : "";
  }

  const bool upgrades_;
  bool offered_ = false, mechanisms_ = false, tls_ = false;
  size_t step_ = 0;
  UnitStream stream_;
};

class Server final : public Peer {
 public:
  explicit Server(bool offers) : offers_(offers) {}

  std::string Begin() override {
    return std::string("\"IMPLEMENTATION\" {4}\r\nx\r\ny\r\n\"SASL\" \"PLAIN\"\r\n") +
           (offers_ ? "\"STARTTLS\"\r\n" : "") + "\"VERSION\" \"1.0\"\r\nOK \"fake\"\r\n";
  }

  std::string Take(std::string_view bytes) override {
    stream_.Add(bytes);
    std::string said;
    for (std::string unit; stream_.Take(unit);) said += OnUnit(unit);
    return said;
  }

  std::string TlsUp() override {
    offers_ = false;
    return Begin();
  }

  bool stored() const { return stored_; }

 private:
  std::string OnUnit(std::string_view unit) {
    if (BeginsWith(unit, "CAPABILITY")) return Begin();
    if (BeginsWith(unit, "STARTTLS")) return offers_ ? "OK \"go\"\r\n" : "NO \"no\"\r\n";
    stored_ = stored_ || unit == kPut;
    return BeginsWith(unit, "LOGOUT") ? "OK \"bye\"\r\n" : "OK\r\n";
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
    EXPECT_TRUE(BeginsWith(chain.heard(), "BYE (TRYLATER) "));
    EXPECT_FALSE(server->stored());
  } else if (pairing.sidecar == TlsMode::kOff && pairing.front == TlsMode::kRequired) {
    EXPECT_NE(chain.heard().find("NO (ENCRYPT-NEEDED) "), std::string::npos);
    EXPECT_FALSE(client.mechanisms());
    EXPECT_EQ(chain.served().find("AUTHENTICATE"), std::string::npos);
  } else {
    chain.ExpectMet();
    EXPECT_TRUE(client.mechanisms());
    EXPECT_TRUE(server->stored());
    EXPECT_EQ(chain.heard().substr(chain.heard().size() - 10), "OK \"bye\"\r\n");
  }
}

TEST(ManagesieveFacing, EveryPairOfModesInPiecesOfEverySize) {
  for (const Pairing& pairing : AllPairings("managesieve")) {
    for (const size_t piece : kPieces) {
      SCOPED_TRACE(ToString(pairing) + ", pieces of " + std::to_string(piece));
      Check(pairing, piece);
      if (testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace starlock::test
