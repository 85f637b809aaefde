#include <fmt/core.h>

#include <utility>

#include "demo/dots.h"
#include "demo/scripted_client.h"
#include "demo/server_part.h"
#include "protocol/text/lines.h"

// SMTP and LMTP (RFC 5321, 2033, 3207).
namespace starlock::demo {
namespace {

using protocol::EqualsNoCase;
using protocol::Frame;

class Client final : public ScriptedClient {
 public:
  Client(std::string_view hello, const PartSettings& settings)
      : hello_(fmt::format("{} {}\r\n", hello, settings.name)) {
    Add({"220", {hello_}});
    if (settings.tls) {
      Add({"250", {"STARTTLS\r\n"}, "STARTTLS"});
      Add({"220", {"", Turn::Next::kUpgrade}});
    }
    Add({"250", {"MAIL FROM:<ada@example.org>\r\n"}});
    Add({"250", {"RCPT TO:<bob@example.org>\r\n"}});
    Add({"250", {"DATA\r\n"}});
    Add({"354", {DotStuff(settings.message)}});
    Add({"250", {"QUIT\r\n"}});
    Add({"221", {"", Turn::Next::kAwaitEnd}});
  }

  Frame Cut(std::string_view in) override {
    protocol::Scan scan;
    return protocol::CutSmtpReply(in, scan);
  }
  // RFC 3207 4.2: the client says hello again inside TLS.
  std::string OnTlsUp() override { return hello_; }

 private:
  const std::string hello_;
};

class Server final : public ServerPart {
 public:
  Server(std::string_view hello, const PartSettings& settings) : ServerPart(settings), hello_(hello) {}

  std::string Begin() override { return fmt::format("220 {} ready\r\n", settings().name); }
  Frame Cut(std::string_view in) override { return in_message_ ? CutDotStuffed(in) : protocol::CutLine(in); }

  Result<Turn> OnUnit(std::string_view unit) override {
    if (std::exchange(in_message_, false)) {
      const std::string message = DotUnstuff(unit);
      settings().on_message(message);
      return Turn{fmt::format("250 2.0.0 {} bytes accepted\r\n", message.size())};
    }
    std::string_view rest = protocol::Content(unit);
    return OnCommand(protocol::TakeWord(rest));
  }

 private:
  Turn OnCommand(std::string_view verb) {
    if (EqualsNoCase(verb, hello_)) {
      return {fmt::format("250-{}\r\n250-SIZE 1000000\r\n{}250 8BITMIME\r\n", settings().name,
                          lacks_tls() ? "250-STARTTLS\r\n" : "")};
    }
    if (EqualsNoCase(verb, "STARTTLS") && lacks_tls()) return {"220 Begin TLS\r\n", Turn::Next::kUpgrade};
    if (EqualsNoCase(verb, "QUIT")) return {"221 Goodbye\r\n", Turn::Next::kEnd};
    if (lacks_tls()) return {"530 5.7.0 Must issue a STARTTLS command first\r\n"};
    if (EqualsNoCase(verb, "MAIL") || EqualsNoCase(verb, "RCPT")) return {"250 OK\r\n"};
    in_message_ = EqualsNoCase(verb, "DATA");
    return {in_message_ ? "354 Send the message\r\n" : "502 5.5.1 Command not implemented\r\n"};
  }

  const std::string_view hello_;
  bool in_message_ = false;
};

}  // namespace

std::unique_ptr<Part> MakeSmtpServer(const PartSettings& settings) {
  return std::make_unique<Server>("EHLO", settings);
}
std::unique_ptr<Part> MakeSmtpClient(const PartSettings& settings) {
  return std::make_unique<Client>("EHLO", settings);
}
std::unique_ptr<Part> MakeLmtpServer(const PartSettings& settings) {
  return std::make_unique<Server>("LHLO", settings);
}
std::unique_ptr<Part> MakeLmtpClient(const PartSettings& settings) {
  return std::make_unique<Client>("LHLO", settings);
}

}  // namespace starlock::demo
