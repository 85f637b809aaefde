// The tables of legal transitions. No session leaves them, whatever its peers send in whatever order.

#include "protocol/ftp/states.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenes.h"

namespace starlock::test {
namespace {

namespace ftp = protocol::ftp;

template <typename Table, typename From, typename... To>
std::string Row() {
  std::string row;
  ((row += Table::template kAllows<From, To> ? '1' : '0'), ...);
  return row;
}

/// A row for each state; a column is 1 where that state may follow it. Both in the order of `States`.
template <typename Table, typename... States>
std::vector<std::string> Matrix() {
  return {Row<Table, States, States...>()...};
}

using Rows = std::vector<std::string>;

TEST(FtpStates, ServerControl) {
  EXPECT_EQ((Matrix<ftp::ServerControl, ftp::AwaitsGreeting, ftp::AwaitsAuth, ftp::ServerHandshake, ftp::AwaitsPbsz,
                    ftp::AwaitsProt, ftp::InSession>()),
            (Rows{"010101",     // greeting: AUTH, PBSZ or session
                  "001001",     // AUTH: handshake or session, never PBSZ in plaintext
                  "000100",     // handshake: never the session in plaintext
                  "000011",     // PBSZ
                  "000001",     // PROT
                  "000000"}));  // session: final
}

TEST(FtpStates, ServerData) {
  EXPECT_EQ((Matrix<ftp::ServerData, ftp::ServerDataClear, ftp::ServerDataRefused, ftp::ServerDataDue, ftp::LatePbsz,
                    ftp::LateProt, ftp::ServerDataPrivate>()),
            (Rows{"011001", "000000", "000100", "010010", "010001", "000000"}));
}

TEST(FtpStates, ClientControl) {
  EXPECT_EQ((Matrix<ftp::ClientControl, ftp::NotGreeted, ftp::BeforeTls, ftp::InPlaintext, ftp::ClientHandshake,
                    ftp::InsideTls>()),
            (Rows{"01101",
                  "00010",     // TLS required: no way to plaintext
                  "00010",     // plaintext
                  "00001",     // a handshake never ends in plaintext
                  "00000"}));  // inside TLS: final
}

TEST(FtpStates, ClientData) {
  EXPECT_EQ((Matrix<ftp::ClientData, ftp::NoPbsz, ftp::ClientDataClear, ftp::ClientDataPrivate>()),
            (Rows{"011", "011", "011"}));
}

TEST(FtpStates, Data) {
  EXPECT_EQ((Matrix<ftp::DataState, ftp::NoData, ftp::AsksForPort, ftp::Opens, ftp::Ready, ftp::Begun, ftp::Broken>()),
            (Rows{"010000", "101000", "100100", "010011", "100001", "110000"}));
}

/// One of these lines.
template <size_t N>
std::string AnyOf(const std::string_view (&lines)[N], std::mt19937& random) {
  return std::string(lines[random() % N]) + "\r\n";
}

std::string AnyCommand(std::mt19937& random) {
  static constexpr std::string_view kCommands[] = {"USER a",
                                                   "PASS b",
                                                   "AUTH TLS",
                                                   "AUTH SSL",
                                                   "PBSZ 0",
                                                   "PROT P",
                                                   "PROT C",
                                                   "CCC",
                                                   "PASV",
                                                   "PASV",
                                                   "EPSV",
                                                   "EPSV",
                                                   "EPSV 2",
                                                   "RETR x",
                                                   "RETR x",
                                                   "STOR x",
                                                   "XGET x",
                                                   "ABOR",
                                                   "STAT",
                                                   "ABOR",
                                                   "STAT",
                                                   "REIN",
                                                   "FEAT",
                                                   "NOOP",
                                                   "SYST",
                                                   "EPSV ALL",
                                                   "LPRT x",
                                                   "P@SW",
                                                   "PORT 198,51,100,9,9,9"};
  return AnyOf(kCommands, random);
}

std::string AnyReply(std::mt19937& random) {
  static constexpr std::string_view kReplies[] = {"220 hi",
                                                  "234 go",
                                                  "200 ok",
                                                  "230 in",
                                                  "331 who?",
                                                  "229 (|||4|)",
                                                  "227 (1,2,3,4,5,6)",
                                                  "150 go",
                                                  "150 go",
                                                  "226 ok",
                                                  "226 ok",
                                                  "225 ok",
                                                  "426 cut",
                                                  "425 no",
                                                  "500 no",
                                                  "530 no",
                                                  "503 no",
                                                  "120 x",
                                                  "213 half",
                                                  "211-a\r\n b\r\n211 c",
                                                  "226-a\r\n226 b",
                                                  "550 no",
                                                  "502-a\r\n502 b"};
  return AnyOf(kReplies, random);
}

/// A session with random commands, replies and events.
class Walk {
 public:
  Walk(DialogueDriver driver, std::mt19937& random) : driver_(std::move(driver)), random_(random) {}

