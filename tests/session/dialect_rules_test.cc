#include "session/dialect_rules.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "protocol/dialects.h"

namespace starlock::session {
namespace {

config::DialectRules RulesOf(const std::string& name) {
  const auto rules = DialectRulesForConfig();
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const auto& rule) { return rule.name == name; });
  EXPECT_NE(found, rules.end()) << name;
  return found == rules.end() ? config::DialectRules{} : *found;
}

TEST(DialectRules, CoverEveryDialectInItsOrder) {
  const auto rules = DialectRulesForConfig();
  ASSERT_EQ(rules.size(), protocol::Dialects().size());
  for (size_t i = 0; i < rules.size(); ++i) EXPECT_EQ(rules[i].name, protocol::Dialects()[i]->name);
}

TEST(DialectRules, OnlyTcpHasNoUpgrade) {
  for (const auto& rules : DialectRulesForConfig()) EXPECT_EQ(rules.starttls, rules.name != "tcp") << rules.name;
}

TEST(DialectRules, OnlyFtpHasDataConnections) {
  EXPECT_TRUE(RulesOf("ftp").data_connections);
  for (const auto& rules : DialectRulesForConfig()) {
    EXPECT_EQ(rules.data_connections, rules.name == "ftp") << rules.name;
  }
}

}  // namespace
}  // namespace starlock::session
