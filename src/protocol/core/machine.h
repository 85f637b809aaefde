#pragma once

#include <cassert>
#include <type_traits>
#include <utility>
#include <variant>

#include "protocol/core/act.h"

namespace starlock::protocol {

/// One row of a Machine's table: the state `From`, and every state that may follow it.
template <typename From, typename... To>
struct Moves {
  using State = From;
  template <typename Next>
  static constexpr bool kLists = (std::is_same_v<Next, To> || ...);
};

/// A state machine whose legal transitions stand in one table: one Moves for each state. The first row's state is the
/// initial one. A state is a type of its own, so that each carries only the fields that mean something in it.
///
///     struct Idle {};
///     struct Asked { Verb by; };
///     using Question = Machine<Moves<Idle, Asked>,   // a question was asked
///                              Moves<Asked, Idle>>;  // and answered
template <typename... Rows>
class Machine {
 public:
  /// Whether the table lists the transition.
  template <typename From, typename To>
  static constexpr bool kAllows = ((std::is_same_v<typename Rows::State, From> && Rows::template kLists<To>) || ...);

  template <typename State>
  bool Is() const {
    return std::holds_alternative<State>(state_);
  }
  /// The current state; nullptr: it is another one.
  template <typename State>
  const State* If() const {
    return std::get_if<State>(&state_);
  }

  /// Moves to `next`. The table must list the transition; anything else is a bug in the caller. It aborts a debug
  /// build. A release build keeps the current state, and legal() is false from then on.
  template <typename Next>
  void Become(Next next) {
    static_assert((Rows::template kLists<Next> || ...), "no row of the table leads to this state");
    constexpr bool kFrom[] = {Rows::template kLists<Next>...};
    const bool listed = kFrom[state_.index()];
    assert(listed && "a transition that the table does not list");
    if (listed) {
      state_ = std::move(next);
    } else {
      legal_ = false;
    }
  }

  /// Whether all transitions so far were legal. If not, the owner fails the session: see CheckedBy.
  bool legal() const { return legal_; }

 private:
  std::variant<typename Rows::State...> state_;
  bool legal_ = true;
};

/// Returns `act`, or a failure if one of the session's machines is not legal() any more.
inline Act CheckedBy(bool legal, Act act) {
  if (legal) return act;
  return Fail{{End::kInternal, Blame::kProxy, "internal error: illegal state transition"}};
}

}  // namespace starlock::protocol
