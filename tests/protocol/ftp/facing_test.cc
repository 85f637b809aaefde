// Both roles against each other: client, sidecar, front, server; every pair of modes, pieces of every size.

#include "facing.h"

#include <gtest/gtest.h>

#include <deque>
#include <utility>

namespace starlock::test {
namespace {

/// Answers line by line.
class LinePeer : public Peer {
 public:
  std::string Take(std::string_view bytes) final {
    std::string answers;
    partial_ += bytes;
    for (size_t end; (end = partial_.find('\n')) != std::string::npos;) {
      const std::string line = partial_.substr(0, end + 1);
      partial_.erase(0, end + 1);
      answers += OnLine(line);
    }
    return answers;
  }

 private:
  virtual std::string OnLine(const std::string& line) = 0;
  std::string partial_;
};

class Server final : public LinePeer {
 public:
  explicit Server(bool auth) : auth_(auth) {}
  std::string Begin() override { return "220-fake\r\n 230 no\r\n220 ready\r\n"; }

 private:
  std::string OnLine(const std::string& line) override {
    const std::string verb = line.substr(0, line.find_first_of(" \r"));
    if (verb == "AUTH") return auth_ ? "234 go\r\n" : "500 what?\r\n";
    if (verb == "FEAT") return "211-Features\r\n UTF8\r\n211 End\r\n";
    if (verb == "USER") return "331 who?\r\n";
    if (verb == "PASS") return "230 in\r\n";
    if (verb == "EPSV") return "229 here (|||40001|)\r\n";
    if (verb == "RETR") return "150 go\r\n226-done\r\n226 really\r\n";
    if (verb == "QUIT") return "221 bye\r\n";
    return "200 fine\r\n";
  }

  bool auth_;
};

class Client final : public LinePeer {
 public:
  explicit Client(bool upgrades) {
    if (upgrades) script_ = {"FEAT\r\n", "AUTH TLS\r\n", "PBSZ 0\r\n", "PROT P\r\n"};
    for (const char* line : {"USER a\r\n", "PASS b\r\n", "PASV\r\n", "RETR x\r\n", "QUIT\r\n"})
      script_.emplace_back(line);
  }
  std::string TlsUp() override { return Next(); }
  bool finished() const { return script_.empty(); }

 private:
  std::string OnLine(const std::string& line) override {
    if (code_.empty()) code_ = line.substr(0, 3);
    if (line.substr(0, 4) != code_ + " ") return "";
    const std::string code = std::exchange(code_, {});
    return code == "150" || code == "234" || code == "221" ? "" : Next();
  }
  std::string Next() {
    if (script_.empty()) return "";
    std::string line = script_.front();
    script_.pop_front();
    return line;
  }

  std::deque<std::string> script_;
  std::string code_;
};

TEST(FtpFacing, EveryPairOfModesInPiecesOfEverySize) {
  for (const Pairing& pairing : AllPairings("ftp")) {
    for (const size_t piece : kPieces) {
      SCOPED_TRACE(ToString(pairing) + ", pieces of " + std::to_string(piece));
      Client client(pairing.upgrades);
      Chain chain(pairing, piece, client, [&] { return std::make_unique<Server>(Upgrading(pairing.upstream)); });
      chain.Run();
      if (pairing.sidecar == TlsMode::kRequired && pairing.front == TlsMode::kOff) {
        EXPECT_EQ(chain.sidecar().failure().end, End::kStarttlsNotOffered);
        EXPECT_EQ(chain.heard().substr(0, 4), "421 ");
      } else if (pairing.sidecar == TlsMode::kOff && pairing.front == TlsMode::kRequired) {
        EXPECT_NE(chain.heard().find("530 "), std::string::npos);
        EXPECT_EQ(chain.served().find("USER"), std::string::npos);
      } else {
        EXPECT_EQ(chain.heard().substr(0, 10), "220-fake\r\n");
        EXPECT_EQ(chain.heard().substr(chain.heard().size() - 9), "221 bye\r\n");
        EXPECT_TRUE(client.finished());
        const bool client_tls = pairing.client == TlsMode::kImplicit || pairing.upgrades;
        const bool between = chain.sidecar().tls_up(Side::kServer);
        EXPECT_EQ(between, chain.front().tls_up(Side::kClient));
        EXPECT_EQ(chain.sidecar().data(), std::string("open 50000 listen") +
                                              (client_tls ? " tls\nbegin tls " : "\nbegin clear ") +
                                              (between ? "tls\n" : "clear\n"));
        EXPECT_EQ(chain.front().data(), std::string("open 40001 listen") +
                                            (between ? " tls\nbegin tls " : "\nbegin clear ") +
                                            (pairing.upstream != TlsMode::kOff ? "tls\n" : "clear\n"));
      }
      if (testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace starlock::test
