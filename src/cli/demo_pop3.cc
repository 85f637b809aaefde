#include <utility>

#include "cli/demo_dots.h"
#include "cli/demo_script.h"
#include "protocol/text/lines.h"

// POP3 (RFC 1939, 2595), as much as fetching one message takes.
namespace starlock::cli {
namespace {

using protocol::EqualsNoCase;
using protocol::Frame;

constexpr std::string_view kEndOfMessage = "\r\n.\r\n";

class Client final : public ScriptedClient {
 public:
  explicit Client(PartSettings settings) : settings_(std::move(settings)) {
    const Turn login{"USER ada\r\n"};
    if (settings_.tls) {
      Then({"+OK", {"CAPA\r\n"}});
      Then({"+OK", {"STLS\r\n"}, "STLS"});
      Then({"+OK", {"", Turn::Next::kUpgrade}});
    } else {
      Then({"+OK", login});
    }
    Then({"+OK", {"PASS lovelace\r\n"}});
    Then({"+OK", {"RETR 1\r\n"}});
    Then({"+OK", {"QUIT\r\n"}, "Subject:"});
    Then({"+OK", {"", Turn::Next::kEnd}});
  }

  // CAPA and RETR are answered with many lines.
  Frame Cut(std::string_view in) override {
    const Frame line = protocol::CutLine(in);
    const bool many = awaited() != nullptr && !awaited()->must_list.empty() && in.substr(0, 1) == "+";
    if (line.kind != Frame::Kind::kWhole || !many) return line;
    const size_t end = in.find(kEndOfMessage);
    return end == std::string_view::npos ? Frame::Partial() : Frame::Whole(end + kEndOfMessage.size());
  }

  std::string TlsUp() override { return "USER ada\r\n"; }

 private:
  void Look(std::string_view answer) override {
    const size_t begin = answer.find('\n') + 1;
    if (answer.find("Subject:") == std::string_view::npos) return;
    settings_.copies->push_back(WithoutDots(answer.substr(begin, answer.size() - begin - 3)));
  }

  const PartSettings settings_;
};

class Server final : public Part {
 public:
  explicit Server(PartSettings settings) : settings_(std::move(settings)), lacks_tls_(settings_.tls) {}

  std::string Begin() override { return "+OK " + settings_.name + " is at your service\r\n"; }
  Frame Cut(std::string_view in) override { return protocol::CutLine(in); }

  Result<Turn> On(std::string_view line) override {
    std::string_view rest = protocol::Content(line);
    return OnCommand(protocol::TakeWord(rest));
  }

  std::string TlsUp() override {
    lacks_tls_ = false;
    return {};
  }

 private:
  Turn OnCommand(std::string_view verb) const {
    if (EqualsNoCase(verb, "CAPA")) return {std::string("+OK\r\nUSER\r\n") + (lacks_tls_ ? "STLS\r\n" : "") + ".\r\n"};
    if (EqualsNoCase(verb, "STLS") && lacks_tls_) return {"+OK go ahead\r\n", Turn::Next::kUpgrade};
    if (EqualsNoCase(verb, "QUIT")) return {"+OK goodbye\r\n", Turn::Next::kEnd};
    if (lacks_tls_) return {"-ERR say STLS first\r\n"};
    if (EqualsNoCase(verb, "USER") || EqualsNoCase(verb, "PASS")) return {"+OK fine\r\n"};
    if (EqualsNoCase(verb, "RETR")) return {"+OK here it is\r\n" + WithDots(settings_.message) + ".\r\n"};
    return {"-ERR not here\r\n"};
  }

  const PartSettings settings_;
  bool lacks_tls_;
};

}  // namespace

std::unique_ptr<Part> Pop3DemoServer(const PartSettings& settings) { return std::make_unique<Server>(settings); }
std::unique_ptr<Part> Pop3DemoClient(const PartSettings& settings) { return std::make_unique<Client>(settings); }

}  // namespace starlock::cli
