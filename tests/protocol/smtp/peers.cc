#include "peers.h"

#include <algorithm>
#include <cctype>

namespace starlock::test {

std::string FakeServer::Take(std::string_view bytes) {
  std::string answers;
  partial_ += bytes;
  for (size_t end; (end = partial_.find('\n')) != std::string::npos;) {
    const std::string line = partial_.substr(0, end + 1);
    partial_.erase(0, end + 1);
    heard_ += line;
    answers += OnLine(line);
  }
  return answers;
}

void FakeServer::TlsUp() {
  state_ = State::kCommand;
  starttls_ = false;
}

std::string FakeServer::OnLine(std::string_view line) {
  switch (state_) {
    case State::kHandshake:
      return "";
    case State::kData:
      if (line != ".\r\n") return "";
      state_ = State::kCommand;
      ++messages_;
      return "250 taken\r\n";
    case State::kSasl:
      if (line == "*\r\n") {
        state_ = State::kCommand;
        return "501 cancelled\r\n";
      }
      if (--challenges_ > 0) return "334 bW9yZQ==\r\n";
      state_ = State::kCommand;
      return line.find("good") == std::string_view::npos ? "535 no\r\n" : "235 welcome\r\n";
    case State::kCommand:
      break;
  }
  std::string verb(line.substr(0, line.find_first_of(" \r\n")));
  std::transform(verb.begin(), verb.end(), verb.begin(), [](unsigned char c) { return std::toupper(c); });
  return OnCommand(verb, line);
}

std::string FakeServer::OnCommand(const std::string& verb, std::string_view line) {
  if (verb == "EHLO" || verb == "LHLO") {
    return std::string("250-fake.example.net\r\n") + (starttls_ ? "250-STARTTLS\r\n" : "") +
           "250-AUTH LOGIN PLAIN\r\n250 PIPELINING\r\n";
  }
  if (verb == "STARTTLS") {
    if (!starttls_) return "502 what?\r\n";
    state_ = State::kHandshake;
    return "220 go\r\n";
  }
  if (verb == "AUTH") {
    if (line.find("PLAIN") != std::string_view::npos) {
      return line.find("good") == std::string_view::npos ? "535 no\r\n" : "235 welcome\r\n";
    }
    state_ = State::kSasl;
    challenges_ = 2;
    return "334 bmFtZQ==\r\n";
  }
  if (verb == "MAIL") in_mail_ = true;
  if (verb == "DATA" && !in_mail_) return "503 MAIL first\r\n";
  if (verb == "DATA") {
    state_ = State::kData;
    return "354 go on\r\n";
  }
  if (verb == "HELP") return "214-help\r\n214 yourself\r\n";
  if (verb == "QUIT") return "221 bye\r\n";
  if (verb == "HELO" || verb == "MAIL" || verb == "RCPT" || verb == "RSET" || verb == "NOOP" || verb == "VRFY") {
    return "250 " + verb + "\r\n";
  }
  return "500 what?\r\n";
}

bool TakeReply(std::string& stream, std::string& reply) {
  for (size_t at = 0, end; (end = stream.find("\r\n", at)) != std::string::npos; at = end + 2) {
    if (end >= at + 4 && stream[at + 3] == '-') continue;
    reply = stream.substr(0, end + 2);
    stream.erase(0, end + 2);
    return true;
  }
  return false;
}

}  // namespace starlock::test
