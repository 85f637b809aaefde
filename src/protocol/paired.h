#pragma once

#include <functional>
#include <memory>
#include <string>

#include "protocol/dialogue.h"

namespace starlock::protocol {

/// What the two legs' negotiations know in common, and tell one another.
struct Prologue {
  explicit Prologue(const Env& the_env) : env(the_env) {}

  const Env& env;           ///< `server` becomes kOff where an opportunistic handshake failed
  std::string greeting;     ///< the upstream's own, as it came
  bool introduced = false;  ///< our negotiation has introduced itself to the upstream, which took it and remembers it
  bool client_tls = false;  ///< the client's leg is inside TLS now
  bool server_tls = false;  ///< the server's leg is inside TLS now
  bool refused = false;     ///< something was refused for want of TLS
  std::string for_each;     ///< set by the client leg when it settles: all that this client has to say, and for every
                            ///< address of the upstream, as far as it can be had. Each is told it, and its end is
                            ///< awaited; the session then ends in order, unless none could be told
};

/// What a negotiator says of its leg.
struct LegVerdict {
  enum class Act : uint8_t {
    kRead,     ///< more is needed
    kUpgrade,  ///< the go-ahead is written or read: TLS is next
    kSettled,  ///< the meeting point: the next byte is the application's
    kNoTls,    ///< the server leg cannot have the upgrade; `possible`: the meeting point, where plaintext is allowed
    kFail,     ///< see Verdict
  };
  Act act = Act::kRead;
  bool keep = false;      ///< with kSettled: the unit is the application's first
  bool possible = false;  ///< with kNoTls: the connection is still good for plaintext
  Verdict failure;        ///< with kFail and kNoTls

  static LegVerdict Read() { return {}; }
  static LegVerdict Upgrade() { return {.act = Act::kUpgrade, .failure = {}}; }
  static LegVerdict Settled(bool keep = false) { return {.act = Act::kSettled, .keep = keep, .failure = {}}; }
  /// `end`: kStarttlsNotOffered or kStarttlsRefused.
  static LegVerdict NoTls(End end, bool possible);
  static LegVerdict Fail(End end, Blame blame, const char* why) {
    return {.act = Act::kFail, .failure = Verdict::Fail(end, blame, why)};
  }
  static LegVerdict Close(End end, Blame blame, const char* why) {
    return {.act = Act::kFail, .failure = Verdict::Close(end, blame, why)};
  }
};

/// Whether a leg begins in plaintext and then asks for TLS.
constexpr bool Upgrades(TlsMode mode) { return mode == TlsMode::kOpportunistic || mode == TlsMode::kRequired; }

/// One leg's way to its meeting point. Sees that leg alone.
class Negotiator {
 public:
  virtual ~Negotiator() = default;
  /// The leg may begin. Towards the server: it is connected (inside TLS where implicit). Towards the client, where
  /// the server speaks first: the server leg has reached its meeting point, so `out` may begin with its greeting.
  virtual LegVerdict Begin(Out& out) = 0;
  virtual Frame Cut(std::string_view in) = 0;
  /// Answers go to this leg's own side of `out`.
  virtual LegVerdict On(std::string_view unit, Out& out) = 0;
  /// The upgrade is done.
  virtual LegVerdict OnTlsUp(Out&) { return LegVerdict::Settled(); }
};

/// Reads both legs beyond their meeting points, for as long as the protocol needs it.
class Filter {
 public:
  virtual ~Filter() = default;
  /// The filter begins: kRelay where there is nothing to filter after all.
  virtual Verdict Begin() = 0;
  virtual Frame Cut(Side side, std::string_view in) = 0;
  virtual Verdict On(Side side, std::string_view unit, Out& out) = 0;
  /// What the protocol's servers say first inside TLS, unasked; most wait to be asked. Said before OnTlsUp.
  virtual std::string TlsGreeting() const { return {}; }
  /// The client has upgraded, because On said kTlsClient.
  virtual Verdict OnTlsUp() = 0;
};

/// A dialect, as Paired takes it.
struct Parts {
  bool server_first = true;  ///< the server speaks first: dial at once, and greet the client with what it says
  /// Where the client speaks first: the end of its first unit. The upstream is dialled on it, and the client's leg
  /// begins with that unit once the server's is settled, as where the server speaks first. Without it the client's leg
  /// comes first as a whole.
  Frame (*first_unit)(std::string_view in) = nullptr;
  /// The server speaks when it likes, beside its answers: in plaintext, words behind a refusal of TLS are then no sign
  /// of an attack. Behind a go-ahead they are for every protocol.
  bool server_chats = false;
  /// The server leg's negotiator; asked again where that leg was dialled again.
  std::function<std::unique_ptr<Negotiator>(Prologue& prologue)> server;
  std::function<std::unique_ptr<Negotiator>(Prologue& prologue)> client;
  std::function<std::unique_ptr<Filter>(Prologue& prologue)> filter;  ///< empty: this protocol has none
  /// Whether it is needed once both legs are settled. Without this: while the client may still upgrade, or the server's
  /// leg is plaintext.
  bool (*filters)(const Prologue& prologue) = nullptr;
  std::function<std::string(const Env& env, const Failure& failure)> goodbye;
};

/// The dialogue that most protocols use: a negotiator a leg, a prologue between them, and a filter for as long as there
/// is something to be read behind them.
class Paired final : public Dialogue {
 public:
  Paired(Env env, Parts parts);

 private:
  Frame Cut(Side side, std::string_view in) override;
  Verdict On(Side side, std::string_view unit, Out& out) override;
  Verdict On(Event event, Side side, Out& out) override;
  std::string Goodbye(const Failure& failure) const override { return parts_.goodbye(env(), failure); }
  Verdict Judge(const Failure& failure) override;
  Failure Explain(Failure failure) const override;

  Verdict Start(Out& out);
  Verdict BeginLeg(Side side, Out& out);
  Verdict Apply(Side side, const LegVerdict& verdict, Out& out);
  Verdict Settle(Side side, bool keep, Out& out);
  bool Filters() const;
  Verdict Meet(bool keep);

  Parts parts_;
  Prologue prologue_;
  std::unique_ptr<Negotiator> legs_[2];  ///< until the leg is settled
  std::unique_ptr<Filter> filter_;       ///< from the meeting on
  bool told_ = false;                    ///< this address has been told what is for each
  bool told_any_ = false;                ///< some address was told, and has ended since
  Failure untold_;                       ///< why the last one of those that could not be told was not
  bool awaits_first_unit_ = false;       ///< of the client; nothing else is under way
};

/// The negotiator of a leg on which nothing is said: settled at once.
std::unique_ptr<Negotiator> SettledNegotiator();

}  // namespace starlock::protocol
