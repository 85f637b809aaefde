#include "session/input.h"

#include <gtest/gtest.h>

#include "buffer/slab.h"
#include "support/proxy_harness.h"

namespace starlock::session {

using namespace test;  // NOLINT(google-build-using-namespace)
namespace {

class InputTest : public testing::Test {
 protected:
  static constexpr size_t kSlab = size_t{16} * 1024;

  buffer::Chain Bytes(std::string_view text) {
    buffer::Chain chain;
    chain.Copy(pool, text);
    return chain;
  }

  buffer::SlabPool pool{kSlab, 0};
  Input input;
};

TEST_F(InputTest, ShowsWhatArrivesWhereItLies) {
  buffer::Chain in = Bytes("EHLO a\r\nMAIL");
  input.Offer(in);
  EXPECT_EQ(input.view().data(), in.begin()->view().data());
  input.Use(8);
  EXPECT_EQ(input.view(), "MAIL");
  EXPECT_EQ(in.size(), 4U);
  input.Use(4);
  EXPECT_TRUE(input.empty());
  EXPECT_TRUE(in.empty());
}

TEST_F(InputTest, WhatIsKeptPinsNoSlab) {
  buffer::Chain in = Bytes("NOOP\r\nMA");
  EXPECT_EQ(pool.in_use(), 1U);
  input.Offer(in);
  input.Use(6);
  input.Keep();
  EXPECT_TRUE(in.empty());
  EXPECT_EQ(pool.in_use(), 0U);
  EXPECT_EQ(input.view(), "MA");
}

TEST_F(InputTest, WhatArrivesBehindKeptInputJoinsIt) {
  for (const std::string_view part : {"NO", "OP", "\r\n"}) {
    buffer::Chain in = Bytes(part);
    input.Offer(in);
    EXPECT_TRUE(part == "NO" || in.empty());
    input.Keep();
  }
  EXPECT_EQ(input.view(), "NOOP\r\n");
  input.Use(2);
  EXPECT_EQ(input.view(), "OP\r\n");
}

TEST_F(InputTest, ScatteredInputIsGathered) {
  buffer::Chain in = Bytes(Pattern(kSlab + 100));
  ASSERT_GT(in.chunks(), 1U);
  input.Offer(in);
  EXPECT_EQ(input.view(), Pattern(kSlab + 100));
  EXPECT_TRUE(in.empty());
}

TEST_F(InputTest, HoldsAtMostItsLimit) {
  buffer::Chain in = Bytes(Pattern(Input::kMax + 10));
  input.Offer(in);
  EXPECT_TRUE(input.full());
  EXPECT_EQ(input.view().size(), Input::kMax);
  EXPECT_EQ(in.size(), 10U);
}

TEST_F(InputTest, ClearedItHoldsNoMemory) {
  buffer::Chain in = Bytes(Pattern(1000));
  input.Offer(in);
  input.Clear();
  EXPECT_TRUE(in.empty()) << "what arrived is dropped, too";
  EXPECT_EQ(pool.in_use(), 0U);
  EXPECT_TRUE(input.empty());
  input.Keep();
  EXPECT_TRUE(input.empty());
}

}  // namespace
}  // namespace starlock::session
