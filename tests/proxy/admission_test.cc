#include "proxy/admission.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace starlock::proxy {
namespace {

using Answer = Admission::Answer;

TEST(AdmissionTest, WithoutLimitsAllAreServed) {
  Admission admission(0, 0);
  for (int i = 0; i < 100'000; ++i) ASSERT_EQ(admission.Enter("192.0.2.1"), Answer::kServe);
}

TEST(AdmissionTest, AtTheLimitTheNextIsRefusedUntilOneLeaves) {
  Admission admission(2, 0);
  EXPECT_EQ(admission.Enter("a"), Answer::kServe);
  EXPECT_EQ(admission.Enter("b"), Answer::kServe);
  EXPECT_EQ(admission.Enter("c"), Answer::kRefuse);
  admission.Leave("a", Answer::kServe);
  EXPECT_EQ(admission.Enter("d"), Answer::kServe);
  EXPECT_EQ(admission.Enter("e"), Answer::kRefuse);
}

// Sessions in refusal do not count towards the limit.
TEST(AdmissionTest, TheRefusedTakeNoPlace) {
  Admission admission(2, 0);
  EXPECT_EQ(admission.Enter("a"), Answer::kServe);
  EXPECT_EQ(admission.Enter("a"), Answer::kServe);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(admission.Enter("b"), Answer::kRefuse);
  admission.Leave("a", Answer::kServe);
  EXPECT_EQ(admission.Enter("c"), Answer::kServe);
  for (int i = 0; i < 10; ++i) admission.Leave("b", Answer::kRefuse);
  EXPECT_EQ(admission.Enter("c"), Answer::kRefuse) << "and their going frees none";
}

TEST(AdmissionTest, BeyondTheBoundOfRefusalsTheyAreDropped) {
  Admission admission(1, 0);
  EXPECT_EQ(admission.Enter("a"), Answer::kServe);
  for (uint32_t i = 0; i < Admission::kMaxRefusing; ++i) ASSERT_EQ(admission.Enter("b"), Answer::kRefuse);
  EXPECT_EQ(admission.Enter("b"), Answer::kDrop);
  EXPECT_EQ(admission.Enter("c"), Answer::kDrop);
  admission.Leave("b", Answer::kRefuse);
  EXPECT_EQ(admission.Enter("c"), Answer::kRefuse);
  admission.Leave("a", Answer::kServe);
  EXPECT_EQ(admission.Enter("c"), Answer::kServe) << "a flood of the refused keeps nobody out for whom there is room";
}

TEST(AdmissionTest, EachClientHasItsOwnCount) {
  Admission admission(0, 2);
  EXPECT_EQ(admission.Enter("192.0.2.1"), Answer::kServe);
  EXPECT_EQ(admission.Enter("192.0.2.1"), Answer::kServe);
  EXPECT_EQ(admission.Enter("192.0.2.1"), Answer::kRefuse);
  EXPECT_EQ(admission.Enter("192.0.2.2"), Answer::kServe);
  admission.Leave("192.0.2.1", Answer::kRefuse);
  EXPECT_EQ(admission.Enter("192.0.2.1"), Answer::kRefuse);
  admission.Leave("192.0.2.1", Answer::kServe);
  EXPECT_EQ(admission.Enter("192.0.2.1"), Answer::kServe);
}

// Otherwise one client could use up max_connections with refused connections.
TEST(AdmissionTest, WhatOneClientIsRefusedCountsForNobodyElse) {
  Admission admission(10, 1);
  EXPECT_EQ(admission.Enter("greedy"), Answer::kServe);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(admission.Enter("greedy"), Answer::kRefuse);
  for (int i = 0; i < 9; ++i) EXPECT_EQ(admission.Enter("modest" + std::to_string(i)), Answer::kServe);
  EXPECT_EQ(admission.Enter("late"), Answer::kRefuse);
  admission.Leave("modest0", Answer::kServe);
  EXPECT_EQ(admission.Enter("late"), Answer::kServe) << "having been refused does not count against it";
}

TEST(AdmissionTest, HoldsWhateverManyThreadsDo) {
  constexpr uint32_t kMost = 50;
  constexpr uint32_t kMostPerClient = 20;
  Admission admission(kMost, kMostPerClient);
  std::atomic<uint32_t> serving{0};
  std::atomic<uint32_t> highest{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, client = "192.0.2." + std::to_string(t), state = static_cast<uint32_t>(t) + 1]() mutable {
      std::vector<Answer> in;
      uint32_t mine = 0;
      for (int i = 0; i < 20'000; ++i) {
        state = state * 1664525 + 1013904223;
        if (in.size() < 40 && state >> 31 != 0) {
          const Answer answer = admission.Enter(client);
          if (answer == Answer::kDrop) continue;
          in.push_back(answer);
          if (answer == Answer::kRefuse) continue;
          EXPECT_LE(++mine, kMostPerClient);
          const uint32_t now = ++serving;
          uint32_t seen = highest;
          while (seen < now && !highest.compare_exchange_weak(seen, now)) {
          }
        } else if (!in.empty()) {
          if (in.back() == Answer::kServe) {
            --serving;
            --mine;
          }
          admission.Leave(client, in.back());
          in.pop_back();
        }
      }
      for (const Answer answer : in) {
        if (answer == Answer::kServe) --serving;
        admission.Leave(client, answer);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(highest, kMost);
  EXPECT_EQ(serving, 0U);
  // The counters are balanced.
  for (uint32_t i = 0; i < kMost; ++i) EXPECT_EQ(admission.Enter(std::to_string(i)), Answer::kServe);
  EXPECT_EQ(admission.Enter("one more"), Answer::kRefuse);
}

}  // namespace
}  // namespace starlock::proxy
