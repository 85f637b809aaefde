#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "transcript.h"

/// The upgrade window of a dialect, tried form by form.
namespace starlock::test {

/// What the client says, and what the server answers; both are bytes.
struct Exchange {
  std::string said;
  std::string answer;
};

struct Window {
  std::string_view protocol;
  std::string greeting;  ///< the server's
  std::string starttls;
  std::string go_ahead;
  std::string late;
  std::string off;
};

/// The two legs have met, and nothing has been said since.
inline DialogueDriver Met(const Window& window, TlsMode client, TlsMode server) {
  DialogueDriver driver = Stage({window.protocol, client, server});
  driver.Open();
  if (!window.greeting.empty()) driver.Arrive(Side::kServer, window.greeting);
  return driver;
}

/// After each of these exchanges alone, and after all of them in turn, STARTTLS is granted.
inline void ExpectKeepOpen(const Window& window, const std::vector<Exchange>& harmless) {
  for (const TlsMode server : {TlsMode::kOff, TlsMode::kImplicit}) {
    DialogueDriver all = Met(window, TlsMode::kOpportunistic, server);
    std::string crossed;
    for (const auto& [said, answer] : harmless) {
      DialogueDriver driver = Met(window, TlsMode::kOpportunistic, server);
      for (DialogueDriver* one : {&driver, &all}) {
        one->Arrive(Side::kClient, said);
        if (!answer.empty()) one->Arrive(Side::kServer, answer);
      }
      crossed += said;
      EXPECT_EQ(driver.said(Side::kServer), said) << window.protocol;
      driver.Arrive(Side::kClient, window.starttls);
      EXPECT_EQ(driver.act(), ActKind::kTlsClient) << window.protocol << ": " << said;
      EXPECT_EQ(driver.said(Side::kServer), said) << "and it does not cross";
    }
    all.Arrive(Side::kClient, window.starttls);
    EXPECT_EQ(all.act(), ActKind::kTlsClient) << window.protocol;
    EXPECT_EQ(all.said(Side::kServer), crossed);
    const std::string& heard = all.said(Side::kClient);
    ASSERT_GE(heard.size(), window.go_ahead.size());
    EXPECT_EQ(heard.substr(heard.size() - window.go_ahead.size()), window.go_ahead);
  }
}

/// Each of these crosses as it came, and STARTTLS is refused from then on, for good.
inline void ExpectClose(const Window& window, const std::vector<Exchange>& others) {
  for (const auto& [said, answer] : others) {
    SCOPED_TRACE(std::string(window.protocol) + ": " + said);
    DialogueDriver driver = Met(window, TlsMode::kOpportunistic, TlsMode::kOff);
    driver.Arrive(Side::kClient, said);
    EXPECT_EQ(driver.said(Side::kServer), said) << "it crosses as it came";
    if (!answer.empty()) driver.Arrive(Side::kServer, answer);
    for (int i = 0; i < 2; ++i) {
      const size_t heard = driver.said(Side::kClient).size();
      driver.Arrive(Side::kClient, window.starttls);
      EXPECT_EQ(driver.said(Side::kClient).substr(heard), window.late);
      EXPECT_EQ(driver.act(), ActKind::kRead);
    }
    EXPECT_EQ(driver.said(Side::kServer), said) << "STARTTLS does not cross";
  }
}

/// Each of these, said by the server although nothing was asked, reaches the client and closes the window; so does the
/// beginning of it.
inline void ExpectUnaskedCloses(const Window& window, const std::vector<std::string>& unasked) {
  for (const std::string& said : unasked) {
    SCOPED_TRACE(std::string(window.protocol) + ": " + said);
    DialogueDriver driver = Met(window, TlsMode::kOpportunistic, TlsMode::kOff);
    const size_t heard = driver.said(Side::kClient).size();
    driver.Arrive(Side::kServer, said);
    driver.Arrive(Side::kClient, window.starttls);
    EXPECT_EQ(driver.said(Side::kClient).substr(heard), said + window.late);
    EXPECT_EQ(driver.act(), ActKind::kRead);
    EXPECT_EQ(driver.said(Side::kServer), "");

    DialogueDriver begun = Met(window, TlsMode::kOpportunistic, TlsMode::kOff);
    begun.Arrive(Side::kServer, said.substr(0, said.size() - 1));
    begun.Arrive(Side::kClient, window.starttls);
    EXPECT_EQ(begun.act(), ActKind::kRead);
    EXPECT_EQ(begun.said(Side::kServer), "");
  }
}

/// After the upgrade: what a plaintext server may not say before the client has spoken, the goodbye that it may say
/// (empty: none), and what the client says first.
inline void ExpectSilence(const Window& window, const std::vector<std::string>& forbidden, const std::string& goodbye,
                          const Exchange& first) {
  const auto upgraded = [&window] {
    DialogueDriver driver = Met(window, TlsMode::kOpportunistic, TlsMode::kOff);
    driver.Arrive(Side::kClient, window.starttls);
    EXPECT_EQ(driver.act(), ActKind::kTlsClient);
    driver.Succeed();
    EXPECT_EQ(driver.act(), ActKind::kRead);
    return driver;
  };
  for (const std::string& said : forbidden) {
    SCOPED_TRACE(std::string(window.protocol) + ": " + said);
    DialogueDriver driver = upgraded();
    driver.Arrive(Side::kServer, said);
    EXPECT_EQ(driver.act(), ActKind::kFail);
    EXPECT_EQ(driver.failure().end, End::kProtocolError);
    EXPECT_EQ(driver.failure().blame, Blame::kServer);
    EXPECT_EQ(driver.said(Side::kClient).find(said), std::string::npos) << "nothing of it reaches the client";

    // It had begun before the client spoke.
    DialogueDriver begun = upgraded();
    begun.Arrive(Side::kServer, said.substr(0, said.size() - 1));
    begun.Arrive(Side::kClient, first.said);
    EXPECT_EQ(begun.act(), ActKind::kFail);
    EXPECT_EQ(begun.failure().blame, Blame::kServer);
    EXPECT_EQ(begun.said(Side::kServer), "");
  }
  if (!goodbye.empty()) {
    DialogueDriver driver = upgraded();
    const size_t heard = driver.said(Side::kClient).size();
    driver.Arrive(Side::kServer, goodbye);
    EXPECT_EQ(driver.said(Side::kClient).substr(heard), goodbye);
    EXPECT_EQ(driver.act(), ActKind::kRead);
  }
  DialogueDriver driver = upgraded();
  const size_t heard = driver.said(Side::kClient).size();
  driver.Arrive(Side::kClient, first.said);
  driver.Arrive(Side::kServer, first.answer);
  EXPECT_EQ(driver.said(Side::kServer), first.said);
  EXPECT_EQ(driver.said(Side::kClient).substr(heard), first.answer);
  EXPECT_EQ(driver.act(), ActKind::kRead);
}

/// The client leg is `off` and the server leg inside TLS: STARTTLS is refused and does not cross, and the answer to
/// `asks` is shown as `shown`.
inline void ExpectOff(const Window& window, const Exchange& asks, const std::string& shown) {
  DialogueDriver driver = Met(window, TlsMode::kOff, TlsMode::kImplicit);
  ASSERT_EQ(driver.act(), ActKind::kRead) << window.protocol;
  const auto expect = [&driver](const std::string& said, const std::string& answer, const std::string& heard,
                                const std::string& crosses) {
    const size_t to_client = driver.said(Side::kClient).size();
    const size_t to_server = driver.said(Side::kServer).size();
    driver.Arrive(Side::kClient, said);
    if (!answer.empty()) driver.Arrive(Side::kServer, answer);
    EXPECT_EQ(driver.said(Side::kClient).substr(to_client), heard);
    EXPECT_EQ(driver.said(Side::kServer).substr(to_server), crosses);
    EXPECT_EQ(driver.act(), ActKind::kRead);
  };
  expect(window.starttls, "", window.off, "");
  expect(asks.said, asks.answer, shown, asks.said);
  expect(window.starttls, "", window.off, "");
}

}  // namespace starlock::test
