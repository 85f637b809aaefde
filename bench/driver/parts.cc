#include "driver/parts.h"

#include "driver/raw.h"

namespace starlock::bench {
namespace {

constexpr size_t kMailSize = 2042;

std::string MakeMail() {
  constexpr std::string_view kLine = "One line of a letter.\r\n";
  std::string mail = "Subject: bench\r\nFrom: a@example.org\r\nTo: b@example.net\r\n\r\n";
  while (mail.size() + kLine.size() <= kMailSize - 2) mail += kLine;
  return mail.append(kMailSize - 2 - mail.size(), 'x') + "\r\n";
}

/// One small exchange with a raw backend.
class RawClient final : public demo::Part {
 public:
  std::string Begin() override { return raw::Request{'P', false, 0, kSize}.Encode() + std::string(kSize, 'p'); }

  protocol::Frame Cut(std::string_view in) override {
    return in.size() < kSize ? protocol::Frame::Partial() : protocol::Frame::Whole(in.size());
  }

  Result<demo::Turn> OnUnit(std::string_view unit) override {
    const bool good = unit.size() == kSize && unit.find_first_not_of('p') == std::string_view::npos;
    if (!good) return Error{ErrorCode::kInvalid, "wrong bytes came back"};
    return demo::Turn{"", demo::Turn::Next::kEnd};
  }

 private:
  static constexpr size_t kSize = 112;
};

}  // namespace

std::unique_ptr<demo::Part> MakeServerPart(std::string_view protocol, const demo::PartSettings& settings) {
  if (protocol == "postgres") return MakePostgresServer(settings);
  const demo::PartProtocol* known = demo::FindPartProtocol(protocol);
  return known != nullptr ? known->make_server(settings) : nullptr;
}

std::unique_ptr<demo::Part> MakeClientPart(std::string_view protocol, const demo::PartSettings& settings) {
  if (protocol == "raw") return std::make_unique<RawClient>();
  if (protocol == "postgres") return MakePostgresClient(settings);
  const demo::PartProtocol* known = demo::FindPartProtocol(protocol);
  return known != nullptr ? known->make_client(settings) : nullptr;
}

const std::string& MessageOf(std::string_view protocol) {
  static const std::string mail = MakeMail();
  static const std::string value = "someone@example.org";
  return protocol == "ldap" || protocol == "postgres" ? value : mail;
}

bool ClientReceives(std::string_view protocol) { return protocol != "raw" && protocol != "smtp" && protocol != "lmtp"; }

}  // namespace starlock::bench
