#pragma once

#include <functional>
#include <memory>
#include <string>

#include "protocol/core/dialogue.h"
#include "protocol/core/filter.h"
#include "protocol/core/negotiator.h"

namespace starlock::protocol {

/// The parts of a dialect that Paired puts together.
struct Parts {
  /// The server speaks first: dial at once. Its greeting is also the client's.
  bool server_first = true;
  /// For protocols whose client speaks first: finds its first unit, on which the upstream is dialled. The client leg
  /// starts with that unit after the server leg is settled. nullptr: the whole client leg comes before the dial.
  /// Ignored if `server_first`.
  Frame (*first_unit)(std::string_view in) = nullptr;
  /// The server also sends unsolicited messages; see Dialogue::LetServerChat.
  bool server_chats = false;
  /// Makes the server leg's negotiator, which plays the client role; called again after a redial.
  std::function<std::unique_ptr<Negotiator>(Prologue& prologue)> server_leg;
  /// Makes the client leg's negotiator, which plays the server role.
  std::function<std::unique_ptr<Negotiator>(Prologue& prologue)> client_leg;
  std::function<std::unique_ptr<Filter>(Prologue& prologue)> filter;  ///< empty: none
  /// Whether the filter is needed once both legs are settled. nullptr: it is needed unless both legs have TLS.
  bool (*filters)(const Prologue& prologue) = nullptr;
  std::function<std::string(const Env& env, const Failure& failure)> goodbye;
};

/// The dialogue of most protocols: a negotiator for each leg and a Prologue that they share. A filter follows if the
/// protocol must be read beyond the meeting point.
class Paired final : public Dialogue {
 public:
  Paired(Env env, Parts parts);

  bool Established() const override { return filter_ && filter_->Established(); }

 private:
  Frame Cut(Side side, std::string_view in, Scan& scan) override;
  Act On(Side side, std::string_view unit, Out& out) override;
  Act On(Event event, Side side, Out& out) override;
  std::string Goodbye(const Failure& failure) const override { return parts_.goodbye(env(), failure); }
  Act OnFailure(const Failure& failure) override;
  bool BetweenUnits() const override { return !filter_ || filter_->BetweenUnits(); }
  bool RefusedForWantOfTls() const override { return prologue_.refused; }

  Act Start(Out& out);
  Act BeginLeg(Side side, Out& out);
  Act Apply(Side side, const LegAct& act, Out& out);
  Act Settle(Side side, bool keep, Out& out);
  bool Filters() const;
  Act Meet();

  Parts parts_;
  Prologue prologue_;
  std::unique_ptr<Negotiator> legs_[2];  ///< until the leg is settled
  std::unique_ptr<Filter> filter_;       ///< once both legs are settled
  bool delivered_ = false;               ///< the current address got Prologue::for_each
  bool delivered_any_ = false;           ///< an earlier address got it, and has closed since
  Failure undelivered_;                  ///< the last failure of an address that did not get it
  bool awaits_first_unit_ = false;       ///< waiting for Parts::first_unit
};

}  // namespace starlock::protocol
