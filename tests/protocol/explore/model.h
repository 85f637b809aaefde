#pragma once

#include <fmt/format.h>

#include <bitset>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/core/dialogue.h"
#include "spec.h"
#include "support/act_kind.h"

namespace starlock::test::explore {

using protocol::Side;

/// One move of a session: a unit of a peer, or an event.
struct Move {
  enum class Kind : uint8_t { kClient, kServer, kUp, kTlsUp, kTlsFailed, kAbandon };
  Kind kind = Kind::kUp;
  uint8_t letter = 0;  ///< index into Spec::client, a Reply, or an index into kAbandonments
  bool held = false;   ///< not shown to the dialogue yet: it arrives together with that side's next unit
};

inline constexpr protocol::End kAbandonments[] = {protocol::End::kDrained, protocol::End::kTimeout,
                                                  protocol::End::kClosed, protocol::End::kReset};

struct Modes {
  TlsMode client = TlsMode::kOff;
  TlsMode server = TlsMode::kOff;
};

/// Units in one session.
inline constexpr size_t kMaxTokens = 128;

/// All that the explorer knows of a session. It can be copied, which a dialogue cannot.
struct Ledger {
  struct Unit {
    Kind kind = Kind::kNone;
    Reply reply = Reply::kBad;
    int n = 0;
    std::string text;
    size_t passed = 0;    ///< consumed of it; once consumed: crossed of it
    bool listed = false;  ///< in `crossing`
  };

  ActKind act = ActKind::kRead;
  protocol::Failure failure;
  std::string input[2];
  std::vector<Unit> unread[2];
  std::vector<Unit> crossing;  ///< consumed client units that have not crossed, and perhaps never will
  std::vector<Question> questions;
  std::string header;  ///< the client's kHeader
  bool held = false;
  Side held_side = Side::kClient;
  bool tls[2] = {false, false};
  bool connected = false;
  bool greeted = false;
  bool greets_again = false;  ///< the server owes a greeting inside TLS
  bool more = false;          ///< the server has asked for a continuation
  bool closed = false;        ///< rule W: STARTTLS must be refused
  bool upgraded = false;      ///< the client leg got TLS by STARTTLS
  bool preauth = false;       ///< the server's greeting rules out STARTTLS
  bool shown = false;         ///< the client saw something of a server whose leg may still get TLS
  bool doubt = false;         ///< which question an answer belongs to is not known any more
  bool unsure = false;        ///< the server said something unasked: the window may be closed, too
  bool silent = false;        ///< rule W4: the server must not speak yet
  bool login_ok = false;
  bool leaving = false;  ///< the server said goodbye
  int own_starttls = 0;  ///< on this connection
  int dials = 0;
  int next = 0;
  bool login = false;                   ///< a login has crossed
  bool own_literal = false;             ///< we have asked the client for a literal, and answer its command
  bool stream = false;                  ///< the client has opened a stream
  int stale = -1;                       ///< the client's tokens up to this number are from before its TLS
  std::bitset<kMaxTokens> read;         ///< the server's tokens that were consumed
  std::bitset<kMaxTokens> stale_units;  ///< the server's tokens from before the client's TLS
  int stale_server_tls = -1;            ///< server tokens up to this number are from before the server's TLS
  int greeting_n = -1;
  int grants = 0;
};

/// Runs moves, and checks every step against the rules. `broken` says which one was broken first.
class Model {
 public:
  /// `tells`: it writes a transcript, which costs time.
  Model(const Spec& spec, Modes modes, bool tells = false);
  Model(const Spec& spec, Modes modes, const Model& from);  ///< replays `from` on a dialogue of its own

  std::vector<Move> Enabled(size_t max_questions) const;
  void Make(const Move& move);
  bool over() const { return ledger_.act == ActKind::kFail || ledger_.act == ActKind::kRelay; }
  const Ledger& ledger() const { return ledger_; }
  /// Empty: no rule was broken.
  const std::string& broken() const { return broken_; }
  const std::vector<Move>& path() const { return path_; }
  const std::string& transcript() const { return transcript_; }
  /// What the last move looked like from outside, without tokens.
  const std::string& seen() const { return seen_; }
  /// The state of the session as far as the rules know it.
  std::string Abstract() const;

 private:
  /// What the dialogue was told, newest first. Models that have a past in common share it.
  struct Call {
    std::shared_ptr<const Call> before;
    enum class Kind : uint8_t { kAdvance, kNotify } kind;
    std::string client;
    std::string server;
    protocol::Event event = protocol::Event::kStart;
    Side side = Side::kClient;
  };

  void Notify(protocol::Event event, Side side);
  void Abandon(protocol::End end);
  void Pump();
  void Take(const protocol::Step& step, protocol::Out& out, bool negotiated_before);
  void Consume(Side side, size_t used, std::vector<Ledger::Unit>& whole);
  void OnServerUnit(const Ledger::Unit& unit);
  void MatchServer(std::string_view text, bool negotiated_before);
  bool MatchOwn(std::string_view& text, bool negotiated_before);
  bool MatchClient(std::string_view& text);
  void Cross(const Ledger::Unit& unit);
  void CheckTokens(std::string_view text, Side to);
  void CheckGrant(const std::vector<Ledger::Unit>& client, bool granted);
  void CheckRelay();
  void CheckWaiting();
  void UpgradeOf(Side side);
  std::string ServerText(Reply reply) const;
  void Broken(std::string_view rule);
  template <typename... Values>
  void Tell(const char* format, const Values&... values) {
    if (tells_) Write(fmt::format(fmt::runtime(format), values...));
  }
  void Write(std::string_view line);
  TlsMode mode(Side side) const { return side == Side::kClient ? modes_.client : modes_.server; }

  const Spec& spec_;
  const Modes modes_;
  std::unique_ptr<protocol::Dialogue> dialogue_;
  const bool tells_;
  std::shared_ptr<const Call> calls_;
  std::vector<Move> path_;
  Ledger ledger_;
  std::string broken_;
  std::string seen_;
  std::string transcript_;
};

}  // namespace starlock::test::explore
