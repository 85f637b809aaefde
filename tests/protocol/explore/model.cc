#include "model.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "protocol/core/negotiator.h"
#include "protocol/dialects.h"
#include "tokens.h"

namespace starlock::test::explore {
namespace {

using protocol::Blame;
using protocol::End;
using protocol::Event;
using protocol::Index;
using protocol::Other;

constexpr size_t kMaxUnread = 2;

std::unique_ptr<protocol::Dialogue> MakeDialogue(const Spec& spec, Modes modes) {
  protocol::Env env;
  env.host = "proxy.example.org";
  env.client = modes.client;
  env.server = modes.server;
  env.nonce = "n0nce";
  env.client_address = "192.0.2.7";
  return protocol::FindDialect(spec.dialect)->make_dialogue(env);
}

}  // namespace

Model::Model(const Spec& spec, Modes modes, bool tells)
    : spec_(spec), modes_(modes), dialogue_(MakeDialogue(spec, modes)), tells_(tells) {
  Notify(Event::kStart, Side::kClient);
  while (ledger_.act == ActKind::kTlsClient) Make({Move::Kind::kTlsUp});
}

Model::Model(const Spec& spec, Modes modes, const Model& from)
    : spec_(spec),
      modes_(modes),
      dialogue_(MakeDialogue(spec, modes)),
      tells_(false),
      calls_(from.calls_),
      path_(from.path_),
      ledger_(from.ledger_),
      broken_(from.broken_) {
  std::vector<const Call*> calls;
  for (const Call* call = calls_.get(); call != nullptr; call = call->before.get()) calls.push_back(call);
  std::reverse(calls.begin(), calls.end());
  protocol::Out out;
  for (const Call* call : calls) {
    if (call->kind == Call::Kind::kAdvance) {
      static_cast<void>(dialogue_->Advance(call->client, call->server, out));
    } else {
      static_cast<void>(dialogue_->Notify(call->event, call->side, out));
    }
    out.to[0].clear();
    out.to[1].clear();
    out.notes.clear();
    out.data.clear();
  }
}

std::vector<Move> Model::Enabled(size_t max_questions) const {
  std::vector<Move> moves;
  if (over()) return moves;
  const Ledger& now = ledger_;
  const bool shaking = now.act == ActKind::kTlsClient || now.act == ActKind::kTlsServer;
  const bool dialling = now.act == ActKind::kDial || now.act == ActKind::kDialNext;
  if (!now.held) {
    if (shaking) moves.push_back({Move::Kind::kTlsUp});
    if (now.act == ActKind::kTlsServer) moves.push_back({Move::Kind::kTlsFailed});
    if (dialling) moves.push_back({Move::Kind::kUp});
  }
  const bool opens = std::none_of(now.unread[0].begin(), now.unread[0].end(),
                                  [](const Ledger::Unit& unit) { return unit.kind == Kind::kHeader; });
  const bool literal = now.own_literal || (!now.questions.empty() && now.questions.front().kind == Kind::kLiteral);
  const bool literal_unread = std::any_of(now.unread[0].begin(), now.unread[0].end(),
                                          [](const Ledger::Unit& unit) { return unit.kind == Kind::kLiteral; });
  const bool client = now.act != ActKind::kTlsClient && now.unread[0].size() < kMaxUnread && !literal_unread &&
                      (!now.held || now.held_side == Side::kClient);
  for (size_t i = 0; client && i < spec_.client.size(); ++i) {
    const ClientLetter& letter = spec_.client[i];
    const bool starttls = letter.kind == Kind::kStarttls || letter.kind == Kind::kStarttlsArgument;
    if (literal != (letter.kind == Kind::kContent)) continue;  // a literal holds nothing but itself
    if (literal && ((!now.more && !now.own_literal) || !now.unread[0].empty())) continue;
    if (letter.kind == Kind::kHeader && (now.stream || !opens)) continue;
    if (letter.kind == Kind::kLiteral && now.more) continue;  // it would be a response
    if (!starttls && now.questions.size() >= max_questions && !now.more) continue;
    moves.push_back({Move::Kind::kClient, static_cast<uint8_t>(i), false});
    if (letter.held && !now.held) moves.push_back({Move::Kind::kClient, static_cast<uint8_t>(i), true});
  }
  const bool ended = spec_.chats && now.leaving;  // ERROR, or the end of the stream
  const bool server = now.connected && !ended && !dialling && now.act != ActKind::kTlsServer &&
                      now.unread[1].size() < kMaxUnread && (!now.held || now.held_side == Side::kServer);
  for (const Reply reply : kReplies) {
    if (!server || ServerText(reply).empty()) continue;
    moves.push_back({Move::Kind::kServer, static_cast<uint8_t>(reply), false});
    const bool alone =
        reply == Reply::kBad || reply == Reply::kBye || reply == Reply::kNoService || reply == Reply::kPreauth;
    if (!alone && !now.held) moves.push_back({Move::Kind::kServer, static_cast<uint8_t>(reply), true});
  }
  return moves;
}

std::string Model::ServerText(Reply reply) const {
  const Ledger& now = ledger_;
  const bool greeting = IsGreeting(reply);
  // What is still unread answers the oldest questions.
  size_t answered = 0;
  bool greeted = now.greeted;
  for (const Ledger::Unit& unit : now.unread[1]) {
    greeted = greeted || IsGreeting(unit.reply);
    answered += unit.reply == Reply::kOk || unit.reply == Reply::kOffer || unit.reply == Reply::kNo ? 1 : 0;
  }
  const bool owes_greeting = (spec_.server_first && !greeted) || (now.greets_again && now.unread[1].empty());
  if (greeting != (owes_greeting && greeting)) return {};
  if (!greeting && owes_greeting && reply != Reply::kBad) return {};
  const Question none;
  const Question& question = answered < now.questions.size() ? now.questions[answered] : none;
  return spec_.reply(reply, question, now.next);
}

void Model::Make(const Move& move) {
  path_.push_back(move);
  seen_.clear();
  switch (move.kind) {
    case Move::Kind::kUp:
      ledger_.connected = true;
      Tell("! the server is connected");
      return Notify(Event::kUpstreamUp, Side::kServer);
    case Move::Kind::kTlsUp:
      return UpgradeOf(ledger_.act == ActKind::kTlsClient ? Side::kClient : Side::kServer);
    case Move::Kind::kTlsFailed:
      Tell("! the server's handshake failed");
      return Notify(Event::kTlsFailed, Side::kServer);
    case Move::Kind::kAbandon:
      return Abandon(kAbandonments[move.letter]);
    case Move::Kind::kClient:
    case Move::Kind::kServer:
      break;
  }
  const Side side = move.kind == Move::Kind::kClient ? Side::kClient : Side::kServer;
  Ledger::Unit unit;
  unit.n = ledger_.next;
  if (side == Side::kClient) {
    unit.kind = spec_.client[move.letter].kind;
    unit.text = spec_.client[move.letter].text(unit.n);
  } else {
    unit.reply = static_cast<Reply>(move.letter);
    unit.text = ServerText(unit.reply);
  }
  ++ledger_.next;
  Tell("{} {}{}", side == Side::kClient ? 'C' : 'S', unit.text, move.held ? " (in one segment with the next)" : "");
  ledger_.input[Index(side)] += unit.text;
  ledger_.unread[Index(side)].push_back(std::move(unit));
  ledger_.held = move.held;
  ledger_.held_side = side;
  if (move.held) return;
  if (ledger_.act == ActKind::kRead) return Pump();
  // While a handshake is under way, neither leg is read.
  protocol::Out out;
  calls_ = std::make_shared<Call>(Call{calls_, Call::Kind::kAdvance, ledger_.input[0], ledger_.input[1]});
  const protocol::Step step = dialogue_->Advance(ledger_.input[0], ledger_.input[1], out);
  const bool shaking = ledger_.act == ActKind::kTlsClient || ledger_.act == ActKind::kTlsServer;
  const bool moved = step.used[0] + step.used[1] + out.client().size() + out.server().size() > 0;
  if (shaking && moved) Broken("while a handshake is under way, neither leg is read");
}

void Model::UpgradeOf(Side side) {
  Tell("! {} TLS up", side == Side::kClient ? "client" : "server");
  ledger_.tls[Index(side)] = true;
  if (side == Side::kServer) {
    ledger_.stale_server_tls = ledger_.next - 1;
    if (ledger_.shown) Broken("nothing that the server said before its TLS reaches the client");
    ledger_.greets_again = spec_.greeting_again && !spec_.chats && protocol::Upgrades(modes_.server);
  }
  Notify(Event::kTlsUp, side);
}

void Model::Notify(Event event, Side side) {
  calls_ = std::make_shared<Call>(Call{calls_, Call::Kind::kNotify, {}, {}, event, side});
  ledger_.act = ActKind::kRead;
  protocol::Out out;
  const bool before = dialogue_->negotiated();
  const protocol::Step step = dialogue_->Notify(event, side, out);
  Take(step, out, before);
  if (ledger_.act == ActKind::kRead) Pump();
}

void Model::Pump() {
  for (;;) {
    protocol::Out out;
    calls_ = std::make_shared<Call>(Call{calls_, Call::Kind::kAdvance, ledger_.input[0], ledger_.input[1]});
    const bool before = dialogue_->negotiated();
    const protocol::Step step = dialogue_->Advance(ledger_.input[0], ledger_.input[1], out);
    Take(step, out, before);
    if (ledger_.act != ActKind::kRead || (step.used[0] == 0 && step.used[1] == 0)) break;
  }
  if (ledger_.act == ActKind::kRead && !ledger_.held) CheckWaiting();
}

void Model::Abandon(End end) {
  protocol::Out out;
  const bool shaking = ledger_.act == ActKind::kTlsClient;
  const Blame blame = end == End::kReset ? Blame::kServer : end == End::kClosed ? Blame::kClient : Blame::kNone;
  Tell("! abandoned: {}", protocol::ToString(end));
  const protocol::Step step = dialogue_->Abandon({end, blame, "abandoned"}, out);
  const ActKind kind = KindOf(step.act);
  if (kind != ActKind::kFail && kind != ActKind::kDialNext) Broken("an abandoned session ends");
  if (kind == ActKind::kFail && FailureOf(step.act).end == End::kInternal) Broken("no end is internal");
  if (!out.server().empty()) Broken("a goodbye is not said to the server");
  if (shaking && !out.client().empty()) Broken("no goodbye during a handshake");
  CheckTokens(out.client(), Side::kClient);
}

// Takes `used` bytes from the units of a side; `whole` gets those that are consumed to their end.
void Model::Consume(Side side, size_t used, std::vector<Ledger::Unit>& whole) {
  auto& unread = ledger_.unread[Index(side)];
  ledger_.input[Index(side)].erase(0, used);
  while (used > 0) {
    if (unread.empty()) return Broken("no more is consumed than has come");
    Ledger::Unit& unit = unread.front();
    const size_t size = std::min(used, unit.text.size() - unit.passed);
    unit.passed += size;
    used -= size;
    if (side == Side::kClient && !unit.listed) {
      unit.listed = true;
      ledger_.crossing.push_back(unit);
      ledger_.crossing.back().passed = 0;
    }
    if (side == Side::kServer) ledger_.read.set(static_cast<size_t>(unit.n));
    if (side == Side::kClient) {
      ledger_.stream = ledger_.stream || unit.kind == Kind::kHeader;
      const bool before_tls = modes_.client == TlsMode::kRequired && !ledger_.tls[0];
      ledger_.own_literal = before_tls && (unit.kind == Kind::kLiteral || (ledger_.own_literal && !whole.empty()));
    }
    if (unit.passed < unit.text.size()) return;
    whole.push_back(std::move(unit));
    unread.erase(unread.begin());
  }
}

void Model::Take(const protocol::Step& step, protocol::Out& out, bool negotiated_before) {
  ledger_.act = KindOf(step.act);
  for (const Side side : {Side::kServer, Side::kClient}) {
    if (out.to[Index(side)].empty()) continue;
    Tell("{} {}", side == Side::kClient ? 'c' : 's', out.to[Index(side)]);
  }
  static constexpr const char* kActs[] = {"read",       "wait",       "dial",  "dial the next",
                                          "client TLS", "server TLS", "relay", "fail"};
  if (ledger_.act != ActKind::kRead) Tell("= {}", kActs[static_cast<size_t>(ledger_.act)]);
  std::vector<Ledger::Unit> whole[2];
  const bool asked_starttls =
      !ledger_.questions.empty() && ledger_.questions.front().own && ledger_.questions.front().kind == Kind::kStarttls;
  for (const Side side : {Side::kClient, Side::kServer}) Consume(side, step.used[Index(side)], whole[Index(side)]);

  // The server's units come before what the client said meanwhile. Where both crossed in one step, the order of several
  // is not known, and the rules that need it say nothing from then on.
  for (const Ledger::Unit& unit : whole[1]) OnServerUnit(unit);
  ledger_.doubt = ledger_.doubt || (whole[1].size() > 1 && !out.server().empty());
  MatchServer(out.server(), negotiated_before);
  CheckTokens(out.server(), Side::kServer);
  CheckTokens(out.client(), Side::kClient);

  const bool granted = ledger_.act == ActKind::kTlsClient && !whole[0].empty() && modes_.client != TlsMode::kImplicit;
  CheckGrant(whole[0], granted);
  if (!spec_.go_ahead.empty()) {
    const bool says = out.client().find(spec_.go_ahead) != std::string::npos;
    if (says != granted) Broken("a go-ahead is said where TLS follows at once, and only there");
  }
  if (asked_starttls && !whole[1].empty() && whole[1].front().reply == Reply::kOk &&
      ledger_.act != ActKind::kTlsServer && ledger_.act != ActKind::kFail) {
    Broken("the server's go-ahead is followed by TLS");
  }
  seen_ += fmt::format("|{}{}{}", static_cast<int>(ledger_.act), dialogue_->negotiated() ? 'n' : '-',
                       dialogue_->waiting_for() == Blame::kServer ? 's' : 'c');
  seen_ += fmt::format(":{}:{}", WithoutTokens(out.client()), WithoutTokens(out.server()));
  if (spec_.edits) seen_.resize(std::min<size_t>(seen_.size(), 12));

  switch (ledger_.act) {
    case ActKind::kDial:
    case ActKind::kDialNext:
      ++ledger_.dials;
      if (ledger_.dials > 1 && spec_.dials_anew && !ledger_.upgraded) ledger_.own_starttls = 0;
      if (spec_.dials_anew && ledger_.upgraded) ledger_.own_starttls = 0;
      ledger_.connected = ledger_.greeted = ledger_.more = ledger_.greets_again = ledger_.shown = false;
      ledger_.input[1].clear();
      ledger_.unread[1].clear();
      ledger_.questions.clear();
      ledger_.tls[1] = false;
      break;
    case ActKind::kTlsClient:
      // What came behind STARTTLS belongs to the handshake.
      ledger_.input[0].clear();
      ledger_.unread[0].clear();
      ledger_.crossing.clear();
      ledger_.stale = ledger_.next - 1;
      // What was not read yet may as well have come later, unless it answers what the client said before.
      ledger_.stale_units = ledger_.read;
      if (modes_.client == TlsMode::kOpportunistic && spec_.has_filter && !ledger_.tls[1]) {
        for (const Ledger::Unit& unit : ledger_.unread[1]) {
          if (unit.reply != Reply::kBye)
            ledger_.stale_units.set(static_cast<size_t>(unit.n));  // a goodbye is let through
        }
      }
      ledger_.stream = false;
      ledger_.upgraded = modes_.client != TlsMode::kImplicit;
      ledger_.grants += granted ? 1 : 0;
      if (ledger_.upgraded) ledger_.header.clear();
      ledger_.silent = modes_.client == TlsMode::kOpportunistic && !ledger_.tls[1] && !spec_.chats &&
                       !spec_.dials_anew && spec_.has_filter;
      break;
    case ActKind::kTlsServer:
      if (!ledger_.input[1].empty()) Broken("the server's input is empty when its TLS begins");
      break;
    case ActKind::kRelay:
      CheckRelay();
      break;
    case ActKind::kFail:
      ledger_.failure = FailureOf(step.act);
      seen_ += fmt::format("{}{}", protocol::ToString(ledger_.failure.end), protocol::ToString(ledger_.failure.blame));
      if (ledger_.failure.end == End::kInternal) Broken("no end is internal");
      if (*ledger_.failure.why == '\0') Broken("every end has its reason");
      break;
    case ActKind::kRead:
    case ActKind::kWait:
      break;
  }
}

}  // namespace starlock::test::explore
