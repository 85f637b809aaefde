#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/host_port.h"
#include "base/result.h"
#include "cli/channel.h"
#include "net/connector.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/resolver.h"

/// The two programs between which the demonstration puts the proxy: as much of SMTP (or LMTP) as one message takes.
namespace starlock::cli {

/// A mail server on a loopback port.
class MailServer {
 public:
  struct Settings {
    std::string name;                   ///< its own, for the greeting
    std::string hello = "EHLO";         ///< or LHLO
    tls::ServerContext* tls = nullptr;  ///< nullptr: knows no TLS; else takes no mail without
  };

  static Result<std::unique_ptr<MailServer>> Open(net::Loop& loop, Settings settings);
  ~MailServer();

  HostPort address() const;
  /// The messages that have come, as they were before SMTP put dots before dots.
  const std::vector<std::string>& messages() const { return messages_; }
  /// What the last handshake came to.
  const std::optional<tls::TlsInfo>& tls() const { return tls_; }

 private:
  class Session;

  MailServer(net::Loop& loop, Settings settings);

  net::Loop& loop_;
  const Settings settings_;
  std::vector<std::string> messages_;
  std::optional<tls::TlsInfo> tls_;
  std::vector<std::unique_ptr<Session>> sessions_;
  std::unique_ptr<net::Listener> listener_;
};

/// A mail client that hands in one message.
class MailClient final : private ChannelOwner {
 public:
  struct Settings {
    std::string name;                   ///< its own, for the hello
    std::string hello = "EHLO";         ///< or LHLO
    tls::ClientContext* tls = nullptr;  ///< nullptr: knows no TLS; else hands nothing in without
    std::string message;                ///< lines that end in CRLF
  };

  /// Begins. `on_finished` is told once, when the connection is over.
  MailClient(net::Loop& loop, net::Resolver& resolver, HostPort server, Settings settings,
             std::function<void()> on_finished);
  ~MailClient() override;

  bool finished() const { return finished_; }
  /// Why the message was not taken; empty: it was.
  const std::string& trouble() const { return trouble_; }
  const std::optional<tls::TlsInfo>& tls() const { return tls_; }
  tls::PeerInfo peer() const { return channel_.peer(); }

 private:
  /// An answer that is awaited, and what is said next.
  struct Step {
    int code;
    std::string say;
    bool upgrade = false;  ///< TLS instead
  };

  void OnInput() override;
  void OnTls(const tls::TlsInfo& info) override;
  void OnClosed(const Error& error) override;
  void OnReply(std::string_view reply);
  std::string Hello() const { return settings_.hello + " " + settings_.name + "\r\n"; }
  void Finish(std::string trouble);

  const Settings settings_;
  const std::function<void()> on_finished_;
  std::deque<Step> steps_;
  std::optional<tls::TlsInfo> tls_;
  std::string trouble_;
  bool finished_ = false;
  Channel channel_;
  std::unique_ptr<net::Connector> connector_;
};

}  // namespace starlock::cli
