// Our two roles face each other, in every pair of modes that fit, with every size of the pieces in which their bytes
// are carried.

#include "facing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "scenes.h"

namespace starlock::test {
namespace {

/// Splits what comes into lines.
class Lines {
 public:
  template <typename OnLine>
  std::string Feed(std::string_view bytes, OnLine on_line) {
    std::string answers;
    partial_ += bytes;
    for (size_t end; (end = partial_.find('\n')) != std::string::npos;) {
      const std::string line = partial_.substr(0, end + 1);
      partial_.erase(0, end + 1);
      answers += on_line(line);
    }
    return answers;
  }

 private:
  std::string partial_;
};

class ImapServer final : public Peer {
 public:
  explicit ImapServer(bool starttls) : starttls_(starttls) {}

  std::string Begin() override { return "* OK [CAPABILITY " + Capabilities() + "] old\r\n"; }
  std::string TlsUp() override {
    starttls_ = false;
    return {};
  }
  std::string Take(std::string_view bytes) override {
    return lines_.Feed(bytes, [this](const std::string& line) { return OnLine(line); });
  }

 private:
  std::string Capabilities() const { return std::string("IMAP4rev1 ") + (starttls_ ? "STARTTLS " : "") + "X"; }

  std::string OnLine(const std::string& line) {
    if (literal_) {
      literal_ = false;
      return tag_ + " OK in\r\n";
    }
    tag_ = line.substr(0, line.find(' '));
    const std::string rest = line.substr(tag_.size() + 1);
    if (rest == "CAPABILITY\r\n") return "* CAPABILITY " + Capabilities() + "\r\n" + tag_ + " OK\r\n";
    if (rest == "STARTTLS\r\n") return starttls_ ? tag_ + " OK go\r\n" : tag_ + " BAD\r\n";
    if (rest.substr(0, 5) == "LOGIN") {
      literal_ = true;
      return "+ go on\r\n";
    }
    return tag_ + " OK " + rest;
  }

  bool starttls_;
  bool literal_ = false;
  std::string tag_;
  Lines lines_;
};

/// Asks for capabilities, upgrades where it wants to and may, logs in with a literal, and says a word.
class ImapClient final : public Peer {
 public:
  explicit ImapClient(bool upgrades) : upgrades_(upgrades) {}

  std::string Take(std::string_view bytes) override {
    return lines_.Feed(bytes, [this](const std::string& line) { return OnLine(line); });
  }
  std::string TlsUp() override {
    upgrades_ = false;
    return "c CAPABILITY\r\n";
  }
  bool refused() const { return refused_; }

 private:
  std::string OnLine(const std::string& line) {
    if (line.substr(0, 4) == "* OK") return "a CAPABILITY\r\n";
    if (line.substr(0, 12) == "* CAPABILITY") offered_ = line.find("STARTTLS") != std::string::npos;
    if (line.substr(0, 4) == "a OK" && upgrades_ && offered_) return "b STARTTLS\r\n";
    if (line.substr(0, 4) == "a OK" || line.substr(0, 4) == "c OK") return "d LOGIN u {10}\r\n";
    if (line.substr(0, 2) == "+ ") return "e STARTTLS\r\n";
    if (line.substr(0, 4) == "d NO") refused_ = true;
    if (line.substr(0, 4) == "d OK") return "f SELECT x\r\n";
    return {};
  }

  bool upgrades_;
  bool offered_ = false;
  bool refused_ = false;
  Lines lines_;
};

void ExpectServed(const Chain& chain) {
  chain.ExpectMet();
  EXPECT_EQ(chain.heard().substr(0, 4), "* OK");
  const std::string end = "f OK SELECT x\r\n";
  EXPECT_EQ(chain.heard().substr(std::max(chain.heard().size(), end.size()) - end.size()), end);
  EXPECT_NE(chain.served().find("d LOGIN u {10}\r\ne STARTTLS\r\nf SELECT x\r\n"), std::string::npos);
}

TEST(ImapFacing, EveryPairOfModesInPiecesOfEverySize) {
  for (const Pairing& pairing : AllPairings("imap")) {
    for (const size_t piece : kPieces) {
      SCOPED_TRACE(ToString(pairing) + ", pieces of " + std::to_string(piece));
      ImapClient client(pairing.upgrades);
      Chain chain(pairing, piece, client, [&] { return std::make_unique<ImapServer>(Upgrading(pairing.upstream)); });
      chain.Run();
      if (pairing.sidecar == kReq && pairing.front == kOff) {
        EXPECT_EQ(chain.sidecar().failure().end, End::kStarttlsNotOffered);
        EXPECT_EQ(chain.heard().substr(0, 19), "* BYE [UNAVAILABLE]");
        EXPECT_EQ(chain.served().find("LOGIN"), std::string::npos);
      } else if (pairing.sidecar == kOff && pairing.front == kReq) {
        EXPECT_TRUE(client.refused());
        EXPECT_EQ(chain.served().find("LOGIN"), std::string::npos);
      } else {
        ExpectServed(chain);
      }
      if (testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace starlock::test
