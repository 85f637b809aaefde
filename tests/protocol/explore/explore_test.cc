// Every interleaving of both peers' units and of the session's events, for each dialect and pair of modes.
// STARLOCK_EXPLORE=N makes the budget N times as large.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "explorer.h"
#include "protocol/core/negotiator.h"

namespace starlock::test::explore {
namespace {

constexpr TlsMode kModes[] = {TlsMode::kOff, TlsMode::kOpportunistic, TlsMode::kRequired, TlsMode::kImplicit};

// Where the client may upgrade in the filter, there is most to see.
size_t Weight(Modes modes) {
  if (modes.client == TlsMode::kOpportunistic) return modes.server == TlsMode::kOff ? 6 : 3;
  return modes.client == TlsMode::kRequired ? 2 : 1;
}

Limits LimitsFor(Modes modes) {
  const char* text = std::getenv("STARLOCK_EXPLORE");
  const size_t factor = text != nullptr ? std::strtoul(text, nullptr, 10) : 1;
  return {.executions = 6000 * Weight(modes) * factor, .depth = 30, .unmerged = 2, .max_questions = 2};
}

class Exploration : public testing::TestWithParam<size_t> {};

TEST_P(Exploration, KeepsEveryRuleInEverySession) {
  const Spec& spec = Specs()[GetParam()];
  size_t states = 0;
  size_t executions = 0;
  size_t depth = 0;
  int complete = 0;
  for (const TlsMode client : kModes) {
    size_t grants = 0;
    for (const TlsMode server : kModes) {
      const Findings found = Explore(spec, {client, server}, LimitsFor({client, server}));
      EXPECT_TRUE(found.broken.empty()) << found.broken << spec.dialect << ", client " << ToString(client)
                                        << ", server " << ToString(server);
      grants += found.grants;
      states += found.states;
      executions += found.executions;
      depth = std::max(depth, found.depth);
      complete += found.complete ? 1 : 0;
    }
    EXPECT_EQ(grants > 0, protocol::Upgrades(client)) << spec.dialect << ", client " << ToString(client);
  }
  fmt::print("{:12} {:7} states {:9} moves, {:2} moves deep, {:2} of 16 pairs of modes complete\n", spec.dialect,
             states, executions, depth, complete);
}

INSTANTIATE_TEST_SUITE_P(AllDialects, Exploration, testing::Range<size_t>(0, Specs().size()),
                         [](const testing::TestParamInfo<size_t>& of) {
                           std::string name;
                           for (const char c : Specs()[of.param].dialect) name += c == '-' ? '_' : c;
                           return name;
                         });

}  // namespace
}  // namespace starlock::test::explore
