// IRC: our two roles face each other, in every pair of modes that fit, with every size of pieces.

#include "facing.h"

#include <gtest/gtest.h>

#include <utility>

namespace starlock::test {
namespace {

constexpr std::string_view kLookup = ":s NOTICE * :looking\r\n";
constexpr std::string_view kWelcome = ":s 001 a :in\r\n";
constexpr std::string_view kNick = "NICK a\r\n";
constexpr std::string_view kLast = "STARTTLS\r\n";

/// Whole lines off a stream, each answered by Answer.
class LinePeer : public Peer {
 public:
  std::string Take(std::string_view bytes) override {
    rest_ += bytes;
    std::string said;
    for (size_t end = 0; (end = rest_.find('\n')) != std::string::npos;) {
      const std::string line = rest_.substr(0, end + 1);
      rest_.erase(0, end + 1);
      said += Answer(line);
    }
    return said;
  }

 protected:
  virtual std::string Answer(const std::string& line) = 0;

 private:
  std::string rest_;
};

class FacingIrcServer final : public LinePeer {
 public:
  explicit FacingIrcServer(bool offers) : offers_(offers) {}
  std::string Begin() override { return std::string(kLookup); }
  std::string TlsUp() override {
    offers_ = false;
    return {};
  }

 private:
  std::string Answer(const std::string& line) override {
    if (line == "CAP LS\r\n") return std::string(":s CAP * LS :x") + (offers_ ? " tls" : "") + "\r\n";
    if (line == "CAP END\r\n") return {};
    if (line == kNick) return std::string(kWelcome);
    if (line == "STARTTLS\r\n" && offers_) return ":s 670 * :go\r\n";
    return ":s 421 * x :what\r\n";
  }

  bool offers_;
};

/// Asks for the capabilities, upgrades where it may, registers, and says kLast, which is then the server's alone.
class FacingIrcClient final : public LinePeer {
 public:
  explicit FacingIrcClient(bool upgrades) : upgrades_(upgrades) {}
  std::string Begin() override { return "CAP LS\r\n"; }
  std::string TlsUp() override {
    tls_ = true;
    return "CAP LS\r\n";
  }

 private:
  std::string Answer(const std::string& line) override {
    if (line.find(" CAP * LS ") != std::string::npos) {
      const bool offered = line.find(" tls\r\n") != std::string::npos || line.find(":tls\r\n") != std::string::npos;
      return offered && upgrades_ && !tls_ ? "STARTTLS\r\n" : std::string(kNick);
    }
    return line == kWelcome ? std::string(kLast) : "";
  }

  const bool upgrades_;
  bool tls_ = false;
};

void Face(const Pairing& pairing, size_t piece) {
  FacingIrcClient client(pairing.upgrades);
  Chain chain(pairing, piece, client, [&] { return std::make_unique<FacingIrcServer>(Upgrading(pairing.upstream)); });
  chain.Run();
  const bool registered = chain.served().find(kNick) != std::string::npos;
  if (pairing.sidecar == TlsMode::kRequired && pairing.front == TlsMode::kOff) {
    EXPECT_EQ(chain.sidecar().failure().end, End::kStarttlsNotOffered);
    EXPECT_NE(chain.heard().find("ERROR :Closing Link: "), std::string::npos);
    EXPECT_FALSE(registered);
  } else if (pairing.sidecar == TlsMode::kOff && pairing.front == TlsMode::kRequired) {
    EXPECT_NE(chain.heard().find("(TLS is required"), std::string::npos) << chain.heard();
    EXPECT_FALSE(registered);
  } else {
    chain.ExpectMet();
    EXPECT_NE(chain.heard().find(kWelcome), std::string::npos) << chain.heard();
    const std::string end = std::string(kNick) + std::string(kLast);
    ASSERT_GE(chain.served().size(), end.size());
    EXPECT_EQ(chain.served().substr(chain.served().size() - end.size()), end);
  }
}

TEST(IrcFacing, EveryPairOfModesInPiecesOfEverySize) {
  for (const Pairing& pairing : AllPairings("irc")) {
    for (const size_t piece : kPieces) {
      SCOPED_TRACE(ToString(pairing) + ", pieces of " + std::to_string(piece));
      Face(pairing, piece);
      if (testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace starlock::test
