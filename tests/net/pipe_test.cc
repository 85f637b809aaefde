// Lending and return of pipes.

#include "net/pipe.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "harness.h"

namespace starlock::net {
namespace {

/// Borrows every pipe.
std::vector<PipePool::Lent> TakeAll(PipePool& pool) {
  std::vector<PipePool::Lent> all;
  while (all.size() <= PipePool::kMost) {
    PipePool::Lent pipe = pool.Take();
    if (pipe == nullptr) break;
    all.push_back(std::move(pipe));
  }
  return all;
}

/// Two connected sockets, with bytes on the way to the second.
class PipeTest : public ::testing::Test {
 protected:
  PipeTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    from = Descriptor(ends[0]);
    to = Descriptor(ends[1]);
    EXPECT_EQ(send(from.get(), kBytes.data(), kBytes.size(), 0), static_cast<ssize_t>(kBytes.size()));
  }

  static constexpr std::string_view kBytes = "on their way";
  Descriptor from, to;
  PipePool pool;
};

TEST_F(PipeTest, NoMoreAreLentThanItsBound) {
  const size_t before = OpenDescriptors();
  auto all = TakeAll(pool);
  EXPECT_EQ(all.size(), PipePool::kMost);
  EXPECT_EQ(pool.Take(), nullptr);
  EXPECT_EQ(OpenDescriptors(), before + 2 * PipePool::kMost);
}

TEST_F(PipeTest, OneThatCameBackIsLentAgain) {
  const size_t before = OpenDescriptors();
  auto all = TakeAll(pool);
  all.back().reset();
  all.back() = pool.Take();
  EXPECT_NE(all.back(), nullptr);
  EXPECT_EQ(pool.Take(), nullptr);
  for (int i = 0; i < 3; ++i) {
    all.clear();
    all = TakeAll(pool);
    EXPECT_EQ(all.size(), PipePool::kMost);
    EXPECT_EQ(OpenDescriptors(), before + 2 * PipePool::kMost) << "the free ones are among them";
  }
}

TEST_F(PipeTest, OneWithBytesInItCountsAsReturned) {
  const size_t before = OpenDescriptors();
  auto all = TakeAll(pool);
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all.back()->Fill(to.get(), kBytes.size()), static_cast<ssize_t>(kBytes.size()));
  all.back().reset();
  EXPECT_EQ(OpenDescriptors(), before + 2 * (PipePool::kMost - 1)) << "it is closed";
  all.back() = pool.Take();
  ASSERT_NE(all.back(), nullptr);
  EXPECT_EQ(all.back()->held(), 0U) << "and nobody gets what was in it";
}

TEST_F(PipeTest, OneThatCouldNotBeMadeIsNotLent) {
  {
    const NoDescriptors none;
    EXPECT_EQ(pool.Take(), nullptr);
  }
  EXPECT_EQ(TakeAll(pool).size(), PipePool::kMost);
}

}  // namespace
}  // namespace starlock::net
