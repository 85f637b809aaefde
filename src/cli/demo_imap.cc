#include <utility>

#include "cli/demo_script.h"
#include "protocol/text/lines.h"

// IMAP (RFC 9051), as much as fetching one message takes.
namespace starlock::cli {
namespace {

using protocol::EqualsNoCase;
using protocol::Frame;

class Client final : public ScriptedClient {
 public:
  explicit Client(PartSettings settings) : settings_(std::move(settings)) {
    if (settings_.tls) {
      Then({"* OK ", {"a1 CAPABILITY\r\n"}});
      Then({"a1 OK ", {"a2 STARTTLS\r\n"}});
      Then({"a2 OK ", {"", Turn::Next::kUpgrade}});
    } else {
      Then({"* OK ", {std::string(kLogin)}});
    }
    Then({"b1 OK ", {"b2 SELECT INBOX\r\n"}});
    Then({"b2 OK ", {"b3 FETCH 1 BODY[]\r\n"}});
    Then({"b3 OK ", {"b4 LOGOUT\r\n"}});
    Then({"b4 OK ", {"", Turn::Next::kEnd}});
  }

  // A line, or what its last bytes announce as a literal, and the line's rest.
  Frame Cut(std::string_view in) override {
    const Frame line = protocol::CutLine(in);
    if (line.kind != Frame::Kind::kWhole || in.substr(0, 2) != "* ") return line;
    const std::string_view text = protocol::Content(in.substr(0, line.size));
    if (text.empty() || text.back() != '}') return line;
    size_t size = 0;
    for (size_t at = text.rfind('{') + 1; at + 1 < text.size(); ++at)
      size = size * 10 + static_cast<size_t>(text[at] - '0');
    const size_t end = line.size + size;
    if (in.size() < end) return Frame::Partial();
    const Frame rest = protocol::CutLine(in.substr(end));
    return rest.kind == Frame::Kind::kWhole ? Frame::Whole(end + rest.size) : rest;
  }

  Result<Turn> On(std::string_view response) override {
    const bool greeting = awaited() != nullptr && awaited()->expect == "* OK ";
    if (greeting || response.substr(0, 2) != "* ") return ScriptedClient::On(response);
    const size_t begin = response.find("}\r\n") + 3;
    if (response.find(" FETCH ") < begin && begin > 3) {
      settings_.copies->emplace_back(response.substr(begin, response.rfind(")\r\n") - begin));
    }
    return Turn{};
  }

  std::string TlsUp() override { return std::string(kLogin); }

 private:
  static constexpr std::string_view kLogin = "b1 LOGIN ada lovelace\r\n";

  const PartSettings settings_;
};

class Server final : public Part {
 public:
  explicit Server(PartSettings settings) : settings_(std::move(settings)), lacks_tls_(settings_.tls) {}

  std::string Begin() override { return "* OK " + settings_.name + " is at your service\r\n"; }
  Frame Cut(std::string_view in) override { return protocol::CutLine(in); }

  Result<Turn> On(std::string_view line) override {
    std::string_view rest = protocol::Content(line);
    const std::string tag(protocol::TakeWord(rest));
    return OnCommand(tag, protocol::TakeWord(rest));
  }

  std::string TlsUp() override {
    lacks_tls_ = false;
    return {};
  }

 private:
  Turn OnCommand(const std::string& tag, std::string_view verb) const {
    const std::string done = tag + " OK done\r\n";
    if (EqualsNoCase(verb, "CAPABILITY")) {
      return {std::string("* CAPABILITY IMAP4rev1") + (lacks_tls_ ? " STARTTLS LOGINDISABLED" : "") + "\r\n" + done};
    }
    if (EqualsNoCase(verb, "STARTTLS") && lacks_tls_) return {tag + " OK go ahead\r\n", Turn::Next::kUpgrade};
    if (EqualsNoCase(verb, "LOGOUT")) return {"* BYE goodbye\r\n" + done, Turn::Next::kEnd};
    if (lacks_tls_) return {tag + " NO [PRIVACYREQUIRED] say STARTTLS first\r\n"};
    if (EqualsNoCase(verb, "LOGIN")) return {done};
    if (EqualsNoCase(verb, "SELECT")) return {"* 1 EXISTS\r\n" + done};
    if (EqualsNoCase(verb, "FETCH")) {
      const std::string size = std::to_string(settings_.message.size());
      return {"* 1 FETCH (BODY[] {" + size + "}\r\n" + settings_.message + ")\r\n" + done};
    }
    return {tag + " BAD not here\r\n"};
  }

  const PartSettings settings_;
  bool lacks_tls_;
};

}  // namespace

std::unique_ptr<Part> ImapDemoServer(const PartSettings& settings) { return std::make_unique<Server>(settings); }
std::unique_ptr<Part> ImapDemoClient(const PartSettings& settings) { return std::make_unique<Client>(settings); }

}  // namespace starlock::cli
