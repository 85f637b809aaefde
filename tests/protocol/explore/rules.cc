// What must hold in every state of every session.

#include <fmt/format.h>

#include <algorithm>

#include "model.h"
#include "protocol/core/negotiator.h"
#include "tokens.h"

namespace starlock::test::explore {

using protocol::Blame;
using protocol::End;
using protocol::Index;
using protocol::Upgrades;

namespace {

bool IsHarmless(Kind kind) {
  return kind == Kind::kHello || kind == Kind::kHarmless || kind == Kind::kQuit || kind == Kind::kHeader;
}

}  // namespace

void Model::Broken(std::string_view rule) {
  if (broken_.empty()) broken_ = rule;
}

void Model::Write(std::string_view line) { transcript_ += fmt::format("    {}\n", Printable(line)); }

// A unit of the server was consumed: whose answer is it?
void Model::OnServerUnit(const Ledger::Unit& unit) {
  const bool may_speak = ledger_.doubt || !ledger_.silent || !ledger_.tls[0] || unit.reply == Reply::kBye;
  if (!may_speak && (ledger_.act != ActKind::kFail)) {
    Broken("after the client's TLS a plaintext server is silent until the client has spoken");
  }
  if (spec_.chats && ledger_.leaving) return;  // it has ended
  const Kind oldest = ledger_.questions.empty() ? Kind::kNone : ledger_.questions.front().kind;
  switch (unit.reply) {
    case Reply::kGreeting:
    case Reply::kNoService:
    case Reply::kPreauth:
      ledger_.preauth = unit.reply == Reply::kPreauth;
      ledger_.login_ok = ledger_.login_ok || ledger_.preauth;
      ledger_.greeting_n = unit.n;
      ledger_.greeted = true;
      ledger_.greets_again = false;
      return;
    case Reply::kMore:
      ledger_.more = oldest == Kind::kLogin || oldest == Kind::kLiteral;
      return;
    case Reply::kStray:
      ledger_.unsure = ledger_.unsure || spec_.chats;
      if (spec_.chats) return;
      if (spec_.tagged || ledger_.questions.empty()) {
        ledger_.closed = true;
        return;
      }
      ledger_.doubt = true;  // it is taken for the answer, or for a part of it
      [[fallthrough]];
    case Reply::kOk:
    case Reply::kOffer:
    case Reply::kNo:
      ledger_.more = false;
      if (ledger_.questions.empty()) {
        ledger_.closed = true;
        return;
      }
      ledger_.login_ok = ledger_.login_ok || (oldest == Kind::kLogin && unit.reply != Reply::kNo);
      ledger_.leaving = ledger_.leaving || (oldest == Kind::kHeader && unit.reply == Reply::kNo);
      ledger_.questions.erase(ledger_.questions.begin());
      if (spec_.chats && oldest == Kind::kQuit) {  // ERROR ends it all
        ledger_.questions.clear();
        ledger_.leaving = true;
      }
      return;
    case Reply::kBye:
      ledger_.unsure = true;
      ledger_.leaving = true;
      if (!spec_.tagged) ledger_.more = false;
      if (spec_.chats) ledger_.questions.clear();
      if (!spec_.tagged && !ledger_.questions.empty()) ledger_.questions.erase(ledger_.questions.begin());
      return;
    case Reply::kNotice:
      ledger_.unsure = ledger_.unsure || !spec_.chats;
      return;
    case Reply::kBad:
      ledger_.unsure = true;
      return;
  }
}

// Everything that is sent to the server is a client's unit, byte for byte, or a word of our own.
void Model::MatchServer(std::string_view text, bool negotiated_before) {
  if (spec_.edits) {
    while (MatchOwn(text, negotiated_before)) {
    }
    if (text.empty()) return;
    for (const Ledger::Unit& unit : ledger_.crossing) {
      if (text.find(Token('c', unit.n)) != std::string_view::npos) Cross(unit);
    }
    ledger_.crossing.clear();
    return;
  }
  while (!text.empty() && broken_.empty()) {
    const bool own_first = !negotiated_before && !dialogue_->negotiated();
    if (own_first && MatchOwn(text, negotiated_before)) continue;
    if (MatchClient(text)) continue;
    if (MatchOwn(text, negotiated_before)) continue;
    Broken("the server is sent nothing but the client's units and our own words");
  }
}

bool Model::MatchOwn(std::string_view& text, bool negotiated_before) {
  for (const OwnWord& word : spec_.own) {
    if (text.substr(0, word.text.size()) != word.text) continue;
    if (negotiated_before && !word.late) continue;
    text.remove_prefix(word.text.size());
    if (word.kind == Kind::kStarttls) {
      if (!Upgrades(modes_.server) || ledger_.tls[1]) Broken("STARTTLS is said to a server whose leg upgrades");
      if (ledger_.preauth) Broken("STARTTLS is not said to a server whose greeting rules it out");
      if (++ledger_.own_starttls > 1) Broken("STARTTLS is said once");
    }
    if (word.kind != Kind::kSilent) ledger_.questions.push_back({word.kind, word.tag, word.id, true});
    return true;
  }
  return false;
}

bool Model::MatchClient(std::string_view& text) {
  if (!ledger_.header.empty() && text.substr(0, ledger_.header.size()) == ledger_.header) {
    text.remove_prefix(ledger_.header.size());
    ledger_.questions.push_back({Kind::kHeader, {}, 0, false});
    return true;
  }
  auto& crossing = ledger_.crossing;
  for (size_t i = 0; i < crossing.size(); ++i) {
    Ledger::Unit& unit = crossing[i];
    const std::string_view rest = std::string_view(unit.text).substr(unit.passed);
    const size_t size = std::min(rest.size(), text.size());
    if (size == 0 || text.substr(0, size) != rest.substr(0, size)) {
      if (unit.passed > 0) Broken("a unit crosses whole or not at all");
      continue;
    }
    if (unit.passed == 0) Cross(unit);
    unit.passed += size;
    text.remove_prefix(size);
    const size_t done = unit.passed == unit.text.size() ? i + 1 : i;
    crossing.erase(crossing.begin(), crossing.begin() + static_cast<std::ptrdiff_t>(done));
    return true;
  }
  // A header opens the server's stream before it is consumed.
  if (!ledger_.unread[0].empty()) {
    const Ledger::Unit& unit = ledger_.unread[0].front();
    if (unit.kind == Kind::kHeader && text.substr(0, unit.text.size()) == unit.text) {
      text.remove_prefix(unit.text.size());
      ledger_.questions.push_back({Kind::kHeader, {}, 0, false});
      return true;
    }
  }
  return false;
}

// A client's unit crosses to the server.
void Model::Cross(const Ledger::Unit& unit) {
  const bool header = unit.kind == Kind::kHeader;
  const bool starttls = unit.kind == Kind::kStarttls || unit.kind == Kind::kStarttlsArgument;
  // A response is data, and so is everything once a server without a filter reads no requests any more.
  const bool data = ledger_.more || ledger_.doubt || (!spec_.has_filter && ledger_.login);
  if (starttls && !data) Broken("STARTTLS never crosses");
  ledger_.login = ledger_.login || unit.kind == Kind::kLogin;
  if (modes_.client == TlsMode::kRequired && !ledger_.tls[0] && !header) {
    Broken("nothing of a client crosses before its required TLS");
  }
  if (modes_.server == TlsMode::kRequired && !ledger_.tls[1] && !header) {
    Broken("nothing of a client crosses before the server's required TLS");
  }
  if (ledger_.tls[0]) ledger_.silent = false;
  if (header) {
    ledger_.header = unit.text;
    ledger_.questions.push_back({Kind::kHeader, {}, 0, false});
    return;
  }
  if (ledger_.more) {  // a response: it is no question of its own
    ledger_.more = false;
    return;
  }
  if (!IsHarmless(unit.kind)) ledger_.closed = true;
  ledger_.unsure = ledger_.unsure || unit.kind == Kind::kQuit;  // who leaves needs no upgrade
  if (unit.kind != Kind::kSilent) ledger_.questions.push_back({unit.kind, Token('c', unit.n), unit.n, false});
}

// Nothing from before a leg's TLS comes out behind it.
void Model::CheckTokens(std::string_view text, Side to) {
  int n = 0;
  for (size_t at = 0; to == Side::kClient && Upgrades(modes_.server) && !ledger_.tls[1];) {
    if ((n = NextToken(text, 's', at)) < 0) break;
    ledger_.shown = ledger_.shown || n != ledger_.greeting_n;
  }
  if (!ledger_.tls[0] && !ledger_.tls[1] && !ledger_.upgraded) return;
  const bool inside = ledger_.upgraded && ledger_.tls[0];
  for (size_t at = 0; inside && (n = NextToken(text, 'c', at)) >= 0;) {
    if (n > ledger_.stale) continue;
    Broken(to == Side::kServer ? "nothing that the client said before its TLS is sent to the server afterwards"
                               : "nothing that the client said before its TLS is answered inside");
  }
  if (to == Side::kServer) return;
  for (size_t at = 0; (n = NextToken(text, 's', at)) >= 0;) {
    const bool greeting = n == ledger_.greeting_n;
    const bool again = spec_.greeting_again && (greeting || spec_.chats);
    if (inside && ledger_.stale_units.test(static_cast<size_t>(n)) && !again) {
      Broken("nothing that the server said before the client's TLS reaches the client inside");
    }
    const bool upgraded = Upgrades(modes_.server) && ledger_.tls[1];
    if (upgraded && n <= ledger_.stale_server_tls && !(greeting && spec_.greeting_survives_server_tls)) {
      Broken("nothing that the server said before its TLS reaches the client");
    }
  }
}

// STARTTLS is granted while all that has crossed is harmless and answered, and only then.
void Model::CheckGrant(const std::vector<Ledger::Unit>& client, bool granted) {
  const auto asked =
      std::find_if(client.begin(), client.end(), [](const Ledger::Unit& unit) { return unit.kind == Kind::kStarttls; });
  const bool filter = modes_.client == TlsMode::kOpportunistic && spec_.has_filter;
  if (granted) {
    if (client.back().kind != Kind::kStarttls)
      Broken("nothing but STARTTLS is granted TLS, and nothing behind it is read");
    if (!Upgrades(modes_.client) || ledger_.tls[0]) Broken("TLS is granted once, and where the leg upgrades");
    if (!filter || spec_.dials_anew || ledger_.doubt) return;
    if (ledger_.closed) Broken("STARTTLS is refused once anything but the closed list has crossed");
    if (!ledger_.questions.empty()) Broken("STARTTLS waits until every question has its answer");
    return;
  }
  const bool may = Upgrades(modes_.client) && !ledger_.tls[0] && !ledger_.closed && !ledger_.more &&
                   !ledger_.own_literal && !ledger_.unsure && !ledger_.doubt;
  if (asked == client.end() || !may || ledger_.act != ActKind::kRead || !ledger_.questions.empty()) return;
  if (asked + 1 == client.end()) Broken("STARTTLS is granted where nothing speaks against it");
}

void Model::CheckRelay() {
  for (const Side side : {Side::kClient, Side::kServer}) {
    const bool must = mode(side) == TlsMode::kRequired || mode(side) == TlsMode::kImplicit;
    if (must && !ledger_.tls[Index(side)]) Broken("no relay before required TLS");
  }
  if (!spec_.has_filter || ledger_.doubt || (ledger_.tls[0] && ledger_.tls[1])) return;
  const bool quits = std::any_of(ledger_.unread[0].begin(), ledger_.unread[0].end(),
                                 [](const Ledger::Unit& unit) { return unit.kind == Kind::kQuit; });
  if (!ledger_.login_ok && !ledger_.leaving && !quits) {
    Broken("the filter stands until the login: the relay would let STARTTLS cross");
  }
}

// Nobody waits for a peer that owes nothing.
void Model::CheckWaiting() {
  if (ledger_.doubt) return;
  const bool owes_greeting = spec_.server_first && ledger_.connected && !ledger_.greeted;
  // After its goodbye it owes the end of the connection.
  const bool server_owes = owes_greeting || ledger_.greets_again || ledger_.leaving || !ledger_.questions.empty();
  if (dialogue_->waiting_for() == Blame::kServer && !server_owes) {
    Broken("a server that is waited for owes something");
  }
  if (ledger_.unread[0].empty()) return;
  const bool negotiated = dialogue_->negotiated();
  if (negotiated && (!server_owes || (ledger_.more && ledger_.unread[1].empty()))) {
    Broken("a client's unit waits only while the server owes something");
  }
  if (!negotiated && !server_owes) Broken("somebody owes something while a client's unit waits");
}

std::string Model::Abstract() const {
  const Ledger& now = ledger_;
  std::string state =
      fmt::format("{}{:d}{:d}{:d}{:d}{:d}{:d}{:d}{:d}{}{:d}{:d}{:d}{}{:d}{:d}", static_cast<int>(now.act), now.held,
                  now.held_side == Side::kServer, now.tls[0], now.tls[1], now.connected, now.greeted, now.greets_again,
                  now.more, now.closed + 2 * now.unsure + 4 * now.doubt, now.upgraded, now.silent, now.login_ok,
                  std::min(now.dials, 3), now.preauth, now.shown);
  state += fmt::format("{}{}", now.own_starttls, dialogue_->negotiated() ? 'n' : '-');
  for (const Question& question : now.questions) {
    state += fmt::format("q{}{:d}", static_cast<int>(question.kind), question.own);
  }
  for (const auto& unread : now.unread) {
    state += '/';
    for (const Ledger::Unit& unit : unread) {
      state += fmt::format("u{}.{}.{}", static_cast<int>(unit.kind), static_cast<int>(unit.reply), unit.passed);
    }
  }
  return state;
}

}  // namespace starlock::test::explore
