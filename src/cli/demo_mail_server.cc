#include <utility>

#include "cli/demo_mail.h"
#include "cli/demo_tap.h"
#include "protocol/cutters.h"
#include "protocol/smtp_words.h"

namespace starlock::cli {
namespace {

using protocol::EqualsNoCase;
using protocol::Frame;

constexpr std::string_view kEndOfMessage = "\r\n.\r\n";

// RFC 5321, 4.5.2.
std::string WithoutDots(std::string_view dotted) {
  std::string message;
  bool at_start = true;
  for (const char c : dotted) {
    if (!(at_start && c == '.')) message += c;
    at_start = c == '\n';
  }
  return message;
}

}  // namespace

/// One client's session.
class MailServer::Session final : private ChannelOwner {
 public:
  Session(MailServer& server, std::unique_ptr<buffer::Stream> stream) : server_(server), channel_(server.loop_, *this) {
    channel_.Open(std::move(stream));
    Say("220 " + server_.settings_.name + " is at your service");
  }

 private:
  void OnInput() override {
    while (in_message_ ? TakeMessage() : TakeCommand()) continue;
    if (channel_.ended()) channel_.End();
  }
  void OnTls(const tls::TlsInfo& info) override {
    in_tls_ = true;
    server_.tls_ = info;
  }
  void OnClosed(const Error&) override {}

  void Say(std::string_view line) { channel_.Write(std::string(line) + "\r\n"); }

  bool TakeMessage() {
    const size_t end = channel_.input.find(kEndOfMessage);
    if (end == std::string::npos) return false;
    server_.messages_.push_back(WithoutDots(std::string_view(channel_.input).substr(0, end + 2)));
    channel_.input.erase(0, end + kEndOfMessage.size());
    in_message_ = false;
    Say("250 taken");
    return true;
  }

  bool TakeCommand() {
    const Frame frame = protocol::CutLine(channel_.input);
    if (frame.kind != Frame::Kind::kWhole) return false;
    const std::string line = channel_.input.substr(0, frame.size);
    channel_.input.erase(0, frame.size);
    std::string_view rest = protocol::Content(line);
    return OnCommand(protocol::TakeWord(rest));
  }

  // False: what follows is not for us to read yet.
  bool OnCommand(std::string_view verb) {
    const bool lacks_tls = server_.settings_.tls != nullptr && !in_tls_;
    if (EqualsNoCase(verb, server_.settings_.hello)) {
      Say("250-" + server_.settings_.name);
      if (lacks_tls) Say("250-STARTTLS");
      Say("250 8BITMIME");
    } else if (EqualsNoCase(verb, "STARTTLS") && lacks_tls) {
      Say("220 go ahead");
      channel_.AcceptTls(*server_.settings_.tls);
      return false;
    } else if (EqualsNoCase(verb, "QUIT")) {
      Say("221 goodbye");
      channel_.End();
    } else if (lacks_tls) {
      Say("530 5.7.0 must issue a STARTTLS command first");
    } else if (EqualsNoCase(verb, "MAIL") || EqualsNoCase(verb, "RCPT")) {
      Say("250 fine");
    } else if (EqualsNoCase(verb, "DATA")) {
      Say("354 go on");
      in_message_ = true;
    } else {
      Say("502 5.5.1 not here");
    }
    return true;
  }

  MailServer& server_;
  Channel channel_;
  bool in_tls_ = false;
  bool in_message_ = false;
};

Result<std::unique_ptr<MailServer>> MailServer::Open(net::Loop& loop, Settings settings) {
  auto socket = BindLoopback();
  if (!socket) return socket.error();
  std::unique_ptr<MailServer> server(new MailServer(loop, std::move(settings)));
  server->listener_ = std::make_unique<net::Listener>(
      loop, std::move(socket).value(),
      [server = server.get()](std::unique_ptr<buffer::Stream> stream, const net::SocketAddress&) {
        server->sessions_.push_back(std::make_unique<Session>(*server, std::move(stream)));
      },
      [](const Error&) {});
  return server;
}

MailServer::MailServer(net::Loop& loop, Settings settings) : loop_(loop), settings_(std::move(settings)) {}
MailServer::~MailServer() = default;

HostPort MailServer::address() const { return {listener_->address().HostString(), listener_->address().port()}; }

}  // namespace starlock::cli
