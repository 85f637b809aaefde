#include "config/suggest.h"

#include <gtest/gtest.h>

namespace starlock::config {
namespace {

TEST(EditDistance, CountsEdits) {
  EXPECT_EQ(EditDistance("", ""), 0U);
  EXPECT_EQ(EditDistance("tls", ""), 3U);
  EXPECT_EQ(EditDistance("listen", "listen"), 0U);
  EXPECT_EQ(EditDistance("listen", "Listen"), 0U);
  EXPECT_EQ(EditDistance("listen", "lisen"), 1U);    // left out
  EXPECT_EQ(EditDistance("listen", "llisten"), 1U);  // added
  EXPECT_EQ(EditDistance("listen", "lizten"), 1U);   // changed
  EXPECT_EQ(EditDistance("listen", "litsen"), 1U);   // swapped
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3U);
}

TEST(Nearest, FindsTheNearestOrNothing) {
  constexpr std::string_view kKnown[] = {"smtp", "lmtp", "tcp"};
  EXPECT_EQ(Nearest("smpt", kKnown), "smtp");
  EXPECT_EQ(Nearest("SMTP", kKnown), "smtp");
  EXPECT_EQ(Nearest("ltmp", kKnown), "lmtp");
  EXPECT_EQ(Nearest("xmpp", kKnown), "");
  EXPECT_EQ(Nearest("", kKnown), "");
  EXPECT_EQ(Nearest(std::string(1000, 'x'), kKnown), "");
}

TEST(Suggestion, ListsWhatThereIsWhereNothingIsNear) {
  constexpr std::string_view kKnown[] = {"text", "json"};
  EXPECT_EQ(Suggestion("jsno", kKnown), "; did you mean 'json'?");
  EXPECT_EQ(Suggestion("xml", kKnown), "; expected text or json");
}

TEST(Choices, AreASentence) {
  constexpr std::string_view kThree[] = {"a", "b", "c"};
  EXPECT_EQ(Choices({}), "");
  EXPECT_EQ(Choices(std::span(kThree).first(1)), "a");
  EXPECT_EQ(Choices(kThree), "a, b or c");
}

}  // namespace
}  // namespace starlock::config
