// The protocols with tags or literals.

#include <fmt/format.h>

#include "spec.h"

namespace starlock::test::explore {
namespace {

std::string S(int n) { return Token('s', n); }
std::string C(int n) { return Token('c', n); }

std::string ImapReply(Reply reply, const Question& q, int n) {
  const bool asked = q.kind != Kind::kNone;
  switch (reply) {
    case Reply::kGreeting:
      return fmt::format("* OK {}\r\n", S(n));
    case Reply::kNoService:
      return fmt::format("* BYE {}\r\n", S(n));
    case Reply::kPreauth:
      return fmt::format("* PREAUTH {}\r\n", S(n));
    case Reply::kOk:
    case Reply::kOffer:
      if (!asked || (reply == Reply::kOffer && q.kind != Kind::kHello)) return "";
      if (q.kind != Kind::kHello) return fmt::format("{} OK {}\r\n", q.tag, S(n));
      return fmt::format("* CAPABILITY IMAP4rev1 X{}{}\r\n{} OK done\r\n", S(n),
                         reply == Reply::kOffer ? " STARTTLS" : "", q.tag);
    case Reply::kNo:
      return asked ? fmt::format("{} BAD {}\r\n", q.tag, S(n)) : "";
    case Reply::kMore:
      return q.kind == Kind::kLogin || q.kind == Kind::kLiteral ? fmt::format("+ {}\r\n", S(n)) : "";
    case Reply::kStray:
      return fmt::format("stray OK {}\r\n", S(n));
    case Reply::kNotice:
      return fmt::format("* OK notice {}\r\n", S(n));
    case Reply::kBye:
      return fmt::format("* BYE {}\r\n", S(n));
    case Reply::kBad:
      return fmt::format("* LIST {{99999999}}{}\r\n", S(n));
  }
  return {};
}

Spec Imap() {
  Spec spec;
  spec.dialect = "imap";
  spec.client = {
      {"hello", Kind::kHello, [](int n) { return fmt::format("{} CAPABILITY\r\n", C(n)); }},
      {"noop", Kind::kHarmless, [](int n) { return fmt::format("{} NOOP\r\n", C(n)); }, true},
      {"id", Kind::kHarmless, [](int n) { return fmt::format("{} ID NIL\r\n", C(n)); }},
      {"quit", Kind::kQuit, [](int n) { return fmt::format("{} LOGOUT\r\n", C(n)); }},
      {"select", Kind::kStateful, [](int n) { return fmt::format("{} SELECT x\r\n", C(n)); }},
      {"literal+", Kind::kStateful, [](int n) { return fmt::format("{} ID NIL {{5+}}\r\nabcde\r\n", C(n)); }},
      {"literal", Kind::kLiteral, [](int n) { return fmt::format("{} ID {{5}}\r\n", C(n)); }},
      {"content", Kind::kContent, [](int n) { return fmt::format("{}\r\n", C(n)); }},
      {"login", Kind::kLogin, [](int n) { return fmt::format("{} AUTHENTICATE PLAIN\r\n", C(n)); }, true},
      {"response", Kind::kResponse, [](int n) { return fmt::format("{}\r\n", C(n)); }},
      {"starttls", Kind::kStarttls, [](int n) { return fmt::format("{} STARTTLS\r\n", C(n)); }, true},
      {"starttls x", Kind::kStarttlsArgument, [](int n) { return fmt::format("{} STARTTLS x\r\n", C(n)); }},
  };
  spec.own = {{"starlock1 CAPABILITY\r\n", Kind::kHello, "starlock1"},
              {"starlock2 STARTTLS\r\n", Kind::kStarttls, "starlock2"}};
  spec.reply = ImapReply;
  spec.go_ahead = "OK Begin TLS negotiation now";
  spec.tagged = true;
  return spec;
}

std::string AcapReply(Reply reply, const Question& q, int n) {
  const bool asked = q.kind != Kind::kNone;
  switch (reply) {
    case Reply::kGreeting:
      return fmt::format("* ACAP (IMPLEMENTATION \"{}\") (SASL \"PLAIN\") (STARTTLS)\r\n", S(n));
    case Reply::kNoService:  // serves, but does not offer STARTTLS
      return fmt::format("* ACAP (IMPLEMENTATION \"{}\") (SASL \"PLAIN\")\r\n", S(n));
    case Reply::kOk:
      return asked ? fmt::format("{} OK \"{}\"\r\n", q.tag, S(n)) : "";
    case Reply::kNo:
      return asked ? fmt::format("{} BAD \"{}\"\r\n", q.tag, S(n)) : "";
    case Reply::kMore:
      return q.kind == Kind::kLogin || q.kind == Kind::kLiteral ? fmt::format("+ \"{}\"\r\n", S(n)) : "";
    case Reply::kStray:
      return fmt::format("stray OK \"{}\"\r\n", S(n));
    case Reply::kNotice:
      return fmt::format("* ALERT \"{}\"\r\n", S(n));
    case Reply::kBye:
      return fmt::format("* BYE \"{}\"\r\n", S(n));
    case Reply::kOffer:
    case Reply::kBad:
    case Reply::kPreauth:
      return "";
  }
  return {};
}

Spec Acap() {
  Spec spec;
  spec.dialect = "acap";
  spec.client = {
      {"noop", Kind::kHarmless, [](int n) { return fmt::format("{} NOOP\r\n", C(n)); }, true},
      {"quit", Kind::kQuit, [](int n) { return fmt::format("{} LOGOUT\r\n", C(n)); }},
      {"unknown", Kind::kStateful, [](int n) { return fmt::format("{} LISTRIGHTS \"x\"\r\n", C(n)); }},
      {"lang", Kind::kStateful, [](int n) { return fmt::format("{} LANG \"en\"\r\n", C(n)); }},
      {"literal+", Kind::kStateful, [](int n) { return fmt::format("{} NOOP {{5+}}\r\nabcde\r\n", C(n)); }},
      {"literal", Kind::kLiteral, [](int n) { return fmt::format("{} NOOP {{5}}\r\n", C(n)); }},
      {"content", Kind::kContent, [](int n) { return fmt::format("{}\r\n", C(n)); }},
      {"login", Kind::kLogin, [](int n) { return fmt::format("{} AUTHENTICATE \"PLAIN\"\r\n", C(n)); }, true},
      {"response", Kind::kResponse, [](int n) { return fmt::format("\"{}\"\r\n", C(n)); }},
      {"starttls", Kind::kStarttls, [](int n) { return fmt::format("{} STARTTLS\r\n", C(n)); }, true},
      {"starttls x", Kind::kStarttlsArgument, [](int n) { return fmt::format("{} STARTTLS \"x\"\r\n", C(n)); }},
  };
  spec.own = {{"starlock STARTTLS\r\n", Kind::kStarttls, "starlock"}};
  spec.reply = AcapReply;
  spec.go_ahead = "OK \"Begin TLS negotiation now\"";
  spec.tagged = true;
  spec.greeting_again = true;
  spec.greeting_survives_server_tls = false;
  return spec;
}

std::string SieveReply(Reply reply, const Question& q, int n) {
  const bool asked = q.kind != Kind::kNone;
  const bool lists = reply == Reply::kGreeting || reply == Reply::kNoService || q.kind == Kind::kHello;
  switch (reply) {
    case Reply::kGreeting:
    case Reply::kNoService:  // serves, but does not offer STARTTLS
    case Reply::kOk:
    case Reply::kOffer: {
      const bool offers = reply == Reply::kGreeting || reply == Reply::kOffer;
      if (lists) {
        return fmt::format("\"IMPLEMENTATION\" \"{}\"\r\n\"SASL\" \"PLAIN\"\r\n{}OK\r\n", S(n),
                           offers ? "\"STARTTLS\"\r\n" : "");
      }
      return asked && !offers ? fmt::format("OK \"{}\"\r\n", S(n)) : "";
    }
    case Reply::kNo:
      return asked ? fmt::format("NO \"{}\"\r\n", S(n)) : "";
    case Reply::kMore:
      return q.kind == Kind::kLogin ? fmt::format("\"{}\"\r\n", S(n)) : "";
    case Reply::kStray:
      return asked ? "" : fmt::format("OK \"stray {}\"\r\n", S(n));
    case Reply::kBye:
      return fmt::format("BYE \"{}\"\r\n", S(n));
    case Reply::kNotice:
    case Reply::kBad:
    case Reply::kPreauth:
      return "";
  }
  return {};
}

Spec Sieve() {
  Spec spec;
  spec.dialect = "managesieve";
  spec.client = {
      {"hello", Kind::kHello, [](int) { return std::string("CAPABILITY\r\n"); }},
      {"noop", Kind::kHarmless, [](int) { return std::string("NOOP\r\n"); }, true},
      {"quit", Kind::kQuit, [](int) { return std::string("LOGOUT\r\n"); }},
      {"space", Kind::kStateful, [](int n) { return fmt::format("HAVESPACE \"{}\" 1\r\n", C(n)); }},
      {"literal+", Kind::kStateful, [](int n) { return fmt::format("NOOP {{5+}}\r\n{}\r\n", C(n)); }},
      {"desync", Kind::kStateful, [](int n) { return fmt::format("CAPABILITY \\ {{5+}}\r\n{}\r\n", C(n)); }},
      {"login", Kind::kLogin, [](int n) { return fmt::format("AUTHENTICATE \"PLAIN\" \"{}\"\r\n", C(n)); }, true},
      {"response", Kind::kResponse, [](int n) { return fmt::format("\"{}\"\r\n", C(n)); }},
      {"starttls", Kind::kStarttls, [](int) { return std::string("STARTTLS\r\n"); }, true},
      {"starttls x", Kind::kStarttlsArgument, [](int n) { return fmt::format("STARTTLS \"{}\"\r\n", C(n)); }},
  };
  spec.own = {{"STARTTLS\r\n", Kind::kStarttls}};
  spec.reply = SieveReply;
  spec.go_ahead = "OK \"Begin TLS negotiation now\"";
  spec.greeting_again = true;
  spec.greeting_survives_server_tls = false;
  return spec;
}

}  // namespace

std::vector<Spec> TaggedSpecs() { return {Imap(), Acap(), Sieve()}; }

}  // namespace starlock::test::explore
