// Both peers say anything in any order, in pieces of any size: whatever comes of it, the driver's demands hold, and the
// client of a leg that requires TLS crosses nothing before it.

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "scenes.h"

namespace starlock::test {
namespace {

constexpr std::string_view kFromClient[] = {"a CAPABILITY\r\n",
                                            "b STARTTLS\r\n",
                                            "c LOGIN u {3}\r\n",
                                            "c LOGIN u p\r\n",
                                            "d ID ({4+}\r\n",
                                            "x)\r\n",
                                            "e AUTHENTICATE X\r\n",
                                            "bGl0\r\n",
                                            "b NOOP {0}\r\n",
                                            "f LOGOUT\r\n",
                                            "\r\n",
                                            " g NOOP\r\n",
                                            "h NOOP\r\n",
                                            "a STARTTLS x\r\n",
                                            "\"q {3}",
                                            "i XYZZY\r\n",
                                            "b STARTTLS {2+}\r\n"};
constexpr std::string_view kFromServer[] = {"* OK [CAPABILITY STARTTLS A] hi\r\n",
                                            "* CAPABILITY A STARTTLS\r\n",
                                            "starlock1 OK\r\n",
                                            "starlock2 OK\r\n",
                                            "+ go\r\n",
                                            "a OK\r\n",
                                            "b OK [CAPABILITY STARTTLS]\r\n",
                                            "c OK in\r\n",
                                            "c NO\r\n",
                                            "d BAD\r\n",
                                            "e OK in\r\n",
                                            "* LIST {4}\r\nx\r\n\r\n",
                                            "h OK\r\n",
                                            "* BYE\r\n",
                                            "f OK\r\n",
                                            "starlock2 NO\r\n"};

template <size_t kCount>
std::string_view Pick(const std::string_view (&words)[kCount], std::mt19937& random) {
  return words[random() % kCount];
}

void PlayAnything(const Scene& scene, unsigned seed) {
  std::mt19937 random(seed);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
  DialogueDriver driver = Stage(scene);
  driver.Open();
  driver.Arrive(Side::kServer, kFromServer[0]);
  for (int step = 0; step < 60 && driver.act() != ActKind::kFail; ++step) {
    const bool busy = driver.act() != ActKind::kRead && driver.act() != ActKind::kRelay;
    if (busy && random() % 2 == 0) {
      driver.Succeed();
      continue;
    }
    const Side side = random() % 2 == 0 ? Side::kClient : Side::kServer;
    const std::string bytes(side == Side::kClient ? Pick(kFromClient, random) : Pick(kFromServer, random));
    const size_t cut = random() % (bytes.size() + 1);
    driver.Arrive(side, bytes.substr(0, cut));
    driver.Arrive(side, bytes.substr(cut));
    if (scene.client == kReq && !driver.tls_up(Side::kClient)) {
      ASSERT_EQ(driver.said(Side::kServer).find("LOGIN"), std::string::npos);
    }
  }
}

TEST(ImapRandom, TheDriversDemandsHold) {
  for (const TlsMode client : kModes) {
    for (const TlsMode server : kModes) {
      for (unsigned seed = 0; seed < 2000; ++seed) PlayAnything({"imap", client, server}, seed);
    }
  }
}

}  // namespace
}  // namespace starlock::test
