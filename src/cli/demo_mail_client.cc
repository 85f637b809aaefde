#include <utility>

#include "cli/demo_mail.h"
#include "cli/terminal.h"
#include "protocol/cutters.h"
#include "protocol/smtp_words.h"

namespace starlock::cli {
namespace {

using protocol::Frame;

constexpr std::string_view kStarttls = "STARTTLS\r\n";

// RFC 5321, 4.5.2.
std::string WithDots(std::string_view message) {
  std::string dotted;
  bool at_start = true;
  for (const char c : message) {
    if (at_start && c == '.') dotted += '.';
    dotted += c;
    at_start = c == '\n';
  }
  return dotted + ".\r\n";
}

}  // namespace

MailClient::MailClient(net::Loop& loop, net::Resolver& resolver, HostPort server, Settings settings,
                       std::function<void()> on_finished)
    : settings_(std::move(settings)), on_finished_(std::move(on_finished)), channel_(loop, *this) {
  steps_.push_back({220, Hello()});
  if (settings_.tls != nullptr) {
    steps_.push_back({250, std::string(kStarttls)});
    steps_.push_back({220, "", true});
  }
  steps_.push_back({250, "MAIL FROM:<ada@example.org>\r\n"});
  steps_.push_back({250, "RCPT TO:<bob@example.org>\r\n"});
  steps_.push_back({250, "DATA\r\n"});
  steps_.push_back({354, WithDots(settings_.message)});
  steps_.push_back({250, "QUIT\r\n"});
  steps_.push_back({221, ""});
  connector_ =
      std::make_unique<net::Connector>(loop, resolver, std::vector{std::move(server)}, std::chrono::milliseconds(0),
                                       [this](Result<net::Connector::Connected> connected) {
                                         if (!connected)
                                           return Finish("the client could not connect: " + connected.error().detail);
                                         channel_.Open(std::move(connected->stream));
                                       });
}

MailClient::~MailClient() = default;

void MailClient::OnInput() {
  while (!finished_) {
    const Frame frame = protocol::CutSmtpReply(channel_.input);
    if (frame.kind == Frame::Kind::kBad) return Finish("the client got no SMTP: " + std::string(frame.why));
    if (frame.kind != Frame::Kind::kWhole) break;
    const std::string reply = channel_.input.substr(0, frame.size);
    channel_.input.erase(0, frame.size);
    OnReply(reply);
  }
}

void MailClient::OnReply(std::string_view reply) {
  if (steps_.empty()) return Finish("the client was told more than it had asked for");
  const Step step = std::move(steps_.front());
  steps_.pop_front();
  const bool not_offered = step.say == kStarttls && !protocol::smtp::OffersStarttls(reply);
  if (protocol::smtp::CodeOf(reply) != step.code || not_offered) {
    return Finish("the client was answered '" + Printable(protocol::Content(reply)) + "'");
  }
  if (step.upgrade && !channel_.input.empty()) return Finish("plaintext came where TLS had to begin");
  if (step.upgrade) return channel_.ConnectTls(*settings_.tls);
  channel_.Write(step.say);
  if (steps_.empty()) channel_.End();
}

// RFC 3207, 4.2: begin anew.
void MailClient::OnTls(const tls::TlsInfo& info) {
  tls_ = info;
  channel_.Write(Hello());
}

void MailClient::OnClosed(const Error& error) {
  if (error) return Finish("the client's connection broke: " + error.detail);
  Finish(steps_.empty() ? "" : "the client was left in the middle of the session");
}

void MailClient::Finish(std::string trouble) {
  if (std::exchange(finished_, true)) return;
  trouble_ = std::move(trouble);
  on_finished_();
}

}  // namespace starlock::cli
