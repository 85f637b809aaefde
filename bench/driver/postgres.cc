#include <cstdint>
#include <string>

#include "driver/parts.h"

// PostgreSQL's protocol 3.0: a session with one query, whose answer is one row with the message as its only column. The
// demonstration has none of it.
namespace starlock::bench {
namespace {

using demo::Part;
using demo::PartSettings;
using demo::Turn;
using protocol::Frame;
using std::string_literals::operator""s;
using std::string_view_literals::operator""sv;

constexpr std::string_view kSslRequest = "\x00\x00\x00\x08\x04\xd2\x16\x2f"sv;

std::string BigEndian(size_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift);
  return bytes;
}

size_t ReadBigEndian(std::string_view bytes) {
  size_t number = 0;
  for (const char c : bytes) number = number << 8 | static_cast<uint8_t>(c);
  return number;
}

// A message: its type (none for the first one), its length, its content.
std::string Message(std::string_view type, std::string_view content) {
  return std::string(type).append(BigEndian(content.size() + 4)).append(content);
}

// `typed`: a byte with the message's type comes before the length.
Frame CutMessage(std::string_view in, bool typed) {
  const size_t head = typed ? 1 : 0;
  if (in.size() < head + 4) return Frame::Partial();
  const size_t size = head + ReadBigEndian(in.substr(head, 4));
  if (size < head + 4) return Frame::Bad("a length that is too small");
  return in.size() < size ? Frame::Partial() : Frame::Whole(size);
}

class Client final : public Part {
 public:
  explicit Client(const PartSettings& settings) : settings_(settings), lacks_tls_(settings.tls) {}

  std::string Begin() override { return lacks_tls_ ? std::string(kSslRequest) : OnTlsUp(); }

  Frame Cut(std::string_view in) override {
    if (!lacks_tls_) return CutMessage(in, true);
    return in.empty() ? Frame::Partial() : Frame::Whole(1);  // the answer to SSLRequest
  }

  std::string OnTlsUp() override {
    lacks_tls_ = false;
    return Message("", "\x00\x03\x00\x00user\0someone\0database\0bench\0\0"sv);
  }

  Result<Turn> OnUnit(std::string_view unit) override {
    if (lacks_tls_) return unit == "S" ? Result(Turn{"", Turn::Next::kUpgrade}) : Refused("SSLRequest");
    switch (unit[0]) {
      case 'E':
        return Refused("a message");
      case 'D':
        settings_.on_message(unit.substr(std::min(unit.size(), kRowHead)));
        return Turn{};
      case 'Z':  // ReadyForQuery: after the start, and after the query
        if (queried_) return Turn{Message("X", ""), Turn::Next::kEnd};
        queried_ = true;
        return Turn{Message("Q", "SELECT answer FROM questions\0"sv)};
      default:
        return Turn{};
    }
  }

 private:
  // DataRow: type, length, number of columns, length of the first one.
  static constexpr size_t kRowHead = 1 + 4 + 2 + 4;

  static Result<Turn> Refused(const char* what) { return Error{ErrorCode::kInvalid, "the server refused "s + what}; }

  const PartSettings& settings_;
  bool lacks_tls_;
  bool queried_ = false;
};

class Server final : public Part {
 public:
  explicit Server(const PartSettings& settings) : settings_(settings), lacks_tls_(settings.tls) {}

  Frame Cut(std::string_view in) override { return CutMessage(in, started_); }

  std::string OnTlsUp() override {
    lacks_tls_ = false;
    return {};
  }

  Result<Turn> OnUnit(std::string_view unit) override {
    if (!started_) return Start(unit);
    if (unit[0] == 'X') return Turn{"", Turn::Next::kEnd};
    const std::string& value = settings_.message;
    return Turn{Message("T", "\0\1answer\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\0"sv) +
                Message("D", "\0\1"s + BigEndian(value.size()) + value) + Message("C", "SELECT 1\0"sv) + kReady};
  }

 private:
  Turn Start(std::string_view unit) {
    if (unit == kSslRequest) return lacks_tls_ ? Turn{"S", Turn::Next::kUpgrade} : Turn{"N"};
    if (lacks_tls_) return {Message("E", "SFATAL\0C28000\0MTLS required\0\0"sv), Turn::Next::kEnd};
    started_ = true;
    return {Message("R", "\0\0\0\0"sv) +
            Message("S",
                    "server_version\0"
                    "15.0\0"sv) +
            Message("K", "\0\0\0\1\0\0\0\2"sv) + kReady};
  }

  inline static const std::string kReady = Message("Z", "I");

  const PartSettings& settings_;
  bool lacks_tls_;
  bool started_ = false;
};

}  // namespace

std::unique_ptr<Part> MakePostgresServer(const PartSettings& settings) { return std::make_unique<Server>(settings); }
std::unique_ptr<Part> MakePostgresClient(const PartSettings& settings) { return std::make_unique<Client>(settings); }

}  // namespace starlock::bench
