#include "log/ring.h"

#include <gtest/gtest.h>

namespace starlock {
namespace {

using Kind = LogRing::Kind;

std::string TakeAll(LogRing& ring) {
  std::string all;
  while (!ring.empty()) ring.Take(all, 1);
  return all;
}

// The lines occupy the same memory each.
std::string Line(char c) { return std::string(99, c) + "\n"; }
const size_t kCost = [] {
  LogRing ring(4096);
  ring.Push(Kind::kOther, Line('x'));
  return ring.bytes();
}();

TEST(LogRing, KeepsTheOrderOfBothKinds) {
  LogRing ring(4096);
  EXPECT_TRUE(ring.empty());
  ring.Push(Kind::kSession, "a\n");
  ring.Push(Kind::kOther, "b\n");
  ring.Push(Kind::kOther, "c\n");
  ring.Push(Kind::kSession, "d\n");
  ring.Push(Kind::kOther, "e\n");
  EXPECT_EQ(TakeAll(ring), "a\nb\nc\nd\ne\n");
  EXPECT_EQ(ring.bytes(), 0U);
  EXPECT_EQ(ring.dropped(), 0U);
}

TEST(LogRing, GivesWholeLinesUpToASize) {
  LogRing ring(4096);
  for (const char* line : {"12345\n", "12345\n", "12345\n"}) ring.Push(Kind::kSession, line);
  std::string batch;
  ring.Take(batch, 13);
  EXPECT_EQ(batch, "12345\n12345\n");
  batch.clear();
  ring.Take(batch, 1);
  EXPECT_EQ(batch, "12345\n");
  ring.Take(batch, 1);
  EXPECT_EQ(batch, "12345\n");
}

TEST(LogRing, AFullOneDropsTheOldestSessionRecords) {
  LogRing ring(3 * kCost);
  ring.Push(Kind::kOther, Line('1'));
  ring.Push(Kind::kSession, Line('2'));
  ring.Push(Kind::kSession, Line('3'));
  ring.Push(Kind::kSession, Line('4'));
  EXPECT_EQ(ring.dropped(), 1U);
  ring.Push(Kind::kOther, Line('5'));
  EXPECT_EQ(ring.dropped(), 2U);
  EXPECT_LE(ring.bytes(), 3 * kCost);
  EXPECT_EQ(TakeAll(ring), Line('1') + Line('4') + Line('5'));
}

TEST(LogRing, WithoutSessionRecordsItDropsTheOldestLine) {
  LogRing ring(2 * kCost);
  for (const char c : {'1', '2', '3'}) ring.Push(Kind::kOther, Line(c));
  EXPECT_EQ(ring.dropped(), 1U);
  ring.Push(Kind::kSession, Line('4'));  // does not displace another line
  EXPECT_EQ(ring.dropped(), 2U);
  EXPECT_EQ(TakeAll(ring), Line('2') + Line('3'));
}

TEST(LogRing, ALineThatIsLargerThanTheRingIsDropped) {
  LogRing ring(2 * kCost);
  ring.Push(Kind::kOther, Line('1'));
  ring.Push(Kind::kOther, std::string(1000, 'x') + "\n");
  EXPECT_EQ(ring.dropped(), 1U);
  EXPECT_EQ(TakeAll(ring), Line('1'));
}

TEST(LogRing, CountsWhatTheAllocatorTakes) {
  LogRing ring(1 << 20);
  for (int i = 0; i < 100'000; ++i) ring.Push(Kind::kSession, "x\n");
  EXPECT_GT(ring.dropped(), 80'000U) << "a line of two bytes occupies more than two bytes";
}

}  // namespace
}  // namespace starlock
