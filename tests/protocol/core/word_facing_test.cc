// POP3 and NNTP: our two roles face each other, in every pair of modes that fit, with every size of pieces.

#include <gtest/gtest.h>

#include <utility>

#include "facing.h"

namespace starlock::test {
namespace {

/// What POP3 and NNTP differ in here.
struct Words {
  std::string_view protocol, greeting, ask, list, offer, upgrade, go_ahead, login, welcome, goodbye, refusal;
};

constexpr Words kWords[] = {
    {"pop3", "+OK <1@fake>\r\n", "CAPA\r\n", "+OK list\r\nTOP\r\n", "STLS\r\n", "STLS\r\n", "+OK go\r\n",
     "APOP a 0\r\n", "+OK in\r\n", "-ERR [SYS/TEMP] ", "-ERR Must issue a STLS"},
    {"nntp", "200 fake\r\n", "CAPABILITIES\r\n", "101 list\r\nVERSION 2\r\n", "STARTTLS\r\n", "STARTTLS\r\n",
     "382 go\r\n", "AUTHINFO PASS a\r\n", "281 in\r\n", "400 ", "483 "},
};
constexpr std::string_view kLast = "STLS\r\nSTARTTLS\r\n";

/// Lines off a stream.
class Lines {
 public:
  void Add(std::string_view bytes) { rest_ += bytes; }
  bool Take(std::string& line) {
    const size_t end = rest_.find('\n');
    if (end == std::string::npos) return false;
    line = rest_.substr(0, end + 1);
    rest_.erase(0, end + 1);
    return true;
  }

 private:
  std::string rest_;
};

class FacingServer final : public Peer {
 public:
  FacingServer(const Words& words, bool offers) : words_(words), offers_(offers) {}

  std::string Begin() override { return std::string(words_.greeting); }
  std::string Take(std::string_view bytes) override {
    lines_.Add(bytes);
    std::string said;
    for (std::string line; lines_.Take(line);) said += Answer(line);
    return said;
  }
  std::string TlsUp() override {
    offers_ = false;
    return {};
  }

 private:
  std::string Answer(std::string_view line) {
    if (line == words_.ask) return std::string(words_.list) + std::string(offers_ ? words_.offer : "") + ".\r\n";
    if (line == words_.upgrade && offers_) return std::string(words_.go_ahead);
    if (line == words_.login) return std::string(words_.welcome);
    return "500 " + std::string(line);
  }

  const Words& words_;
  bool offers_;
  Lines lines_;
};

/// Asks for the capabilities, upgrades where it may, logs in, and says kLast, which is then nobody's but the server's.
class FacingClient final : public Peer {
 public:
  FacingClient(const Words& words, bool upgrades) : words_(words), upgrades_(upgrades) {}

  std::string Take(std::string_view bytes) override {
    lines_.Add(bytes);
    std::string said;
    for (std::string line; lines_.Take(line);) said += Hear(line);
    return said;
  }
  std::string TlsUp() override {
    tls_ = true;
    state_ = State::kList;
    return std::string(words_.ask);
  }

 private:
  enum class State : uint8_t { kGreeting, kList, kGoAhead, kLogin, kDone };

  std::string Hear(std::string_view line) {
    switch (state_) {
      case State::kGreeting:
        if (line != words_.greeting) return {};
        state_ = State::kList;
        return std::string(words_.ask);
      case State::kList:
        offered_ = offered_ || line == words_.offer;
        if (line != ".\r\n") return {};
        state_ = std::exchange(offered_, false) && upgrades_ && !tls_ ? State::kGoAhead : State::kLogin;
        return std::string(state_ == State::kGoAhead ? words_.upgrade : words_.login);
      case State::kLogin:
        state_ = State::kDone;
        return line == words_.welcome ? std::string(kLast) : "";
      case State::kGoAhead:
      case State::kDone:
        break;
    }
    return {};
  }

  const Words& words_;
  const bool upgrades_;
  bool tls_ = false;
  bool offered_ = false;
  State state_ = State::kGreeting;
  Lines lines_;
};

void Face(const Words& words, const Pairing& pairing, size_t piece) {
  const bool offers = Upgrading(pairing.upstream);
  FacingClient client(words, pairing.upgrades);
  Chain chain(pairing, piece, client, [&] { return std::make_unique<FacingServer>(words, offers); });
  chain.Run();
  if (pairing.sidecar == TlsMode::kRequired && pairing.front == TlsMode::kOff) {
    EXPECT_EQ(chain.sidecar().failure().end, End::kStarttlsNotOffered);
    EXPECT_EQ(chain.heard().substr(0, words.goodbye.size()), words.goodbye);
    EXPECT_EQ(chain.served().find(words.login), std::string::npos);
  } else if (pairing.sidecar == TlsMode::kOff && pairing.front == TlsMode::kRequired) {
    EXPECT_NE(chain.heard().find(words.refusal), std::string::npos) << chain.heard();
    EXPECT_EQ(chain.served().find(words.login), std::string::npos);
  } else {
    chain.ExpectMet();
    EXPECT_EQ(chain.heard().substr(0, words.greeting.size()), words.greeting);
    const std::string end = std::string(words.login) + std::string(kLast);
    ASSERT_GE(chain.served().size(), end.size());
    EXPECT_EQ(chain.served().substr(chain.served().size() - end.size()), end);
  }
}

TEST(WordFacing, EveryPairOfModesInPiecesOfEverySize) {
  for (const Words& words : kWords) {
    for (const Pairing& pairing : AllPairings(words.protocol)) {
      for (const size_t piece : kPieces) {
        SCOPED_TRACE(ToString(pairing) + ", pieces of " + std::to_string(piece));
        Face(words, pairing, piece);
        if (testing::Test::HasFailure()) return;
      }
    }
  }
}

}  // namespace
}  // namespace starlock::test
