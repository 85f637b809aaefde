#include <algorithm>
#include <string>
#include <utility>

#include "driver/dialects.h"
#include "driver/raw.h"

namespace starlock::bench {
namespace {

using std::string_literals::operator""s;

size_t CutLine(std::string_view in) {
  const size_t end = in.find('\n');
  return end == std::string_view::npos ? 0 : end + 1;
}

std::string Verb(std::string_view line, size_t size = 4) {
  std::string verb(line.substr(0, size));
  std::transform(verb.begin(), verb.end(), verb.begin(), [](char c) { return c >= 'a' && c <= 'z' ? c - 32 : c; });
  return verb;
}

class SmtpServer final : public ServerScript {
 public:
  explicit SmtpServer(bool starttls) : ServerScript(starttls) {}
  std::string Greeting() override { return "220 legacy.example.net ESMTP\r\n"; }

  size_t Cut(std::string_view in) override {
    if (!in_data_) return CutLine(in);
    const size_t end = in.find("\r\n.\r\n");
    return end == std::string_view::npos ? 0 : end + 5;
  }

  Answer On(std::string_view unit) override {
    if (in_data_) {
      in_data_ = false;
      return {"250 2.0.0 " + std::to_string(unit.size() - 3) + " bytes\r\n"};
    }
    const std::string verb = Verb(unit);
    if (verb == "EHLO" || verb == "HELO") {
      return {"250-legacy.example.net\r\n250-SIZE 1000000\r\n"s + (offers() ? "250-STARTTLS\r\n" : "") +
              "250 8BITMIME\r\n"};
    }
    if (verb == "QUIT") return {"221 bye\r\n", false, true};
    if (verb == "STAR" && offers()) return {"220 go\r\n", true};
    if (offers()) return {"530 STARTTLS first\r\n"};
    in_data_ = verb == "DATA";
    return {in_data_ ? "354 go on\r\n" : "250 ok\r\n"};
  }

 private:
  bool in_data_ = false;
};

class ImapServer final : public ServerScript {
 public:
  explicit ImapServer(bool starttls) : ServerScript(starttls) {}
  std::string Greeting() override { return "* OK legacy.example.net\r\n"; }
  size_t Cut(std::string_view in) override { return CutLine(in); }

  Answer On(std::string_view unit) override {
    // nginx logs in with literals.
    if (unit.ends_with("}\r\n")) {
      if (tag_.empty()) tag_ = unit.substr(0, unit.find(' '));
      return {"+ go on\r\n"};
    }
    if (!tag_.empty()) return {std::exchange(tag_, "") + " OK welcome\r\n"};
    const std::string tag(unit.substr(0, unit.find(' ')));
    const std::string verb = Verb(unit.substr(std::min(unit.size(), tag.size() + 1)));
    const std::string ok = tag + " OK done\r\n";
    if (verb == "CAPA") {
      const std::string offer = offers() ? " STARTTLS LOGINDISABLED" : "";
      return {"* CAPABILITY IMAP4rev1" + offer + "\r\n" + ok};
    }
    if (verb == "LOGO") return {"* BYE\r\n" + ok, false, true};
    if (verb == "STAR" && offers()) return {ok, true};
    if (offers()) return {tag + " NO STARTTLS first\r\n"};
    if (verb == "SELE") return {"* 1 EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen)\r\n" + ok};
    if (verb == "FETC") return {"* 1 FETCH (BODY[] {2042}\r\n" + Letter() + ")\r\n" + ok};
    return {ok};
  }

 private:
  std::string tag_;
};

class Pop3Server final : public ServerScript {
 public:
  explicit Pop3Server(bool starttls) : ServerScript(starttls) {}
  std::string Greeting() override { return "+OK legacy.example.net\r\n"; }
  size_t Cut(std::string_view in) override { return CutLine(in); }