  DialogueDriver& driver() { return driver_; }
  bool over() const { return driver_.act() == ActKind::kFail; }

  void Step() {
    if (driver_.act() != ActKind::kRead) {
      if (driver_.act() == ActKind::kTlsServer && random_() % 4 == 0) return driver_.FailTls();
      return driver_.Succeed();
    }
    if (driver_.data_pending()) return driver_.Data(random_() % 4 == 0 ? Kind::kFailed : Kind::kReady);
    switch (random_() % 8) {
      case 0:
        return LoseData();
      case 1:
      case 2:
      case 3:
        return driver_.Arrive(Side::kClient, AnyCommand(random_));
      default:
        return driver_.Arrive(Side::kServer, AnyReply(random_));
    }
  }

 private:
  using Kind = protocol::DataEvent::Kind;

  // The session reports a failure once for a connection that no transfer used, and a broken one otherwise.
  void LoseData() {
    const std::string& asked = driver_.data();
    const size_t last = asked.empty() ? 0 : asked.rfind('\n', asked.size() - 2) + 1;
    if (asked.compare(last, 5, "open ") != 0) return driver_.Data(Kind::kBroken);
    if (std::exchange(lost_, asked.size()) != asked.size()) driver_.Data(Kind::kFailed);
  }

  DialogueDriver driver_;
  std::mt19937& random_;
  size_t lost_ = 0;  ///< size of the driver's data() when the last failure was reported
};

/// A successful negotiation, so that most sessions last longer than their first replies.
void Begin(DialogueDriver& driver, TlsMode client, TlsMode server) {
  driver.Open();
  driver.Arrive(Side::kServer, "220 old\r\n");
  if (server == kOpp || server == kReq) {
    driver.Arrive(Side::kServer, "234 go\r\n");
    driver.Succeed();
  }
  if (server != kOff) {
    driver.Arrive(Side::kServer, "200 fine\r\n");
    driver.Arrive(Side::kServer, "200 fine\r\n");
  }
  if (client == kReq) {
    driver.Arrive(Side::kClient, "AUTH TLS\r\n");
    driver.Succeed();
  }
}

TEST(FtpStates, NoSessionLeavesItsTables) {
  std::mt19937 random(11);  // a fixed seed: reproducible
  size_t steps = 0;
  for (const TlsMode client : kModes) {
    for (const TlsMode server : kModes) {
      for (int round = 0; round < 400; ++round) {
        Walk walk(Stage({"ftp", client, server}), random);
        if (round % 4 == 0) {
          walk.driver().Start();
        } else {
          Begin(walk.driver(), client, server);
        }
        for (int step = 0; step < 60 && !walk.over(); ++step, ++steps) walk.Step();
        ASSERT_FALSE(walk.over() && walk.driver().failure().end == End::kInternal)
            << ToString(Scene{"ftp", client, server}) << ", round " << round << ": " << walk.driver().failure().why
            << "\n"
            << walk.driver().used(Side::kClient) << "---\n"
            << walk.driver().used(Side::kServer) << "---\n"
            << walk.driver().data();
      }
    }
  }
  EXPECT_GT(steps, 100000U) << "most sessions must last";
}

}  // namespace
}  // namespace starlock::test
