#include <utility>

#include "cli/demo_dots.h"
#include "cli/demo_script.h"
#include "protocol/text/lines.h"

// SMTP and LMTP (RFC 5321, 2033, 3207), as much as one message takes.
namespace starlock::cli {
namespace {

using protocol::EqualsNoCase;
using protocol::Frame;

constexpr std::string_view kEndOfMessage = "\r\n.\r\n";

class Client final : public ScriptedClient {
 public:
  Client(std::string_view hello, const PartSettings& settings)
      : hello_(std::string(hello) + " " + settings.name + "\r\n") {
    Then({"220", {hello_}});
    if (settings.tls) {
      Then({"250", {"STARTTLS\r\n"}, "STARTTLS"});
      Then({"220", {"", Turn::Next::kUpgrade}});
    }
    Then({"250", {"MAIL FROM:<ada@example.org>\r\n"}});
    Then({"250", {"RCPT TO:<bob@example.org>\r\n"}});
    Then({"250", {"DATA\r\n"}});
    Then({"354", {WithDots(settings.message) + ".\r\n"}});
    Then({"250", {"QUIT\r\n"}});
    Then({"221", {"", Turn::Next::kEnd}});
  }

  Frame Cut(std::string_view in) override {
    protocol::Scan scan;
    return protocol::CutSmtpReply(in, scan);
  }
  // RFC 3207, 4.2: begin anew.
  std::string TlsUp() override { return hello_; }

 private:
  const std::string hello_;
};

class Server final : public Part {
 public:
  Server(std::string_view hello, PartSettings settings)
      : hello_(hello), settings_(std::move(settings)), lacks_tls_(settings_.tls) {}

  std::string Begin() override { return "220 " + settings_.name + " is at your service\r\n"; }

  Frame Cut(std::string_view in) override {
    if (!in_message_) return protocol::CutLine(in);
    const size_t end = in.find(kEndOfMessage);
    return end == std::string_view::npos ? Frame::Partial() : Frame::Whole(end + kEndOfMessage.size());
  }

  Result<Turn> On(std::string_view unit) override {
    if (std::exchange(in_message_, false)) {
      settings_.copies->push_back(WithoutDots(unit.substr(0, unit.size() - 3)));
      return Turn{"250 taken\r\n"};
    }
    std::string_view rest = protocol::Content(unit);
    return OnCommand(protocol::TakeWord(rest));
  }

  std::string TlsUp() override {
    lacks_tls_ = false;
    return {};
  }

 private:
  Turn OnCommand(std::string_view verb) {
    if (EqualsNoCase(verb, hello_)) {
      return {"250-" + settings_.name + "\r\n" + (lacks_tls_ ? "250-STARTTLS\r\n" : "") + "250 8BITMIME\r\n"};
    }
    if (EqualsNoCase(verb, "STARTTLS") && lacks_tls_) return {"220 go ahead\r\n", Turn::Next::kUpgrade};
    if (EqualsNoCase(verb, "QUIT")) return {"221 goodbye\r\n", Turn::Next::kEnd};
    if (lacks_tls_) return {"530 5.7.0 must issue a STARTTLS command first\r\n"};
    if (EqualsNoCase(verb, "MAIL") || EqualsNoCase(verb, "RCPT")) return {"250 fine\r\n"};
    in_message_ = EqualsNoCase(verb, "DATA");
    return {in_message_ ? "354 go on\r\n" : "502 5.5.1 not here\r\n"};
  }

  const std::string_view hello_;
  const PartSettings settings_;
  bool lacks_tls_;
  bool in_message_ = false;
};

}  // namespace

std::unique_ptr<Part> SmtpDemoServer(const PartSettings& settings) {
  return std::make_unique<Server>("EHLO", settings);
}
std::unique_ptr<Part> SmtpDemoClient(const PartSettings& settings) {
  return std::make_unique<Client>("EHLO", settings);
}
std::unique_ptr<Part> LmtpDemoServer(const PartSettings& settings) {
  return std::make_unique<Server>("LHLO", settings);
}
std::unique_ptr<Part> LmtpDemoClient(const PartSettings& settings) {
  return std::make_unique<Client>("LHLO", settings);
}

}  // namespace starlock::cli