  Answer On(std::string_view unit) override {
    const std::string verb = Verb(unit);
    if (verb == "CAPA") return {"+OK\r\nUSER\r\n"s + (offers() ? "STLS\r\n" : "") + ".\r\n"};
    if (verb == "QUIT") return {"+OK bye\r\n", false, true};
    if (verb == "STLS" && offers()) return {"+OK go\r\n", true};
    if (offers()) return {"-ERR STLS first\r\n"};
    if (verb == "STAT") return {"+OK 1 2042\r\n"};
    if (verb == "RETR") return {"+OK 2042 octets\r\n" + Letter() + ".\r\n"};
    return {"+OK\r\n"};
  }
};

class LdapServer final : public ServerScript {
 public:
  explicit LdapServer(bool starttls) : ServerScript(starttls) {}

  size_t Cut(std::string_view in) override {
    if (in.size() < 2) return 0;
    const size_t size = 2 + static_cast<uint8_t>(in[1]);  // what clients and proxies send here is short
    return in.size() < size ? 0 : size;
  }

  Answer On(std::string_view unit) override {
    if (unit.size() < 7) return {"", false, true};
    const auto id = static_cast<uint8_t>(unit[4]);
    switch (static_cast<uint8_t>(unit[5])) {
      case 0x77:
        return {LdapResult(id, 0x78), offers()};
      case 0x60:
        return {LdapResult(id, 0x61)};
      case 0x63:
        return {Entry(id) + LdapResult(id, 0x65)};
      default:
        return {"", false, true};
    }
  }

 private:
  static std::string Entry(uint8_t id) {
    const std::string values = Ber(0x31, Ber(0x04, "someone@example.org"));
    const std::string attributes = Ber(0x30, Ber(0x30, Ber(0x04, "mail") + values));
    return LdapMessage(id, 0x64, Ber(0x04, "uid=someone,dc=example") + attributes);
  }
};

class PostgresServer final : public ServerScript {
 public:
  explicit PostgresServer(bool starttls) : ServerScript(starttls) {}

  size_t Cut(std::string_view in) override {
    const size_t head = started_ ? 1 : 0;
    if (in.size() < head + 4) return 0;
    size_t size = 0;
    for (const char c : in.substr(head, 4)) size = size << 8 | static_cast<uint8_t>(c);
    return in.size() < head + size ? 0 : head + size;
  }

  Answer On(std::string_view unit) override {
    static const std::string ready = Postgres("Z", "I");
    if (!started_) {
      if (unit.size() == 8) return {offers() ? "S" : "N", offers()};
      if (offers()) return {Postgres("E", "SFATAL\0C28000\0MTLS first\0\0"s), false, true};
      started_ = true;
      return {Postgres("R", "\0\0\0\0"s) +
              Postgres("S",
                       "server_version\0"
                       "15.0\0"s) +
              Postgres("K", "\0\0\0\1\0\0\0\2"s) + ready};
    }
    if (unit[0] == 'X') return {"", false, true};
    return {Postgres("T", "\0\1answer\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\0"s) +
            Postgres("D",
                     "\0\1\0\0\0\x09"
                     "forty-two"s) +
            Postgres("C", "SELECT 1\0"s) + ready};
  }

 private:
  bool started_ = false;
};

}  // namespace

std::string Ber(uint8_t tag, std::string_view content) {
  std::string text(1, static_cast<char>(tag));
  text += static_cast<char>(content.size());  // below 128 everywhere here
  return text.append(content);
}

std::string LdapMessage(uint8_t id, uint8_t operation, std::string_view content) {
  return Ber(0x30, Ber(0x02, std::string(1, static_cast<char>(id))) + Ber(operation, content));
}

std::string LdapResult(uint8_t id, uint8_t operation) {
  return LdapMessage(id, operation, "\x0a\x01\x00\x04\x00\x04\x00"s);
}

std::string Postgres(std::string_view type, std::string_view content) {
  std::string text(type);
  const size_t size = content.size() + 4;
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(size >> shift);
  return text.append(content);
}

std::unique_ptr<ServerScript> MakeServerScript(std::string_view protocol, bool starttls) {
  if (protocol == "smtp") return std::make_unique<SmtpServer>(starttls);
  if (protocol == "imap") return std::make_unique<ImapServer>(starttls);
  if (protocol == "pop3") return std::make_unique<Pop3Server>(starttls);
  if (protocol == "ldap") return std::make_unique<LdapServer>(starttls);
  if (protocol == "postgres") return std::make_unique<PostgresServer>(starttls);
  return nullptr;
}

}  // namespace starlock::bench
