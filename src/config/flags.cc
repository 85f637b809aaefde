#include <fmt/format.h>

#include "config/open_relay.h"
#include "config/reader.h"
#include "config/values.h"

namespace starlock::config {
namespace {

Location Option(std::string_view name) { return {fmt::format("--{}", name), 0, 0}; }

// Builds the one listener that the options describe, under the same rules as in a file.
class FlagReader {
 public:
  FlagReader(const Flags& flags, std::span<const DialectRules> dialects) : flags_(flags), dialects_(dialects) {}

  Loaded Read() {
    ReadProtocol();
    if (Need(flags_.listen, "listen", "127.0.0.1:2525")) {
      listener_.listen.resize(1);
      Convert(flags_.listen, "listen", ParseListen, listener_.listen[0]);
    }
    listener_.listen_at = Option("listen");
    listener_.at = Option("protocol");
    ReadServer();
    ReadClient();
    if (loaded_.errors.empty()) {
      config_.listeners.push_back(std::move(listener_));
      for (Diagnostic& warning : FindOpenRelays(config_)) loaded_.warnings.push_back(std::move(warning));
      loaded_.config = std::move(config_);
    }
    return std::move(loaded_);
  }

 private:
  void Fail(std::string_view option, std::string message) {
    loaded_.errors.push_back({Option(option), std::move(message)});
  }

  bool Need(const std::optional<std::string>& flag, std::string_view option, std::string_view example) {
    if (!flag) Fail(option, fmt::format("is required, like --{} {}", option, example));
    return flag.has_value();
  }

  template <typename Parse, typename T>
  bool Convert(const std::optional<std::string>& flag, std::string_view option, Parse parse, T& out) {
    if (!flag) return false;
    auto value = parse(std::string_view(*flag));
    if (value) {
      out = std::move(value).value();
      return true;
    }
    Fail(option, value.error().detail);
    return false;
  }

  void ReadProtocol() {
    const auto parse = [this](std::string_view text) { return ParseProtocol(text, dialects_); };
    if (!Need(flags_.protocol, "protocol", "smtp")) return;
    if (!Convert(flags_.protocol, "protocol", parse, listener_.protocol)) return;
    for (const DialectRules& dialect : dialects_) {
      if (dialect.name == listener_.protocol) starttls_ = dialect.starttls;
    }
    listener_.name = listener_.protocol;
  }

  void CheckMode(std::string_view option, TlsMode mode) {
    if (starttls_ || mode == TlsMode::kOff || mode == TlsMode::kImplicit) return;
    Fail(option, fmt::format("'{}' needs a protocol that can upgrade to TLS; {} supports only off and implicit",
                             ToString(mode), listener_.protocol));
  }

  void ReadServer() {
    ServerLeg& server = listener_.server;
    server.at = Option("upstream");
    if (Need(flags_.upstream, "upstream", "mail.example.org:587")) {
      server.address.resize(1);
      const auto parse = [](std::string_view text) { return ParseAddress(text); };
      Convert(flags_.upstream, "upstream", parse, server.address[0]);
    }
    if (Need(flags_.upstream_tls, "upstream-tls", "required (or off, opportunistic, implicit)") &&
        Convert(flags_.upstream_tls, "upstream-tls", ParseTlsMode, server.mode)) {
      CheckMode("upstream-tls", server.mode);
    }
    if (flags_.insecure && flags_.ca) Fail("insecure", "verifies nothing and excludes --ca; remove one of them");
    if (flags_.insecure) server.verify = Verify::kNone;
    if (flags_.ca) server.ca = Path(*flags_.ca, "ca");
    if (server.ca && server.VerifyInForce() == Verify::kNone) {
      loaded_.warnings.push_back({Option("ca"), "has no effect: an opportunistic upstream is not verified"});
    }
    Convert(flags_.server_name, "server-name", ParseServerName, server.server_name);
  }

  void ReadClient() {
    ClientLeg& client = listener_.client;
    client.at = Option("client-tls");
    if (flags_.cert) client.mode = starttls_ ? TlsMode::kRequired : TlsMode::kImplicit;
    if (Convert(flags_.client_tls, "client-tls", ParseTlsMode, client.mode)) CheckMode("client-tls", client.mode);
    if (flags_.cert.has_value() != flags_.key.has_value()) {
      return Fail(flags_.cert ? "key" : "cert", flags_.cert ? "is required with --cert" : "is required with --key");
    }
    if (!flags_.cert && client.mode != TlsMode::kOff) {
      return Fail("client-tls", fmt::format("'{}' needs --cert FILE --key FILE", ToString(client.mode)));
    }
    if (!flags_.cert) return;
    config_.certificates.push_back({"default", Path(*flags_.cert, "cert"), Path(*flags_.key, "key"), Option("cert")});
    client.certificates = {"default"};
  }

  File Path(const std::string& path, std::string_view option) {
    if (path.empty()) Fail(option, "needs the path of a file");
    return {path, Option(option)};
  }

  const Flags& flags_;
  std::span<const DialectRules> dialects_;
  Loaded loaded_;
  Config config_;
  Listener listener_;
  bool starttls_ = true;
};

}  // namespace

Loaded FromFlags(const Flags& flags, std::span<const DialectRules> dialects) {
  return FlagReader(flags, dialects).Read();
}

}  // namespace starlock::config
