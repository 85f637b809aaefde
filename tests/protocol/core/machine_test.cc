#include "protocol/core/machine.h"

#include <gtest/gtest.h>

namespace starlock::test {
namespace {

using protocol::Machine;
using protocol::Moves;

struct Idle {};
struct Asked {
  int by = 0;
};
struct Over {};
using Question = Machine<Moves<Idle, Asked>, Moves<Asked, Asked, Idle, Over>, Moves<Over>>;

TEST(Machine, BeginsInTheFirstRowAndFollowsTheTable) {
  Question question;
  EXPECT_TRUE(question.Is<Idle>());
  EXPECT_EQ(question.If<Asked>(), nullptr);
  question.Become(Asked{1});
  ASSERT_NE(question.If<Asked>(), nullptr);
  EXPECT_EQ(question.If<Asked>()->by, 1);
  question.Become(Asked{2});
  EXPECT_EQ(question.If<Asked>()->by, 2);
  question.Become(Over{});
  EXPECT_TRUE(question.Is<Over>());
  EXPECT_TRUE(question.legal());
}

TEST(Machine, KnowsItsTableAtCompileTime) {
  static_assert(Question::kAllows<Idle, Asked>);
  static_assert(Question::kAllows<Asked, Asked>);
  static_assert(!Question::kAllows<Idle, Idle>);
  static_assert(!Question::kAllows<Idle, Over>);
  static_assert(!Question::kAllows<Over, Asked>);
  SUCCEED();
}

// A debug build aborts; a release build stays where it was, and tells its owner.
TEST(Machine, RefusesWhatTheTableDoesNotList) {
  EXPECT_DEBUG_DEATH(
      {
        Question question;
        question.Become(Over{});
        EXPECT_FALSE(question.legal());
        EXPECT_TRUE(question.Is<Idle>());
        question.Become(Asked{1});
        EXPECT_TRUE(question.Is<Asked>());
        EXPECT_FALSE(question.legal());
      },
      "does not list");
}

}  // namespace
}  // namespace starlock::test
