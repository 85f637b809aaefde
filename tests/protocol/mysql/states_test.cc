// The table of legal transitions. No session leaves it, whatever its peers send in whatever order.

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "protocol/mysql/dialogue.h"
#include "scenes.h"

namespace starlock::test {
namespace {

namespace mysql = protocol::mysql;

template <typename From, typename... To>
std::string Row() {
  std::string row;
  ((row += mysql::Progress::kAllows<From, To> ? '1' : '0'), ...);
  return row;
}

/// A row for each state; a column is 1 where that state may follow it. Both in the order of `States`.
template <typename... States>
std::vector<std::string> Matrix() {
  return {Row<States, States...>()...};
}

TEST(MysqlStates, Progress) {
  EXPECT_EQ((Matrix<mysql::AwaitsGreeting, mysql::AwaitsResponse, mysql::ServerHandshake, mysql::AwaitsNextGreeting,
                    mysql::RepeatsResponse, mysql::Login>()),
            (std::vector<std::string>{"010000", "001001", "010100", "000010", "000001", "000000"}));
}

std::string AnythingOfTheServer(std::mt19937& random) {
  const int id = static_cast<int>(random() % 4);
  switch (random() % 6) {
    case 0:
    case 1:
      return MysqlGreeting(random() % 2 == 0);
    case 2:
      return MysqlError(id, 1040, "08004", "Too many connections");
    case 3:
      return MysqlPacket(id, "\x01\x04");
    case 4:
      return MysqlPacket(id, "\xfemysql_native_password");
    default:
      return MysqlPacket(id, std::string("\x00\x00\x00\x02\x00\x00\x00", 7));
  }
}

std::string AnythingOfTheClient(std::mt19937& random) {
  switch (random() % 5) {
    case 0:
      return MysqlSslRequest();
    case 1:
    case 2:
      return MysqlResponse(static_cast<int>(1 + random() % 2), random() % 2 == 0, random() % 4 == 0 ? "" : "plugin");
    case 3:
      return MysqlPacket(0, "\x03SELECT 1");
    default:
      return MysqlPacket(static_cast<int>(2 + random() % 3), "proof");
  }
}

void Step(DialogueDriver& driver, std::mt19937& random) {
  if (driver.act() == ActKind::kTlsServer && random() % 2 == 0) return driver.FailTls();
  if (driver.act() != ActKind::kRead) return driver.Succeed();
  if (random() % 2 == 0) return driver.Arrive(Side::kClient, AnythingOfTheClient(random));
  driver.Arrive(Side::kServer, AnythingOfTheServer(random));
}

TEST(MysqlStates, NoSessionLeavesItsTable) {
  std::mt19937 random(11);  // a fixed seed: reproducible
  size_t relays = 0;
  for (const TlsMode client : kModes) {
    for (const TlsMode server : kModes) {
      for (int round = 0; round < 2000; ++round) {
        DialogueDriver driver = Stage({"mysql", client, server});
        driver.Start();
        for (int step = 0; step < 30 && !driver.over(); ++step) Step(driver, random);
        ASSERT_FALSE(driver.act() == ActKind::kFail && driver.failure().end == End::kInternal)
            << ToString(Scene{"mysql", client, server}) << ", round " << round << ": " << driver.failure().why;
        relays += driver.act() == ActKind::kRelay ? 1 : 0;
      }
    }
  }
  EXPECT_GT(relays, 500U) << "many logins must complete";
}

}  // namespace
}  // namespace starlock::test
