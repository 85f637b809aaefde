#include "protocol/acap/words.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "protocol/core/goodbye.h"
#include "protocol/text/literals.h"
#include "protocol/text/words.h"

namespace starlock::protocol::acap {
namespace {

constexpr size_t kMaxTag = 32;  // RFC 2244 9, tag

/// A greeting in pieces. Joined, they are the whole greeting.
struct Pieces {
  struct Item {
    std::string_view raw;  ///< ` (NAME …)`, including the blanks before it
    std::string name;
    bool binds = false;
  };
  std::string_view head;  ///< `* ACAP`
  std::vector<Item> items;
  std::string_view tail;  ///< the line end, and anything before it that is not an item
};

// Takes one item from `rest`. Returns false if there is none at its start.
bool TakeItem(std::string_view& rest, Pieces::Item& item) {
  std::string_view after = rest;
  if (TakeToken(after).kind != Token::Kind::kOpen) return false;
  item.name = TakeToken(after).value;
  for (Token token = TakeToken(after); token.kind != Token::Kind::kClose; token = TakeToken(after)) {
    if (token.kind == Token::Kind::kEnd || token.kind == Token::Kind::kOpen) return false;
    item.binds = item.binds || BindsChannel(token.value);
  }
  item.raw = rest.substr(0, rest.size() - after.size());
  rest = after;
  return true;
}

Pieces Split(std::string_view greeting) {
  Pieces pieces;
  std::string_view rest = greeting;
  TakeToken(rest);
  if (!TakeToken(rest).Is("ACAP")) return {{}, {}, greeting};
  pieces.head = greeting.substr(0, greeting.size() - rest.size());
  for (Pieces::Item item; TakeItem(rest, item); item = {}) pieces.items.push_back(item);
  pieces.tail = rest;
  return pieces;
}

bool Says(const Pieces::Item& item, std::string_view name) { return Token{Token::Kind::kAtom, {}, item.name}.Is(name); }

// The greeting without STARTTLS and (`with_sasl` is false) without SASL, but with `more` after its last item.
std::string Edit(std::string_view greeting, bool with_sasl, std::string_view more) {
  const Pieces pieces = Split(greeting);
  if (pieces.head.empty()) return std::string(greeting);
  std::string edited(pieces.head);
  for (const Pieces::Item& item : pieces.items) {
    if (!Says(item, "STARTTLS") && (with_sasl || !Says(item, "SASL"))) edited += item.raw;
  }
  return fmt::format("{}{}{}", edited, more, pieces.tail);
}

}  // namespace

Command Parse(std::string_view unit) {
  static constexpr KnownWord<Verb> kKnown[] = {
      {"NOOP", Verb::kNoop},
      {"LANG", Verb::kLang},
      {"LOGOUT", Verb::kLogout},
      {"STARTTLS", Verb::kStarttls},
      {"AUTHENTICATE", Verb::kAuthenticate},
  };
  Command command;
  const Token tag = TakeToken(unit);
  const bool good = tag.kind == Token::Kind::kAtom && tag.raw.size() <= kMaxTag && tag.raw != "*" && tag.raw != "+";
  if (good) command.tag = tag.raw;
  WordAndArgument rest = TakeWordAndArgument(unit);
  command.verb = FindVerb(kKnown, rest.word, Verb::kOther);
  command.has_argument = rest.has_argument;
  command.argument = std::move(rest.argument);
  return command;
}

Answer ParseAnswer(std::string_view unit) {
  Answer answer;
  const Token first = TakeToken(unit);
  if (first.raw == "+") return {Kind::kContinue, {}, false};
  const Token word = TakeToken(unit);
  answer.refers = TakeToken(unit).kind == Token::Kind::kOpen && TakeToken(unit).Is("REFER");
  if (first.raw == "*") {
    answer.kind = word.Is("ACAP") ? Kind::kGreeting : word.Is("BYE") ? Kind::kBye : Kind::kUntagged;
    return answer;
  }
  answer.tag = first.raw;
  if (word.kind != Token::Kind::kAtom) return answer;
  if (word.Is("OK")) answer.kind = Kind::kOk;
  if (word.Is("NO")) answer.kind = Kind::kNo;
  if (word.Is("BAD")) answer.kind = Kind::kBad;
  return answer;
}

bool OffersStarttls(std::string_view greeting) {
  for (const Pieces::Item& item : Split(greeting).items) {
    if (Says(item, "STARTTLS")) return true;
  }
  return false;
}

bool BindsChannels(std::string_view greeting) {
  for (const Pieces::Item& item : Split(greeting).items) {
    if (Says(item, "SASL") && item.binds) return true;
  }
  return false;
}

std::string WithoutStarttls(std::string_view greeting) { return Edit(greeting, true, ""); }
std::string WithStarttls(std::string_view greeting) { return Edit(greeting, true, " (STARTTLS)"); }
std::string GreetingBeforeTls(std::string_view greeting) { return Edit(greeting, false, " (STARTTLS)"); }

std::string Goodbye(const Env& /*env*/, const Failure& failure) {
  const GoodbyeKind kind = GoodbyeFor(failure);
  if (kind == GoodbyeKind::kSyntax) return QuotedLine("* BYE", fmt::format("Syntax error: {}", failure.why));
  return QuotedLine("* BYE (TRYLATER)", GoodbyeText(kind));
}

}  // namespace starlock::protocol::acap
