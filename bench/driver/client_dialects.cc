#include <string>

#include "driver/dialects.h"
#include "driver/raw.h"

namespace starlock::bench {
namespace {

using std::string_literals::operator""s;

Step Upgrade(std::string say, Until until, std::string expect, uint8_t operation = 0) {
  return {std::move(say), until, std::move(expect), true, operation};
}

std::vector<Step> Smtp(bool starttls) {
  std::vector<Step> steps = {{"", Until::kReply, "220"}, {"EHLO client.example.org\r\n", Until::kReply, "250"}};
  if (starttls) {
    steps.push_back(Upgrade("STARTTLS\r\n", Until::kReply, "220"));
    steps.push_back({"EHLO client.example.org\r\n", Until::kReply, "250"});
  }
  steps.push_back({"MAIL FROM:<a@example.org>\r\n", Until::kReply, "250"});
  steps.push_back({"RCPT TO:<b@example.net>\r\n", Until::kReply, "250"});
  steps.push_back({"DATA\r\n", Until::kReply, "354"});
  steps.push_back({Letter() + ".\r\n", Until::kReply, "250 2.0.0 2042 bytes"});
  steps.push_back({"QUIT\r\n", Until::kReply, "221"});
  steps.push_back({"", Until::kEnd, ""});
  return steps;
}

std::vector<Step> Imap(bool starttls) {
  std::vector<Step> steps = {{"", Until::kLine, "* OK"}, {"a1 CAPABILITY\r\n", Until::kTagged, "IMAP4"}};
  if (starttls) steps.push_back(Upgrade("a2 STARTTLS\r\n", Until::kTagged, "a2 OK"));
  steps.push_back({"a3 LOGIN user secret\r\n", Until::kTagged, "a3 OK"});
  steps.push_back({"a4 SELECT INBOX\r\n", Until::kTagged, "1 EXISTS"});
  steps.push_back({"a5 FETCH 1 BODY[]\r\n", Until::kTagged, Letter()});
  steps.push_back({"a6 LOGOUT\r\n", Until::kTagged, "a6 OK"});
  steps.push_back({"", Until::kEnd, ""});
  return steps;
}

std::vector<Step> Pop3(bool starttls) {
  std::vector<Step> steps = {{"", Until::kLine, "+OK"}};
  if (starttls) steps.push_back(Upgrade("STLS\r\n", Until::kLine, "+OK"));
  steps.push_back({"USER user\r\n", Until::kLine, "+OK"});
  steps.push_back({"PASS secret\r\n", Until::kLine, "+OK"});
  steps.push_back({"STAT\r\n", Until::kLine, "+OK 1 2042"});
  steps.push_back({"RETR 1\r\n", Until::kDot, "+OK 2042 octets\r\n" + Letter()});
  steps.push_back({"QUIT\r\n", Until::kLine, "+OK"});
  steps.push_back({"", Until::kEnd, ""});
  return steps;
}

std::vector<Step> Ldap(bool starttls) {
  std::vector<Step> steps;
  if (starttls) {
    const std::string call = LdapMessage(1, 0x77, Ber(0x80, "1.3.6.1.4.1.1466.20037"));
    steps.push_back(Upgrade(call, Until::kBer, "\x0a\x01\x00"s, 0x78));
  }
  const std::string bind = Ber(0x02, "\x03") + Ber(0x04, "cn=admin") + Ber(0x80, "secret");
  steps.push_back({LdapMessage(2, 0x60, bind), Until::kBer, "\x0a\x01\x00"s, false, 0x61});
  const std::string search = Ber(0x04, "dc=example") + Ber(0x0a, "\x02"s) + Ber(0x0a, "\x00"s) + Ber(0x02, "\x00"s) +
                             Ber(0x02, "\x00"s) + Ber(0x01, "\x00"s) + Ber(0x87, "objectClass") + Ber(0x30, "");
  steps.push_back({LdapMessage(3, 0x63, search), Until::kBer, "uid=someone", false, 0x65});
  steps.push_back({LdapMessage(4, 0x42, ""), Until::kEnd, ""});
  return steps;
}

std::vector<Step> PostgreSql(bool starttls) {
  std::vector<Step> steps;
  if (starttls) steps.push_back(Upgrade("\x00\x00\x00\x08\x04\xd2\x16\x2f"s, Until::kBytes, "S"));
  const std::string parameters = "\x00\x03\x00\x00user\0someone\0database\0bench\0\0"s;
  steps.push_back({Postgres("", parameters), Until::kReady, "R"});
  steps.push_back({Postgres("Q", "SELECT answer FROM questions\0"s), Until::kReady, "forty-two"});
  steps.push_back({Postgres("X", ""), Until::kEnd, ""});
  return steps;
}

std::vector<Step> Raw() {
  const std::string payload(112, 'p');
  return {{raw::Request{'P', false, 0, payload.size()}.Encode() + payload, Until::kBytes, payload}};
}

/// Where the last whole line of `in` begins; npos: `in` does not end in a whole line.
size_t LastLine(std::string_view in) {
  if (!in.ends_with("\r\n")) return std::string_view::npos;
  const size_t before = in.substr(0, in.size() - 2).rfind('\n');
  return before == std::string_view::npos ? 0 : before + 1;
}

bool HasBer(std::string_view in, uint8_t operation) {
  while (in.size() >= 2) {
    // Our servers' messages are short, or have a length of two bytes; proxies' are short.
    const auto first = static_cast<uint8_t>(in[1]);
    size_t head = 2;
    size_t size = first;
    if (first == 0x82) {
      if (in.size() < 4) return false;
      size = static_cast<size_t>(static_cast<uint8_t>(in[2])) << 8 | static_cast<uint8_t>(in[3]);
      head = 4;
    }
    if (in.size() < head + size || size < 4) return false;
    if (static_cast<uint8_t>(in[head + 3]) == operation) return true;
    in.remove_prefix(head + size);
  }
  return false;
}

}  // namespace

const std::string& Letter() {
  static const std::string letter = [] {
    std::string text = "Subject: bench\r\nFrom: a@example.org\r\nTo: b@example.net\r\n\r\n";
    while (text.size() + 23 <= 2040) text += "One line of a letter.\r\n";
    return text + std::string(2040 - text.size(), 'x') + "\r\n";
  }();
  return letter;
}

std::vector<Step> ClientScript(std::string_view protocol, bool starttls) {
  if (protocol == "smtp") return Smtp(starttls);
  if (protocol == "imap") return Imap(starttls);
  if (protocol == "pop3") return Pop3(starttls);
  if (protocol == "ldap") return Ldap(starttls);
  if (protocol == "postgres") return PostgreSql(starttls);
  return protocol == "raw" ? Raw() : std::vector<Step>{};
}

bool Whole(const Step& step, std::string_view in, bool& good) {
  good = in.find(step.expect) != std::string_view::npos;
  switch (step.until) {
    case Until::kLine:
      good = in.starts_with(step.expect);
      return LastLine(in) == 0;
    case Until::kReply: {
      const size_t last = LastLine(in);
      good = in.starts_with(step.expect);
      return last != std::string_view::npos && in.size() > last + 3 && in[last + 3] != '-';
    }
    case Until::kTagged: {
      const size_t last = LastLine(in);
      return last != std::string_view::npos && in.substr(last).starts_with(step.say.substr(0, 3));
    }
    case Until::kDot:
      good = in.starts_with(step.expect);
      return in.ends_with("\r\n.\r\n");
    case Until::kBer:
      return HasBer(in, step.operation);
    case Until::kReady:
      return in.size() >= 6 && in.substr(in.size() - 6).starts_with("Z\x00\x00\x00\x05"s);
    case Until::kBytes:
      good = in == step.expect;
      return in.size() >= step.expect.size();
    case Until::kEnd:
      good = in.empty();
      return false;
  }
  return false;
}

}  // namespace starlock::bench
