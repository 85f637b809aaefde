#include "buffer/chain.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace starlock::buffer {
namespace {

constexpr size_t kSlab = 16 * 1024;

class ChainTest : public ::testing::Test {
 protected:
  Chunk Cut(std::string_view bytes) {
    Chunk chunk = pool.Reserve();
    EXPECT_GE(chunk.tailroom(), bytes.size());
    std::copy(bytes.begin(), bytes.end(), chunk.tail().begin());
    pool.Commit(chunk, bytes.size());
    return chunk;
  }
  Chain Of(std::initializer_list<std::string_view> parts) {
    Chain chain;
    for (const std::string_view part : parts) chain.Append(Cut(part));
    return chain;
  }
  static size_t Chunks(const Chain& chain) { return static_cast<size_t>(chain.end() - chain.begin()); }

  SlabPool pool{kSlab, 4};
};

TEST_F(ChainTest, AnEmptyOne) {
  Chain chain;
  EXPECT_TRUE(chain.empty());
  EXPECT_EQ(chain.size(), 0U);
  EXPECT_EQ(chain.ToString(), "");
  EXPECT_EQ(Chunks(chain), 0U);
  chain.Consume(0);
  chain.Clear();
  chain.Append(Chunk());
  chain.Append(Chain());
  chain.Copy(pool, "");
  EXPECT_TRUE(chain.empty());
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST_F(ChainTest, KeepsBytesInOrder) {
  Chain chain = Of({"ab", "cde"});
  chain.Append(Of({"f", "gh"}));
  EXPECT_EQ(chain.ToString(), "abcdefgh");
  EXPECT_EQ(chain.size(), 8U);
  EXPECT_EQ(Chunks(chain), 4U);
}

TEST_F(ChainTest, IsConsumedAtEveryPlace) {
  const std::string all = "abcdefgh";
  for (size_t n = 0; n <= all.size(); ++n) {
    Chain chain = Of({"ab", "cde", "f", "gh"});
    chain.Consume(n);
    EXPECT_EQ(chain.ToString(), all.substr(n));
    EXPECT_EQ(chain.size(), all.size() - n);
    EXPECT_EQ(chain.empty(), n == all.size());
  }
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST_F(ChainTest, GivesItsFirstChunkAway) {
  Chain chain = Of({"ab", "cde"});
  chain.Consume(1);
  const Chunk first = chain.PopFront();
  EXPECT_EQ(first.view(), "b");
  EXPECT_EQ(chain.ToString(), "cde");
  EXPECT_EQ(chain.PopFront().view(), "cde");
  EXPECT_TRUE(chain.empty());
}

TEST_F(ChainTest, AMovedOneIsEmptyAndMayBeUsedAgain) {
  Chain chain = Of({"ab", "cd"});
  chain.Consume(3);
  Chain other = std::move(chain);
  EXPECT_EQ(other.ToString(), "d");
  EXPECT_TRUE(chain.empty());  // NOLINT(bugprone-use-after-move): it is what the test is about
  EXPECT_EQ(chain.ToString(), "");
  chain.Append(Cut("xy"));
  EXPECT_EQ(chain.ToString(), "xy");
  other = std::move(chain);
  EXPECT_EQ(other.ToString(), "xy");
  EXPECT_TRUE(chain.empty());  // NOLINT(bugprone-use-after-move)
}

TEST_F(ChainTest, AQueueOfManyChunksIsConsumedAndFilledForever) {
  Chain chain;
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    const std::string part(1 + static_cast<size_t>(i % 5), static_cast<char>('a' + i % 26));
    chain.Append(Cut(part));
    expected += part;
    if (i % 3 == 0) {
      const size_t n = std::min<size_t>(7, expected.size());
      chain.Consume(n);
      expected.erase(0, n);
    }
    ASSERT_EQ(chain.size(), expected.size());
  }
  EXPECT_EQ(chain.ToString(), expected);
}

TEST_F(ChainTest, CopiesIntoTheRoomThatIsThere) {
  Chain chain;
  chain.Copy(pool, "ab");
  chain.Copy(pool, "cd");
  EXPECT_EQ(chain.ToString(), "abcd");
  EXPECT_EQ(Chunks(chain), 1U);
}

TEST_F(ChainTest, CopiesMoreThanASlab) {
  std::string bytes(5 * kSlab + 17, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31 >> 3);
  Chain chain;
  chain.Copy(pool, "head");
  chain.Copy(pool, bytes);
  EXPECT_EQ(chain.ToString(), "head" + bytes);
  EXPECT_LE(pool.in_use(), 7U);
}

TEST_F(ChainTest, ACopyNeverRunsIntoANeighboursBytes) {
  Chain first;
  first.Copy(pool, "first");
  const Chain neighbour = Of({"neighbour"});
  first.Copy(pool, std::string(10'000, 'x'));
  EXPECT_EQ(neighbour.ToString(), "neighbour");
  EXPECT_EQ(first.ToString(), "first" + std::string(10'000, 'x'));
}

TEST_F(ChainTest, CompactingCopiesWhatHoldsLittleOfItsSlabAndMovesTheRest) {
  std::vector<Chunk> others;  // fill up slabs, so that the next chunk is in another one
  Chain chain;
  chain.Append(Cut("a"));
  others.push_back(Cut(std::string(kSlab - 64, '-')));
  for (int i = 0; i < 5; ++i) chain.Append(Cut(std::string(1024, 'L')));
  others.push_back(Cut(std::string(kSlab - 5 * 1024, '-')));
  chain.Append(Cut("b"));
  others.push_back(Cut(std::string(kSlab - 64, '-')));
  chain.Append(Cut("c"));
  const uint8_t* const place = (chain.begin() + 1)->data();
  Chain queue;
  queue.AppendCompact(pool, std::move(chain));
  EXPECT_EQ(queue.ToString(), "a" + std::string(5 * 1024, 'L') + "bc");
  ASSERT_EQ(Chunks(queue), 7U);  // b and c share a chunk
  EXPECT_EQ((queue.begin() + 1)->data(), place);
}

TEST_F(ChainTest, TheFrontIsTakenAtEveryPlace) {
  for (size_t n = 1; n <= 3; ++n) {
    Chain chain = Of({"abc", "de"});
    EXPECT_EQ(chain.front().size(), 3U);
    EXPECT_EQ(chain.TakeFront(n).view(), std::string("abc").substr(0, n));
    EXPECT_EQ(chain.ToString(), std::string("abcde").substr(n));
    EXPECT_EQ(chain.size(), 5 - n);
  }
  EXPECT_TRUE(Chain().front().empty());
}

TEST_F(ChainTest, GatheredBytesLieTogether) {
  const std::string all = "abcdefgh";
  for (size_t consumed = 0; consumed < 3; ++consumed) {
    for (size_t n = 0; n <= all.size() - consumed; ++n) {
      for (const size_t room : {size_t{0}, size_t{1000}}) {
        Chain chain = Of({"ab", "cde", "f", "gh"});
        chain.Consume(consumed);
        chain.Gather(pool, n, room);
        EXPECT_GE(chain.front().size(), n);
        EXPECT_TRUE(n == 0 || chain.begin()->tailroom() >= room);
        EXPECT_EQ(chain.ToString(), all.substr(consumed));
        EXPECT_EQ(chain.size(), all.size() - consumed);
      }
    }
  }
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST_F(ChainTest, WhatWasGatheredWithRoomIsFilledWithoutMoving) {
  Chain chain = Of({"ab"});
  chain.Gather(pool, 2, 100);
  const uint8_t* const place = chain.begin()->data();
  for (size_t i = 0; i < 10; ++i) {
    chain.Append(Of({"cdefgh"}));
    chain.Gather(pool, chain.size(), 40);
    EXPECT_EQ(chain.begin()->data(), place);
    EXPECT_EQ(Chunks(chain), 1U);
  }
  EXPECT_EQ(chain.size(), 62U);
}

TEST_F(ChainTest, HeldBytesPinNoSlab) {
  Chain chain = Of({"ab", "cde"});
  chain.Hold(64, 100);
  EXPECT_EQ(pool.in_use(), 0U);
  EXPECT_EQ(Chunks(chain), 1U);
  EXPECT_EQ(chain.ToString(), "abcde");
  EXPECT_EQ(chain.begin()->tailroom(), 100U);
  const uint8_t* const place = chain.begin()->data();
  chain.Append(Of({std::string(36, 'x')}));
  chain.Hold(64, 1000);
  EXPECT_EQ(chain.begin()->data(), place) << "there was room";
  chain.Append(Of({"y"}));
  chain.Hold(64, 1000);
  EXPECT_NE(chain.begin()->data(), place);
  EXPECT_EQ(chain.begin()->tailroom(), 1000U);
  EXPECT_EQ(chain.ToString(), "abcde" + std::string(36, 'x') + "y");
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST_F(ChainTest, NothingToHold) {
  Chain chain;
  chain.Hold(64, 100);
  EXPECT_TRUE(chain.empty());
}

TEST_F(ChainTest, CompactingBoundsTheMemoryOfSmallPieces) {
  // If they were moved, these 200 bytes would pin 200 slabs.
  Chain queue;
  for (int i = 0; i < 200; ++i) {
    Chain chain = Of({std::string(kSlab, 'x')});
    chain.Consume(kSlab - 1);
    queue.AppendCompact(pool, std::move(chain));
  }
  EXPECT_EQ(queue.ToString(), std::string(200, 'x'));
  EXPECT_LE(pool.in_use(), 2U);
}

TEST_F(ChainTest, AQueueThatGrowsByLittleIsFewChunks) {
  Chain queue;
  for (int i = 0; i < 5000; ++i) queue.AppendCompact(pool, Of({"0123456789"}));
  EXPECT_EQ(queue.size(), 50'000U);
  EXPECT_LE(Chunks(queue), 8U);
  EXPECT_LE(pool.in_use(), 50'000 / kSlab + 2);
}

TEST_F(ChainTest, ManySmallQueuesShareSlabs) {
  std::vector<Chain> queues(64);
  for (Chain& queue : queues) queue.AppendCompact(pool, Of({"0123456789"}));
  EXPECT_LE(pool.in_use(), 14U);
}

TEST_F(ChainTest, ClearingFreesTheSlabs) {
  Chain chain = Of({std::string(kSlab, 'x'), std::string(kSlab, 'y')});
  EXPECT_EQ(pool.in_use(), 2U);
  chain.Clear();
  EXPECT_TRUE(chain.empty());
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST_F(ChainTest, ConsumedChunksFreeTheirSlabsAtOnce) {
  Chain chain = Of({std::string(kSlab, 'x'), std::string(kSlab, 'y')});
  chain.Consume(kSlab);
  EXPECT_EQ(pool.in_use(), 1U);
}

using ChainDeathTest = ChainTest;

TEST_F(ChainDeathTest, TakingMoreThanThereIsAborts) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Chain chain = Of({"ab"});
  EXPECT_DEATH(chain.Consume(3), "");
  EXPECT_DEATH(Chain().PopFront(), "");
  EXPECT_DEATH(Chain().TakeFront(0), "");
  EXPECT_DEATH(chain.TakeFront(3), "");
  EXPECT_DEATH(chain.Gather(pool, 3), "");
  EXPECT_DEATH(chain.Gather(pool, 2, kSlab), "");
}

}  // namespace
}  // namespace starlock::buffer
