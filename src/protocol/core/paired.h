#pragma once

#include <functional>
#include <memory>
#include <string>

#include "protocol/core/dialogue.h"
#include "protocol/core/filter.h"
#include "protocol/core/negotiator.h"

namespace starlock::protocol {

/// A dialect, as Paired takes it.
struct Parts {
  bool server_first = true;  ///< the server speaks first: dial at once, and greet the client with what it says
  /// Where the client speaks first: the end of its first unit. The upstream is dialled on it, and the client's leg
  /// begins with that unit once the server's is settled, as where the server speaks first. Without it the client's leg
  /// comes first as a whole.
  Frame (*first_unit)(std::string_view in) = nullptr;
  /// The server speaks when it likes, beside its answers: in plaintext, words behind a refusal of TLS are then no sign
  /// of an attack. Behind a go-ahead they are in every protocol.
  bool server_chats = false;
  /// The server leg's negotiator; asked again where that leg was dialled again.
  std::function<std::unique_ptr<Negotiator>(Prologue& prologue)> server;
  std::function<std::unique_ptr<Negotiator>(Prologue& prologue)> client;
  std::function<std::unique_ptr<Filter>(Prologue& prologue)> filter;  ///< empty: this protocol has none
  /// Whether the filter is needed once both legs are settled. nullptr: while the client may still upgrade, or the
  /// server's leg is plaintext.
  bool (*filters)(const Prologue& prologue) = nullptr;
  std::function<std::string(const Env& env, const Failure& failure)> goodbye;
};

/// The dialogue of most protocols: a negotiator for each leg, a prologue between them, and a filter for as long as
/// there is something to be read behind them.
class Paired final : public Dialogue {
 public:
  Paired(Env env, Parts parts);

 private:
  Frame Cut(Side side, std::string_view in, Scan& scan) override;
  Act On(Side side, std::string_view unit, Out& out) override;
  Act On(Event event, Side side, Out& out) override;
  std::string Goodbye(const Failure& failure) const override { return parts_.goodbye(env(), failure); }
  Act OnFailure(const Failure& failure) override;
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
  std::unique_ptr<Filter> filter_;       ///< from the meeting on
  bool told_ = false;                    ///< this address has been told what is for each
  bool told_any_ = false;                ///< some address was told, and has ended since
  Failure untold_;                       ///< why the last one of those that could not be told was not
  bool awaits_first_unit_ = false;       ///< of the client; nothing else is under way
};

}  // namespace starlock::protocol
