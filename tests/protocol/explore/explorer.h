#pragma once

#include <cstddef>
#include <string>

#include "model.h"

namespace starlock::test::explore {

struct Limits {
  size_t executions = 0;     ///< moves made, replays not counted
  size_t depth = 0;          ///< moves in a session
  size_t unmerged = 0;       ///< up to this depth no states are merged
  size_t max_questions = 2;  ///< units that the server has not answered
};

struct Findings {
  size_t states = 0;  ///< that differ in what they answer to any one move
  size_t executions = 0;
  size_t depth = 0;       ///< of the deepest session
  bool complete = false;  ///< no state is left that was not explored
  size_t grants = 0;      ///< upgrades that a client was granted
  std::string broken;     ///< the first broken rule, with its transcript; empty: none
};

/// All sessions of one dialect in one pair of modes, shortest first. States that know the same (Model::Abstract) and
/// answer the same to every move are taken for one state beyond `unmerged` moves.
Findings Explore(const Spec& spec, Modes modes, const Limits& limits);

}  // namespace starlock::test::explore
