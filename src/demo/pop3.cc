#include <fmt/core.h>

#include "demo/dots.h"
#include "demo/scripted_client.h"
#include "demo/server_part.h"
#include "protocol/text/lines.h"

// POP3 (RFC 1939, 2449, 2595).
namespace starlock::demo {
namespace {

using protocol::EqualsNoCase;
using protocol::Frame;

// In the answer to CAPA, and in the message: what makes the client expect an answer of several lines.
constexpr std::string_view kUpgradeVerb = "STLS";
constexpr std::string_view kMessageField = "Subject:";

class Client final : public ScriptedClient {
 public:
  explicit Client(const PartSettings& settings) : settings_(settings) {
    if (settings.tls) {
      if (settings.asks_capabilities) Add({"+OK", {"CAPA\r\n"}});
      Add({"+OK", {"STLS\r\n"}, settings.asks_capabilities ? kUpgradeVerb : ""});
      Add({"+OK", {"", Turn::Next::kUpgrade}});
    } else {
      Add({"+OK", {kUser}});
    }
    Add({"+OK", {"PASS lovelace\r\n"}});
    Add({"+OK", {"STAT\r\n"}});
    Add({"+OK", {"RETR 1\r\n"}});
    Add({"+OK", {"QUIT\r\n"}, kMessageField});
    Add({"+OK", {"", Turn::Next::kAwaitEnd}});
  }

  Frame Cut(std::string_view in) override {
    const bool several_lines = next() != nullptr && !next()->must_contain.empty() && in.starts_with('+');
    return several_lines ? CutDotStuffed(in) : protocol::CutLine(in);
  }

  std::string OnTlsUp() override { return kUser; }

 private:
  static constexpr const char* kUser = "USER ada\r\n";

  void Inspect(std::string_view answer) override {
    if (next()->must_contain == kMessageField) settings_.on_message(DotUnstuff(answer.substr(answer.find('\n') + 1)));
  }

  const PartSettings& settings_;
};

class Server final : public ServerPart {
 public:
  explicit Server(const PartSettings& settings) : ServerPart(settings) {}

  std::string Begin() override { return fmt::format("+OK {} ready\r\n", settings().name); }
  Frame Cut(std::string_view in) override { return protocol::CutLine(in); }

  Result<Turn> OnUnit(std::string_view line) override {
    std::string_view rest = protocol::Content(line);
    return OnCommand(protocol::TakeWord(rest));
  }

 private:
  Turn OnCommand(std::string_view verb) const {
    const std::string& message = settings().message;
    if (EqualsNoCase(verb, "CAPA")) return {fmt::format("+OK\r\nUSER\r\n{}.\r\n", lacks_tls() ? "STLS\r\n" : "")};
    if (EqualsNoCase(verb, "STLS") && lacks_tls()) return {"+OK Begin TLS\r\n", Turn::Next::kUpgrade};
    if (EqualsNoCase(verb, "QUIT")) return {"+OK Goodbye\r\n", Turn::Next::kEnd};
    if (lacks_tls()) return {"-ERR Use STLS first\r\n"};
    if (EqualsNoCase(verb, "USER") || EqualsNoCase(verb, "PASS")) return {"+OK\r\n"};
    if (EqualsNoCase(verb, "STAT")) return {fmt::format("+OK 1 {}\r\n", message.size())};
    if (EqualsNoCase(verb, "RETR")) return {fmt::format("+OK {} octets\r\n{}", message.size(), DotStuff(message))};
    return {"-ERR Command not implemented\r\n"};
  }
};

}  // namespace

std::unique_ptr<Part> MakePop3Server(const PartSettings& settings) { return std::make_unique<Server>(settings); }
std::unique_ptr<Part> MakePop3Client(const PartSettings& settings) { return std::make_unique<Client>(settings); }

}  // namespace starlock::demo
