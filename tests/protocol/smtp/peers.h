#pragma once

#include <string>
#include <string_view>

namespace starlock::test {

/// A small SMTP and LMTP server that knows no TLS of its own: what it says is a function of what it was sent, however
/// that was cut.
class FakeServer {
 public:
  /// `starttls`: it offers STARTTLS, and answers it with 220 and nothing else until TlsUp.
  explicit FakeServer(bool starttls) : starttls_(starttls) {}

  static std::string Greeting() { return "220-fake.example.net\r\n220 ready\r\n"; }

  /// Its answers to the lines that are whole by now.
  std::string Take(std::string_view bytes);
  void TlsUp();

  /// Every line that it was sent, in order.
  const std::string& heard() const { return heard_; }
  int messages() const { return messages_; }

 private:
  enum class State { kCommand, kSasl, kData, kHandshake };

  std::string OnLine(std::string_view line);
  std::string OnCommand(const std::string& verb, std::string_view line);

  bool starttls_;
  State state_ = State::kCommand;
  bool in_mail_ = false;
  int challenges_ = 0;
  std::string partial_;
  std::string heard_;
  int messages_ = 0;
};

/// Takes replies off a stream: true while `stream` holds a whole one, which is then in `reply`.
bool TakeReply(std::string& stream, std::string& reply);

}  // namespace starlock::test
