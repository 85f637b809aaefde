#include "protocol/postgres/probe.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/postgres/words.h"

namespace starlock::protocol::postgres {
namespace {

constexpr char kPacket[] =
    "\x00\x00\x00\x35\x00\x03\x00\x00"
    "user\0starlock-probe\0database\0starlock-probe\0";
constexpr std::string_view kStartup(kPacket, sizeof(kPacket));  // the terminating NUL ends the list
static_assert(kStartup.size() == 0x35);

// Takes a string and its NUL from `text`.
std::string_view TakeString(std::string_view& text) {
  const size_t end = std::min(text.find('\0'), text.size());
  const std::string_view string = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return string;
}

// The methods in the body of an AuthenticationRequest: for SASL its mechanisms, otherwise a name for its kind.
Findings::Capabilities MethodsIn(std::string_view body) {
  if (body.size() < 4) return {};
  const auto kind = static_cast<unsigned char>(body[3]);
  body.remove_prefix(4);
  switch (kind) {
    case 0:
      return {"trust"};
    case 3:
      return {"password"};
    case 5:
      return {"md5"};
    case 7:
      return {"gss"};
    case 9:
      return {"sspi"};
    case 10:
      break;
    default:
      return {fmt::format("method {}", kind)};
  }
  Findings::Capabilities mechanisms;
  while (!body.empty() && body[0] != '\0') mechanisms.emplace_back(TakeString(body));
  return mechanisms;
}

// The body of an ErrorResponse as one line: severity, SQLSTATE, message.
std::string ErrorIn(std::string_view body) {
  std::string severity;
  std::string code;
  std::string message;
  while (!body.empty() && body[0] != '\0') {
    const std::string_view field = TakeString(body);
    std::string* const found = field[0] == 'S' ? &severity : field[0] == 'C' ? &code : &message;
    if (found != &message || field[0] == 'M') *found = field.substr(1);
  }
  return fmt::format("{} {}: {}", severity, code, message);
}

class PostgresProber final : public Negotiator {
 public:
  explicit PostgresProber(Findings& findings) : findings_(findings) {}

  LegAct Begin(Out& out) override {
    out.server() += kSslRequest;
    return Read{};
  }

  Frame Cut(std::string_view in, Scan& /*scan*/) override { return inside_ ? CutMessage(in) : Frame::Whole(1); }

  LegAct On(std::string_view unit, Out&) override {
    const char type = unit.front();
    if (!inside_) {
      findings_.offers_upgrade = type == 'S';
      if (type == 'S') return StartTls{};
      if (type == 'N') return NoTls{End::kStarttlsNotOffered, false};
      return NoTls{End::kStarttlsRefused, false};
    }
    const std::string_view body = unit.substr(5);
    if (type == 'R') findings_.inside = MethodsIn(body);
    if (type == 'E') findings_.greeting = ErrorIn(body);
    return Settled{};
  }

  LegAct OnTlsUp(Out& out) override {
    inside_ = true;
    out.server() += kStartup;
    return Read{};
  }

 private:
  Findings& findings_;
  bool inside_ = false;
};

}  // namespace

std::unique_ptr<Negotiator> MakePostgresProber(const std::string& /*host*/, Findings& findings) {
  return std::make_unique<PostgresProber>(findings);
}

}  // namespace starlock::protocol::postgres
