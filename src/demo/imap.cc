#include <fmt/core.h>

#include <utility>

#include "demo/scripted_client.h"
#include "demo/server_part.h"
#include "protocol/text/lines.h"
#include "protocol/text/literals.h"

// IMAP (RFC 9051).
namespace starlock::demo {
namespace {

using protocol::EqualsNoCase;
using protocol::Frame;

class Client final : public ScriptedClient {
 public:
  explicit Client(const PartSettings& settings) : settings_(settings) {
    Add({"* OK ", {"a1 CAPABILITY\r\n"}});
    if (settings.tls) {
      Add({"a1 OK ", {"a2 STARTTLS\r\n"}});
      Add({"a2 OK ", {"", Turn::Next::kUpgrade}});
    } else {
      Add({"a1 OK ", {kLogin}});
    }
    Add({"a3 OK ", {"a4 SELECT INBOX\r\n"}});
    Add({"a4 OK ", {"a5 FETCH 1 BODY[]\r\n"}});
    Add({"a5 OK ", {"a6 LOGOUT\r\n"}});
    Add({"a6 OK ", {"", Turn::Next::kAwaitEnd}});
  }

  Frame Cut(std::string_view in) override {
    protocol::Scan scan;
    return protocol::CutWithLiterals(in, scan);
  }

  Result<Turn> OnUnit(std::string_view response) override {
    const bool untagged = done() > 0 && response.starts_with("* ");
    if (!untagged) return ScriptedClient::OnUnit(response);
    const size_t begin = response.find('\n') + 1;
    const std::string_view line = response.substr(0, begin);
    const auto literal = protocol::LiteralAtEnd(line);
    if (literal && line.find(" FETCH ") != std::string_view::npos) {
      settings_.on_message(response.substr(begin, literal->size));
    }
    return Turn{};
  }

  std::string OnTlsUp() override { return kLogin; }

 private:
  static constexpr const char* kLogin = "a3 LOGIN ada lovelace\r\n";

  const PartSettings& settings_;
};

class Server final : public ServerPart {
 public:
  explicit Server(const PartSettings& settings) : ServerPart(settings) {}

  std::string Begin() override { return fmt::format("* OK {} ready\r\n", settings().name); }
  Frame Cut(std::string_view in) override { return protocol::CutLine(in); }

  Result<Turn> OnUnit(std::string_view line) override {
    std::string_view rest = protocol::Content(line);
    // The login with literals that nginx's mail proxy sends: its name and password are lines of their own.
    if (protocol::LiteralAtEnd(line)) {
      if (login_tag_.empty()) login_tag_ = protocol::TakeWord(rest);
      return Turn{"+ Go ahead\r\n"};
    }
    if (!login_tag_.empty()) return Turn{fmt::format("{} OK Logged in\r\n", std::exchange(login_tag_, {}))};
    const std::string_view tag = protocol::TakeWord(rest);
    return OnCommand(tag, protocol::TakeWord(rest));
  }

 private:
  Turn OnCommand(std::string_view tag, std::string_view verb) const {
    if (EqualsNoCase(verb, "CAPABILITY")) {
      return {
          fmt::format("* CAPABILITY IMAP4rev1{}\r\n{} OK Done\r\n", lacks_tls() ? " STARTTLS LOGINDISABLED" : "", tag)};
    }
    if (EqualsNoCase(verb, "STARTTLS") && lacks_tls()) {
      return {fmt::format("{} OK Begin TLS\r\n", tag), Turn::Next::kUpgrade};
    }
    if (EqualsNoCase(verb, "LOGOUT")) return {fmt::format("* BYE\r\n{} OK Goodbye\r\n", tag), Turn::Next::kEnd};
    if (lacks_tls()) return {fmt::format("{} NO [PRIVACYREQUIRED] Use STARTTLS first\r\n", tag)};
    if (EqualsNoCase(verb, "LOGIN")) return {fmt::format("{} OK Logged in\r\n", tag)};
    if (EqualsNoCase(verb, "SELECT")) {
      return {fmt::format("* 1 EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen)\r\n{} OK Done\r\n", tag)};
    }
    if (EqualsNoCase(verb, "FETCH")) {
      const std::string& message = settings().message;
      return {fmt::format("* 1 FETCH (BODY[] {{{}}}\r\n{})\r\n{} OK Done\r\n", message.size(), message, tag)};
    }
    return {fmt::format("{} BAD Command not implemented\r\n", tag)};
  }

  std::string login_tag_;  ///< of a LOGIN whose literals are still coming
};

}  // namespace

std::unique_ptr<Part> MakeImapServer(const PartSettings& settings) { return std::make_unique<Server>(settings); }
std::unique_ptr<Part> MakeImapClient(const PartSettings& settings) { return std::make_unique<Client>(settings); }

}  // namespace starlock::demo
