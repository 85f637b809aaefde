// The protocols whose units are packets.

#include <fmt/format.h>

#include "protocol/ldap/ber.h"
#include "protocol/ldap/words.h"
#include "protocol/postgres/words.h"
#include "spec.h"

namespace starlock::test::explore {
namespace {

using namespace std::string_literals;  // NOLINT(google-build-using-namespace)

std::string S(int n) { return Token('s', n); }
std::string C(int n) { return Token('c', n); }

// ---- LDAP

namespace ber = protocol::ldap::ber;

int Id(int n) { return 2 + n; }
std::string Message(int id, uint8_t op, std::string_view body) {
  return ber::Encode(0x30, ber::EncodeInteger(2, id) + ber::Encode(op, body));
}
std::string Result(int id, uint8_t op, int code, std::string_view text) {
  return Message(id, op, ber::EncodeInteger(10, code) + ber::Encode(4, "") + ber::Encode(4, text));
}
std::string Search(int id, std::string_view base, std::string_view attribute) {
  return Message(id, 0x63,
                 ber::Encode(4, base) + ber::EncodeInteger(10, 0) + ber::EncodeInteger(10, 0) +
                     ber::EncodeInteger(2, 0) + ber::EncodeInteger(2, 0) + ber::Encode(1, "\0"s) +
                     ber::Encode(0x87, "objectClass") + ber::Encode(0x30, ber::Encode(4, attribute)));
}
std::string Entry(int id, bool offers, int n) {
  const std::string oid = ber::Encode(4, offers ? "1.3.6.1.4.1.1466.20037" : "1.3.6.1.1.8");
  const std::string vendor = ber::Encode(0x30, ber::Encode(4, "vendorName") + ber::Encode(0x31, ber::Encode(4, S(n))));
  const std::string extensions = ber::Encode(0x30, ber::Encode(4, "supportedExtension") + ber::Encode(0x31, oid));
  return Message(id, 0x64, ber::Encode(4, "") + ber::Encode(0x30, vendor + extensions));
}

uint8_t AnswerTo(Kind kind) {
  if (kind == Kind::kHello || kind == Kind::kStateful) return 0x65;
  return kind == Kind::kLogin ? 0x61 : 0x78;
}

std::string LdapReply(Reply reply, const Question& q, int n) {
  const bool asked = q.kind != Kind::kNone;
  const int id = q.own ? q.id : Id(q.id);
  switch (reply) {
    case Reply::kOk:
    case Reply::kOffer: {
      const bool offer = reply == Reply::kOffer;
      if (!asked || (offer && q.kind != Kind::kHello)) return "";
      return (q.kind == Kind::kHello ? Entry(id, offer, n) : "") + Result(id, AnswerTo(q.kind), 0, S(n));
    }
    case Reply::kNo:
      return asked ? Result(id, AnswerTo(q.kind), 2, S(n)) : "";
    case Reply::kStray:
      return Result(125, 0x65, 0, S(n));
    case Reply::kBye:
      return Result(0, 0x78, 52, S(n));
    case Reply::kBad:
      return S(n);
    case Reply::kGreeting:
    case Reply::kNoService:
    case Reply::kMore:
    case Reply::kNotice:
    case Reply::kPreauth:
      return "";
  }
  return {};
}

Spec Ldap() {
  Spec spec;
  spec.dialect = "ldap";
  spec.client = {
      {"root dse", Kind::kHello, [](int n) { return Search(Id(n), "", "supportedExtension"); }, true},
      {"search", Kind::kStateful, [](int n) { return Search(Id(n), fmt::format("cn={}", C(n)), "cn"); }},
      {"login", Kind::kLogin,
       [](int n) {
         return Message(Id(n), 0x60, ber::EncodeInteger(2, 3) + ber::Encode(4, C(n)) + ber::Encode(0x80, "pw"));
       },
       true},
      {"quit", Kind::kQuit, [](int n) { return Message(Id(n), 0x42, ""); }},
      {"starttls", Kind::kStarttls, [](int n) { return protocol::ldap::StartTlsCall(Id(n)); }, true},
      {"starttls x", Kind::kStarttlsArgument,
       [](int n) {
         return Message(Id(n), 0x77, ber::Encode(0x80, "1.3.6.1.4.1.1466.20037") + ber::Encode(0x81, C(n)));
       }},
      {"not ldap", Kind::kStateful, [](int n) { return C(n); }},
  };
  spec.own = {{protocol::ldap::StartTlsCall(1), Kind::kStarttls, {}, 1}};
  spec.reply = LdapReply;
  spec.go_ahead = "\x78\x07\x0a\x01\x00\x04\x00\x04\x00"s.size() == 9
                      ? std::string_view("\x78\x07\x0a\x01\x00\x04\x00\x04\x00", 9)
                      : "";
  spec.server_first = false;
  spec.tagged = true;
  return spec;
}

// ---- PostgreSQL

std::string PostgresReply(Reply reply, const Question& q, int n) {
  const bool tls = q.kind == Kind::kStarttls;
  switch (reply) {
    case Reply::kOk:
      if (tls) return "S";
      return q.kind == Kind::kLogin ? "R\0\0\0\x08\0\0\0\0"s : "";
    case Reply::kNo:
      if (tls) return "N";
      return q.kind == Kind::kLogin ? protocol::postgres::FatalError("28000", S(n)) : "";
    case Reply::kBye:
      return protocol::postgres::FatalError("57P01", S(n));
    case Reply::kBad:
      return S(n);
    case Reply::kGreeting:
    case Reply::kNoService:
    case Reply::kOffer:
    case Reply::kMore:
    case Reply::kStray:
    case Reply::kNotice:
    case Reply::kPreauth:
      return "";
  }
  return {};
}

Spec Postgres() {
  Spec spec;
  spec.dialect = "postgres";
  spec.client = {
      {"starttls", Kind::kStarttls, [](int) { return std::string(protocol::postgres::kSslRequest); }, true},
      {"gss", Kind::kSilent, [](int) { return "\0\0\0\x08\x04\xd2\x16\x30"s; }, true},
      {"login", Kind::kLogin, [](int n) { return "\0\0\0\x14\0\x03\0\0user\0"s + C(n) + "\0\0"s; }, true},
      {"garbage", Kind::kStateful, [](int n) { return C(n) + C(n); }},
  };
  spec.own = {{std::string(protocol::postgres::kSslRequest), Kind::kStarttls}};
  spec.reply = PostgresReply;
  spec.server_first = false;
  spec.has_filter = false;
  return spec;
}

// ---- MySQL

void Append(std::string& to, uint32_t number, int size) {
  for (int i = 0; i < size; ++i) to += static_cast<char>(number >> (8 * i));
}
std::string Packet(int id, std::string_view payload) {
  std::string packet;
  Append(packet, static_cast<uint32_t>(payload.size()), 3);
  packet += static_cast<char>(id);
  return packet.append(payload);
}

constexpr uint32_t kUsual = 0x00088201U | 0x2000U;
constexpr uint32_t kSsl = 0x0800U;

std::string Head(uint32_t capabilities) {
  std::string head;
  Append(head, capabilities, 4);
  Append(head, 0x01000000U, 4);
  return head + '\x21' + std::string(23, '\0');
}
std::string Response(int id, bool ssl, int n) {
  return Packet(id, Head(kUsual | (ssl ? kSsl : 0)) + C(n) + "\0\x05proofmysql_native_password\0"s);
}
std::string Greeting(bool ssl, int n) {
  const uint32_t capabilities = kUsual | (ssl ? kSsl : 0);
  std::string payload = "\x0a" + S(n) + '\0';
  Append(payload, 42, 4);
  payload += "saltsalt\0"s;
  Append(payload, capabilities & 0xffffU, 2);
  payload += '\x2d';
  Append(payload, 2, 2);
  Append(payload, capabilities >> 16U, 2);
  payload += '\x15';
  payload += std::string(10, '\0');
  return Packet(0, payload + "moresaltmore\0mysql_native_password\0"s);
}

std::string MysqlReply(Reply reply, const Question& q, int n) {
  const bool login = q.kind == Kind::kLogin;
  switch (reply) {
    case Reply::kGreeting:
      return Greeting(true, n);
    case Reply::kNoService:  // serves, but does not offer TLS
      return Greeting(false, n);
    case Reply::kOk:
      return login ? Packet(2, "\0\0\0\x02\0\0\0"s) : "";
    case Reply::kNo:
      return login ? Packet(2, "\xff\x15\x04#28000" + S(n)) : "";
    case Reply::kStray:
    case Reply::kBye:
      return Packet(1, (reply == Reply::kBye ? "\xff\x15\x04#28000" : "\x01") + S(n));
    case Reply::kBad:
    case Reply::kOffer:
    case Reply::kMore:
    case Reply::kNotice:
    case Reply::kPreauth:
      return "";
  }
  return {};
}

Spec Mysql() {
  Spec spec;
  spec.dialect = "mysql";
  spec.client = {
      {"starttls", Kind::kStarttls, [](int) { return Packet(1, Head(kUsual | kSsl)); }, true},
      {"login", Kind::kLogin, [](int n) { return Response(1, false, n); }, true},
      {"login inside", Kind::kLogin, [](int n) { return Response(2, true, n); }},
      {"garbage", Kind::kStateful, [](int n) { return Packet(7, C(n)); }},
  };
  spec.reply = MysqlReply;
  spec.edits = true;
  spec.has_filter = false;
  return spec;
}

}  // namespace

std::vector<Spec> BinarySpecs() { return {Ldap(), Postgres(), Mysql()}; }

}  // namespace starlock::test::explore
