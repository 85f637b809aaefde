#include "buffer/slab.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace starlock::buffer {
namespace {

constexpr size_t kSlab = 4096;

Chunk Cut(SlabPool& pool, std::string_view bytes, size_t keep = 0) {
  Chunk chunk = pool.Reserve();
  std::memcpy(chunk.tail().data(), bytes.data(), bytes.size());
  pool.Commit(chunk, bytes.size(), keep);
  return chunk;
}

TEST(ChunkTest, AnEmptyOneHoldsNothing) {
  const Chunk chunk;
  EXPECT_TRUE(chunk.empty());
  EXPECT_EQ(chunk.size(), 0U);
  EXPECT_EQ(chunk.headroom(), 0U);
  EXPECT_EQ(chunk.tailroom(), 0U);
  EXPECT_EQ(chunk.view(), "");
}

TEST(ChunkTest, TrimmedBytesBecomeRoomAndComeBack) {
  SlabPool pool(kSlab, 1);
  Chunk chunk = Cut(pool, "0123456789");
  chunk.TrimFront(3);
  EXPECT_EQ(chunk.view(), "3456789");
  EXPECT_EQ(chunk.headroom(), 3U);
  const size_t room = chunk.tailroom();
  chunk.TrimBack(2);
  EXPECT_EQ(chunk.view(), "34567");
  EXPECT_EQ(chunk.tailroom(), room + 2);
  chunk.ExtendFront(1);
  chunk.ExtendBack(1);
  EXPECT_EQ(chunk.view(), "2345678");
}

TEST(ChunkTest, ASplitLeavesTheFrontNoRoomBehindAndTheRestNoneBefore) {
  SlabPool pool(kSlab, 1);
  Chunk chunk = Cut(pool, "0123456789", 100);
  chunk.TrimFront(2);
  const size_t room = chunk.tailroom();
  Chunk front = chunk.SplitFront(3);
  EXPECT_EQ(front.view(), "234");
  EXPECT_EQ(front.headroom(), 2U);
  EXPECT_EQ(front.tailroom(), 0U);
  EXPECT_EQ(chunk.view(), "56789");
  EXPECT_EQ(chunk.headroom(), 0U);
  EXPECT_EQ(chunk.tailroom(), room);
}

TEST(ChunkTest, ASplitKeepsTheSlabForBothParts) {
  SlabPool pool(kSlab, 1);
  {
    Chunk front;
    {
      Chunk chunk = Cut(pool, "abcdef");
      front = chunk.SplitFront(3);
    }
    EXPECT_EQ(pool.in_use(), 1U);
    EXPECT_EQ(front.view(), "abc");
  }
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST(ChunkTest, NeighboursJoin) {
  SlabPool pool(kSlab, 1);
  Chunk second = Cut(pool, "-abc+-de+", 10);
  Chunk first = second.SplitFront(5);
  first.TrimFront(1);
  first.TrimBack(1);
  second.TrimFront(1);
  second.TrimBack(1);
  const size_t room = first.tailroom() + second.headroom() + second.tailroom();
  ASSERT_TRUE(first.Join(second));
  EXPECT_EQ(first.view(), "abcde");
  EXPECT_EQ(first.headroom(), 1U);
  EXPECT_EQ(first.tailroom(), room);
  EXPECT_TRUE(second.empty());
  Chunk stranger = Cut(pool, "xyz");
  Chunk nothing;
  EXPECT_TRUE(first.Join(stranger));  // cut directly after it, so adjacent too
  EXPECT_FALSE(stranger.Join(first));
  EXPECT_FALSE(first.Join(nothing));
  EXPECT_FALSE(nothing.Join(first));
  EXPECT_EQ(first.view(), "abcdexyz");
}

TEST(ChunkTest, AMovedOneIsEmpty) {
  SlabPool pool(kSlab, 1);
  Chunk chunk = Cut(pool, "abc");
  Chunk other = std::move(chunk);
  EXPECT_EQ(other.view(), "abc");
  chunk = Cut(pool, "xyz");
  EXPECT_EQ(chunk.view(), "xyz");
  EXPECT_EQ(other.view(), "abc");
}

TEST(ChunkDeathTest, LeavingItsPartOfTheSlabAborts) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  SlabPool pool(kSlab, 1);
  Chunk chunk = Cut(pool, "abc");
  EXPECT_DEATH(chunk.TrimFront(4), "");
  EXPECT_DEATH(chunk.TrimBack(4), "");
  EXPECT_DEATH(chunk.ExtendFront(1), "");
  EXPECT_DEATH(chunk.ExtendBack(chunk.tailroom() + 1), "");
  EXPECT_DEATH(chunk.SplitFront(4), "");
  EXPECT_DEATH(Chunk(SlabRef(), 0, 2, 1, 3), "");
  Chunk reserved = pool.Reserve();
  EXPECT_DEATH(pool.Commit(reserved, reserved.tailroom() + 1), "");
  EXPECT_DEATH(pool.Reserve(Stay::kShort, kSlab + 1), "");
}

TEST(SlabPoolTest, ReadsAreCutOneBehindAnotherFromOneSlab) {
  SlabPool pool(kSlab, 1);
  const Chunk first = Cut(pool, std::string(100, 'a'));
  const Chunk second = Cut(pool, std::string(100, 'b'));
  EXPECT_EQ(pool.in_use(), 1U);
  EXPECT_EQ(second.data() - first.data(), 128);
  EXPECT_EQ(first.view(), std::string(100, 'a'));
  EXPECT_EQ(second.view(), std::string(100, 'b'));
}

TEST(SlabPoolTest, EveryReserveIsAlignedAndAtLeastAQuarterOfASlab) {
  SlabPool pool(kSlab, 4);
  std::vector<Chunk> held;
  for (size_t size = 1; size < 300; size += 7) {
    Chunk chunk = pool.Reserve();
    EXPECT_EQ(reinterpret_cast<uintptr_t>(chunk.data()) % 64, 0U);
    EXPECT_GE(chunk.tailroom(), kSlab / 4);
    pool.Commit(chunk, size);
    held.push_back(std::move(chunk));
  }
}

TEST(SlabPoolTest, AReserveHasTheRoomThatIsAskedFor) {
  SlabPool pool(kSlab, 4);
  const Chunk first = Cut(pool, std::string(1000, 'a'));
  Chunk chunk = pool.Reserve(Stay::kShort, 3072);
  EXPECT_EQ(chunk.data() - first.data(), 1024);
  pool.Commit(chunk, 0);
  EXPECT_EQ(pool.Reserve(Stay::kShort, 3073).tailroom(), kSlab);
}

TEST(SlabPoolTest, NoTwoChunksShareAByte) {
  SlabPool pool(kSlab, 4);
  std::vector<Chunk> held;
  for (int i = 0; i < 50; ++i) {
    Chunk chunk = pool.Reserve();
    pool.Commit(chunk, 1 + static_cast<size_t>(i) * 13 % 400, static_cast<size_t>(i) * 7 % 100);
    chunk.ExtendBack(chunk.tailroom());  // all of it belongs to the chunk
    std::memset(chunk.data(), i, chunk.size());
    held.push_back(std::move(chunk));
  }
  for (size_t i = 0; i < held.size(); ++i) {
    EXPECT_EQ(held[i].view(), std::string(held[i].size(), static_cast<char>(i)));
  }
}

TEST(SlabPoolTest, KeepLeavesTailroomToTheChunk) {
  SlabPool pool(kSlab, 1);
  const Chunk plain = Cut(pool, std::string(64, 'a'));
  EXPECT_EQ(plain.tailroom(), 0U);
  const Chunk kept = Cut(pool, std::string(64, 'b'), 200);
  EXPECT_GE(kept.tailroom(), 200U);
  EXPECT_LT(kept.tailroom(), 264U);
  Chunk last = pool.Reserve();
  const size_t room = last.tailroom();
  pool.Commit(last, room - 10, 200);
  EXPECT_EQ(last.tailroom(), 10U);  // the slab ends
}

TEST(SlabPoolTest, NothingCommittedGivesAllBack) {
  SlabPool pool(kSlab, 1);
  const Chunk first = Cut(pool, "a");
  Chunk chunk = pool.Reserve();
  const uint8_t* const place = chunk.data();
  pool.Commit(chunk, 0);
  EXPECT_TRUE(chunk.empty());
  EXPECT_EQ(chunk.tailroom(), 0U);
  const Chunk again = Cut(pool, "b");
  EXPECT_EQ(again.data(), place);
}

TEST(SlabPoolTest, AReserveThatWasNeverCommittedCostsNothingOnceItIsGone) {
  SlabPool pool(kSlab, 1);
  { const Chunk forgotten = pool.Reserve(); }
  EXPECT_EQ(pool.in_use(), 0U);
  const Chunk chunk = pool.Reserve();
  EXPECT_EQ(chunk.tailroom(), kSlab);
  EXPECT_EQ(pool.in_use(), 1U);
}

TEST(SlabPoolTest, WithoutChunksNothingIsInUse) {
  SlabPool pool(kSlab, 2);
  EXPECT_EQ(pool.in_use(), 0U);
  {
    std::vector<Chunk> held;
    for (int i = 0; i < 5; ++i) held.push_back(Cut(pool, std::string(kSlab, 'x')));
    EXPECT_EQ(pool.in_use(), 5U);
    held.erase(held.begin() + 1);
    EXPECT_EQ(pool.in_use(), 4U);
  }
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST(SlabPoolTest, WhatStaysLongHoldsOtherSlabsThanWhatPasses) {
  SlabPool pool(kSlab, 4);
  std::vector<Chunk> queued;
  for (int i = 0; i < 10; ++i) {
    const Chunk passing = Cut(pool, std::string(kSlab, 'p'));
    Chunk chunk = pool.Reserve(Stay::kLong);
    chunk.tail()[0] = static_cast<uint8_t>('0' + i);
    pool.Commit(chunk, 1);
    queued.push_back(std::move(chunk));
  }
  EXPECT_EQ(pool.in_use(), 1U);
  for (size_t i = 0; i < queued.size(); ++i) EXPECT_EQ(queued[i].view(), std::to_string(i));
  queued.clear();
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST(SlabPoolTest, ReservesOfBothKindsMayBeOpenAtOnce) {
  SlabPool pool(kSlab, 4);
  Chunk brief = pool.Reserve(Stay::kShort);
  Chunk lasting = pool.Reserve(Stay::kLong);
  pool.Commit(brief, 100);
  pool.Commit(lasting, 200);
  EXPECT_EQ(pool.Reserve(Stay::kShort).tailroom(), kSlab - 128);
  EXPECT_EQ(pool.Reserve(Stay::kLong).tailroom(), kSlab - 256);
}

TEST(SlabPoolTest, TheSlabBeingCutBeginsAnewWhenItsChunksAreGone) {
  SlabPool pool(kSlab, 1);
  const uint8_t* place = nullptr;
  {
    const Chunk chunk = Cut(pool, "abc");
    place = chunk.data();
  }
  const Chunk chunk = Cut(pool, "def");
  EXPECT_EQ(chunk.data(), place);
}

TEST(SlabPoolTest, AFreedSlabIsUsedAgain) {
  SlabPool pool(kSlab, 1);
  const uint8_t* place = nullptr;
  {
    const Chunk first = Cut(pool, std::string(kSlab, 'a'));
    place = first.data();
    const Chunk second = Cut(pool, "b");  // cut from another slab
    EXPECT_EQ(pool.in_use(), 2U);
  }
  const Chunk third = Cut(pool, std::string(kSlab, 'c'));
  const Chunk fourth = Cut(pool, "d");
  EXPECT_TRUE(third.data() == place || fourth.data() == place);
}

TEST(SlabPoolTest, ASizeThatIsNoMultipleOfTheAlignmentIsRoundedUp) {
  SlabPool pool(1000, 1);
  EXPECT_EQ(pool.slab_size(), 1024U);
}

TEST(SlabPoolDeathTest, AChunkMustNotOutliveItsPool) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Chunk chunk;
        SlabPool pool(kSlab, 1);
        chunk = Cut(pool, "abc");
        pool.~SlabPool();
      },
      "");
}

}  // namespace
}  // namespace starlock::buffer
