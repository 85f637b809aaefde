#include "base/version.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace starlock {
namespace {

TEST(Version, IsThreeNumbers) {
  EXPECT_THAT(std::string(Version()), testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
}

}  // namespace
}  // namespace starlock
