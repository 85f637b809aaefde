// The protocols whose servers answer lines in order.

#include <fmt/format.h>

#include "spec.h"

namespace starlock::test::explore {
namespace {

std::string S(int n) { return Token('s', n); }
std::string C(int n) { return Token('c', n); }

template <int kOk, int kNo>
std::string Code(bool good, int n) {
  return fmt::format("{} {}\r\n", good ? kOk : kNo, S(n));
}

std::string SmtpReply(Reply reply, const Question& q, int n) {
  const bool asked = q.kind != Kind::kNone;
  switch (reply) {
    case Reply::kGreeting:
      return fmt::format("220 mx {}\r\n", S(n));
    case Reply::kNoService:
      return fmt::format("554 mx {}\r\n", S(n));
    case Reply::kOk:
      if (q.kind == Kind::kHello) return fmt::format("250-mx {}\r\n250 SIZE\r\n", S(n));
      if (q.kind == Kind::kLogin) return Code<235, 535>(true, n);
      if (q.kind == Kind::kStarttls) return Code<220, 454>(true, n);
      return asked ? Code<250, 502>(true, n) : "";
    case Reply::kOffer:
      return q.kind == Kind::kHello ? fmt::format("250-mx {}\r\n250-STARTTLS\r\n250 SIZE\r\n", S(n)) : "";
    case Reply::kNo:
      return asked ? Code<250, 502>(false, n) : "";
    case Reply::kMore:
      return q.kind == Kind::kLogin ? fmt::format("334 {}\r\n", S(n)) : "";
    case Reply::kStray:
      return asked ? "" : fmt::format("250 stray {}\r\n", S(n));
    case Reply::kNotice:
    case Reply::kPreauth:
      return "";
    case Reply::kBye:
      return fmt::format("421 {}\r\n", S(n));
    case Reply::kBad:
      return fmt::format("hello {}\r\n", S(n));
  }
  return {};
}

std::string Pop3Reply(Reply reply, const Question& q, int n) {
  const bool asked = q.kind != Kind::kNone;
  switch (reply) {
    case Reply::kGreeting:
      return fmt::format("+OK <{}@x>\r\n", S(n));
    case Reply::kNoService:
      return fmt::format("-ERR {}\r\n", S(n));
    case Reply::kOk:
      if (q.kind == Kind::kHello) return fmt::format("+OK {}\r\nUIDL\r\n.\r\n", S(n));
      return asked ? fmt::format("+OK {}\r\n", S(n)) : "";
    case Reply::kOffer:
      return q.kind == Kind::kHello ? fmt::format("+OK {}\r\nSTLS\r\n.\r\n", S(n)) : "";
    case Reply::kNo:
      return asked ? fmt::format("-ERR {}\r\n", S(n)) : "";
    case Reply::kMore:
      return q.kind == Kind::kLogin ? fmt::format("+ {}\r\n", S(n)) : "";
    case Reply::kStray:
      return asked ? "" : fmt::format("+OK stray {}\r\n", S(n));
    case Reply::kNotice:
    case Reply::kPreauth:
    case Reply::kBye:
      return "";
    case Reply::kBad:
      return fmt::format("hello {}\r\n", S(n));
  }
  return {};
}

std::string NntpReply(Reply reply, const Question& q, int n) {
  const bool asked = q.kind != Kind::kNone;
  switch (reply) {
    case Reply::kGreeting:
      return fmt::format("200 {}\r\n", S(n));
    case Reply::kNoService:
      return fmt::format("502 {}\r\n", S(n));
    case Reply::kOk:
      if (q.kind == Kind::kHello) return fmt::format("101 {}\r\nVERSION 2\r\n.\r\n", S(n));
      if (q.kind == Kind::kLogin) return Code<281, 481>(true, n);
      if (q.kind == Kind::kStarttls) return Code<382, 580>(true, n);
      return asked ? Code<211, 500>(true, n) : "";
    case Reply::kOffer:
      return q.kind == Kind::kHello ? fmt::format("101 {}\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n", S(n)) : "";
    case Reply::kNo:
      return asked ? Code<211, 500>(false, n) : "";
    case Reply::kMore:
      return q.kind == Kind::kLogin ? fmt::format("383 {}\r\n", S(n)) : "";
    case Reply::kStray:
      return asked ? "" : fmt::format("111 stray {}\r\n", S(n));
    case Reply::kNotice:
    case Reply::kPreauth:
      return "";
    case Reply::kBye:
      return fmt::format("400 {}\r\n", S(n));
    case Reply::kBad:
      return fmt::format("hello {}\r\n", S(n));
  }
  return {};
}

std::string FtpReply(Reply reply, const Question& q, int n) {
  const bool asked = q.kind != Kind::kNone;
  switch (reply) {
    case Reply::kGreeting:
      return fmt::format("220 {}\r\n", S(n));
    case Reply::kNoService:
      return fmt::format("530 {}\r\n", S(n));
    case Reply::kOk:
      if (q.kind == Kind::kHello) return fmt::format("211-{}\r\n UTF8\r\n211 End\r\n", S(n));
      if (q.kind == Kind::kLogin) return Code<230, 530>(true, n);
      if (q.kind == Kind::kStarttls) return Code<234, 534>(true, n);
      return asked ? Code<200, 502>(true, n) : "";
    case Reply::kOffer:
      return q.kind == Kind::kHello ? fmt::format("211-{}\r\n AUTH TLS\r\n211 End\r\n", S(n)) : "";
    case Reply::kNo:
      return asked ? fmt::format("{} {}\r\n", q.own ? 503 : 502, S(n)) : "";
    case Reply::kStray:
      return asked ? "" : fmt::format("226 stray {}\r\n", S(n));
    case Reply::kMore:
    case Reply::kNotice:
    case Reply::kPreauth:
      return "";
    case Reply::kBye:
      return fmt::format("421 {}\r\n", S(n));
    case Reply::kBad:
      return fmt::format("hello {}\r\n", S(n));
  }
  return {};
}

std::string IrcReply(Reply reply, const Question& q, int n) {
  const bool asked = q.kind != Kind::kNone;
  switch (reply) {
    case Reply::kGreeting:
    case Reply::kNoService:
    case Reply::kPreauth:
    case Reply::kMore:
      return "";
    case Reply::kOk:
      if (q.kind == Kind::kHello) return fmt::format(":s CAP * LS :x/{}\r\n", S(n));
      if (q.kind == Kind::kLogin) return fmt::format(":s 001 {} :Welcome\r\n", S(n));
      if (q.kind == Kind::kStarttls) return fmt::format(":s 670 {} :go\r\n", S(n));
      if (q.kind == Kind::kHarmless) return fmt::format(":s PONG s :{} {}\r\n", q.tag, S(n));
      if (q.kind == Kind::kQuit) return fmt::format("ERROR :Closing link {}\r\n", S(n));
      return asked ? fmt::format(":s CAP * ACK :x/{}\r\n", S(n)) : "";
    case Reply::kOffer:
      return q.kind == Kind::kHello ? fmt::format(":s CAP * LS :tls x/{}\r\n", S(n)) : "";
    case Reply::kNo:
      if (q.kind == Kind::kHello) return fmt::format(":s 421 * CAP :{}\r\n", S(n));
      if (q.kind == Kind::kStarttls) return fmt::format(":s 691 * :{}\r\n", S(n));
      if (q.kind == Kind::kLogin) return fmt::format(":s 433 * :{}\r\n", S(n));
      if (q.kind == Kind::kHarmless || q.kind == Kind::kQuit) return "";
      return asked ? fmt::format(":s CAP * NAK :x/{}\r\n", S(n)) : "";
    case Reply::kStray:
      return asked ? "" : fmt::format(":s PONG s :{}\r\n", S(n));
    case Reply::kNotice:
      return fmt::format(":s NOTICE * :{}\r\n", S(n));
    case Reply::kBye:
      return fmt::format("ERROR :{}\r\n", S(n));
    case Reply::kBad:
      return "";
  }
  return {};
}

Spec Smtp(std::string_view dialect, bool lmtp) {
  Spec spec;
  spec.dialect = dialect;
  spec.client = {
      {"hello", Kind::kHello,
       lmtp ? [](int n) { return fmt::format("LHLO {}\r\n", C(n)); }
            : [](int n) { return fmt::format("EHLO {}\r\n", C(n)); }},
      {"noop", Kind::kHarmless, [](int n) { return fmt::format("NOOP {}\r\n", C(n)); }, true},
      {"rset", Kind::kHarmless, [](int) { return std::string("RSET\r\n"); }},
      {"quit", Kind::kQuit, [](int) { return std::string("QUIT\r\n"); }},
      {"vrfy", Kind::kStateful, [](int n) { return fmt::format("VRFY {}\r\n", C(n)); }},
      {"unknown", Kind::kStateful, [](int n) { return fmt::format("XTND {}\r\n", C(n)); }},
      {"8-bit", Kind::kStateful, [](int n) { return fmt::format("NOOP \xc3 {}\r\n", C(n)); }},
      {"long", Kind::kStateful, [](int n) { return fmt::format("NOOP {} {}\r\n", C(n), std::string(260, 'x')); }},
      {"login", Kind::kLogin, [](int n) { return fmt::format("AUTH PLAIN {}\r\n", C(n)); }, true},
      {"response", Kind::kResponse, [](int n) { return fmt::format("{}\r\n", C(n)); }},
      {"starttls", Kind::kStarttls, [](int) { return std::string("STARTTLS\r\n"); }, true},
      {"starttls x", Kind::kStarttlsArgument, [](int n) { return fmt::format("STARTTLS {}\r\n", C(n)); }},
  };
  spec.own = {{fmt::format("{} proxy.example.org\r\n", lmtp ? "LHLO" : "EHLO"), Kind::kHello},
              {"STARTTLS\r\n", Kind::kStarttls}};
  spec.reply = SmtpReply;
  spec.go_ahead = "220 2.0.0 Ready to start TLS";
  return spec;
}

Spec Pop3() {
  Spec spec;
  spec.dialect = "pop3";
  spec.client = {
      {"hello", Kind::kHello, [](int) { return std::string("CAPA\r\n"); }},
      {"noop", Kind::kHarmless, [](int) { return std::string("NOOP\r\n"); }, true},
      {"quit", Kind::kQuit, [](int) { return std::string("QUIT\r\n"); }},
      {"user", Kind::kStateful, [](int n) { return fmt::format("USER {}\r\n", C(n)); }},
      {"unknown", Kind::kStateful, [](int n) { return fmt::format("XTND {}\r\n", C(n)); }},
      {"lang", Kind::kStateful, [](int n) { return fmt::format("LANG {}\r\n", C(n)); }},
      {"login", Kind::kLogin, [](int n) { return fmt::format("AUTH {}\r\n", C(n)); }, true},
      {"response", Kind::kResponse, [](int n) { return fmt::format("{}\r\n", C(n)); }},
      {"starttls", Kind::kStarttls, [](int) { return std::string("STLS\r\n"); }, true},
      {"starttls x", Kind::kStarttlsArgument, [](int n) { return fmt::format("STLS {}\r\n", C(n)); }},
  };
  spec.own = {{"CAPA\r\n", Kind::kHello}, {"STLS\r\n", Kind::kStarttls}};
  spec.reply = Pop3Reply;
  spec.go_ahead = "+OK Begin TLS negotiation\r\n";
  return spec;
}

Spec Nntp() {
  Spec spec;
  spec.dialect = "nntp";
  spec.client = {
      {"hello", Kind::kHello, [](int) { return std::string("CAPABILITIES\r\n"); }},
      {"date", Kind::kHarmless, [](int) { return std::string("DATE\r\n"); }, true},
      {"quit", Kind::kQuit, [](int) { return std::string("QUIT\r\n"); }},
      {"group", Kind::kStateful, [](int n) { return fmt::format("GROUP {}\r\n", C(n)); }},
      {"unknown", Kind::kStateful, [](int n) { return fmt::format("XTND {}\r\n", C(n)); }},
      {"login", Kind::kLogin, [](int n) { return fmt::format("AUTHINFO SASL PLAIN {}\r\n", C(n)); }, true},
      {"response", Kind::kResponse, [](int n) { return fmt::format("{}\r\n", C(n)); }},
      {"starttls", Kind::kStarttls, [](int) { return std::string("STARTTLS\r\n"); }, true},
      {"starttls x", Kind::kStarttlsArgument, [](int n) { return fmt::format("STARTTLS {}\r\n", C(n)); }},
  };
  spec.own = {{"CAPABILITIES\r\n", Kind::kHello}, {"STARTTLS\r\n", Kind::kStarttls}};
  spec.reply = NntpReply;
  spec.go_ahead = "382 Continue with TLS negotiation";
  return spec;
}

Spec Ftp() {
  Spec spec;
  spec.dialect = "ftp";
  spec.client = {
      {"hello", Kind::kHello, [](int) { return std::string("FEAT\r\n"); }},
      {"noop", Kind::kHarmless, [](int) { return std::string("NOOP\r\n"); }, true},
      {"quit", Kind::kQuit, [](int) { return std::string("QUIT\r\n"); }},
      {"user", Kind::kStateful, [](int n) { return fmt::format("USER {}\r\n", C(n)); }},
      {"abor", Kind::kStateful, [](int) { return std::string("ABOR\r\n"); }},
      {"opts", Kind::kStateful, [](int n) { return fmt::format("OPTS {}\r\n", C(n)); }},
      {"unknown", Kind::kStateful, [](int n) { return fmt::format("XYZT {}\r\n", C(n)); }},
      {"login", Kind::kLogin, [](int n) { return fmt::format("PASS {}\r\n", C(n)); }, true},
      {"starttls", Kind::kStarttls, [](int) { return std::string("AUTH TLS\r\n"); }, true},
      {"starttls x", Kind::kStarttlsArgument, [](int n) { return fmt::format("AUTH {}\r\n", C(n)); }},
  };
  spec.own = {{"AUTH TLS\r\n", Kind::kStarttls},
              {"PBSZ 0\r\n", Kind::kHarmless, {}, 0, true},
              {"PROT P\r\n", Kind::kHarmless, {}, 0, true}};
  spec.reply = FtpReply;
  spec.go_ahead = "234 Ready for TLS";
  return spec;
}

Spec Irc() {
  Spec spec;
  spec.dialect = "irc";
  spec.client = {
      {"hello", Kind::kHello, [](int) { return std::string("CAP LS 302\r\n"); }},
      {"ping", Kind::kHarmless, [](int n) { return fmt::format("PING {}\r\n", C(n)); }, true},
      {"quit", Kind::kQuit, [](int) { return std::string("QUIT\r\n"); }},
      {"req", Kind::kStateful, [](int n) { return fmt::format("CAP REQ :x/{}\r\n", C(n)); }},
      {"pong", Kind::kSilent, [](int n) { return fmt::format("PONG {}\r\n", C(n)); }},
      {"nick", Kind::kLogin, [](int n) { return fmt::format("NICK {}\r\n", C(n)); }, true},
      {"starttls", Kind::kStarttls, [](int) { return std::string("STARTTLS\r\n"); }, true},
      {"starttls x", Kind::kStarttlsArgument, [](int n) { return fmt::format("STARTTLS {}\r\n", C(n)); }},
  };
  spec.own = {{"CAP LS\r\n", Kind::kHello}, {"CAP END\r\n", Kind::kSilent}, {"STARTTLS\r\n", Kind::kStarttls}};
  spec.reply = IrcReply;
  spec.go_ahead = "670 * :STARTTLS successful";
  spec.server_first = false;
  spec.chats = true;
  spec.greeting_again = true;
  spec.greeting_survives_server_tls = false;
  return spec;
}

}  // namespace

std::vector<Spec> LineSpecs() { return {Smtp("smtp", false), Smtp("lmtp", true), Pop3(), Nntp(), Ftp(), Irc()}; }

}  // namespace starlock::test::explore
