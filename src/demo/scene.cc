#include "demo/scene.h"

#include <fmt/core.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "config/reader.h"
#include "demo/part.h"
#include "demo/player.h"
#include "demo/tap.h"
#include "log/log.h"
#include "proxy/credentials.h"
#include "proxy/server.h"
#include "session/dialect_rules.h"

namespace starlock::demo {
namespace {

constexpr std::chrono::seconds kTimeout{10};

constexpr const char* kMessage =
    "From: ada@example.org\r\n"
    "To: bob@example.org\r\n"
    "Subject: The key\r\n"
    "\r\n"
    "Under the third flowerpot.\r\n";

// A log that is written to memory and read afterwards.
class MemoryLog {
 public:
  MemoryLog() : file_(memfd_create("log", MFD_CLOEXEC)), log_(LogLevel::kWarning, LogFormat::kJson, file_.get()) {}

  Logger& log() { return log_; }

  std::string Read() {
    log_.Flush(kTimeout);
    std::string text;
    std::array<char, 4096> part{};
    for (ssize_t size = 0;
         (size = pread(file_.get(), part.data(), part.size(), static_cast<off_t>(text.size()))) > 0;) {
      text.append(part.data(), static_cast<size_t>(size));
    }
    return text;
  }

 private:
  net::Descriptor file_;
  Logger log_;
};

LoggedTls ReadTls(const nlohmann::json& json) {
  if (!json.is_object()) return {};
  return {json.value("version", ""), json.value("cipher", ""),
          json.contains("group") && json["group"].is_string() ? json["group"].get<std::string>() : ""};
}

// The first session record in the log.
LoggedSession FindRecord(const std::string& log) {
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    const auto record = nlohmann::json::parse(line, nullptr, false);
    if (!record.is_object() || record.value("event", "") != "session") continue;
    return {ReadTls(record.value("client_tls", nlohmann::json())),
            ReadTls(record.value("server_tls", nlohmann::json())), record.value("end", ""), record.value("blame", "")};
  }
  return {};
}

/// Everything that takes part in one session. Members are destroyed in reverse order, so each is declared after those
/// that it depends on: server first, client last.
class Scene {
 public:
  Scene(const Stage& stage, Use use) : stage_(stage), front_(use == Use::kFront) {
    evidence_.use = use;
    const auto keep = [this](std::string_view message) { evidence_.received.emplace_back(message); };
    server_settings_ = {front_ ? "old.example.org" : Stage::kName, !front_, kMessage, true, keep};
    client_settings_ = {"laptop.example.org", front_, kMessage, true, keep};
  }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  Result<Evidence> Play() {
    for (const auto step : {&Scene::OpenServer, &Scene::StartProxy, &Scene::OpenClient}) {
      if (Error error = (this->*step)()) return error;
    }
    net::Timer timeout(loop_, [this] { loop_.Stop(); });
    timeout.Start(kTimeout);
    loop_.Run();
    const bool over = Over();
    over ? proxy_->Drain() : proxy_->Stop();
    proxy_->Join();
    if (!client_->trouble().empty()) return Error{ErrorCode::kInvalid, fmt::format("client: {}", client_->trouble())};
    if (!over) {
      return Error{ErrorCode::kTimeout, fmt::format("the session did not end within {} seconds", kTimeout.count())};
    }
    return Collect();
  }

 private:
  Error OpenServer() {
    if (!front_) {
      auto identity = tls::Identity::Load(stage_.chain, stage_.key);
      if (!identity) return identity.error();
      tls::ServerSettings settings;
      settings.identities = {std::move(identity).value()};
      auto context = tls::ServerContext::Create(settings);
      if (!context) return context.error();
      server_tls_ = std::move(context).value();
    }
    auto server = PartServer::Open(
        loop_, [this] { return stage_.protocol->make_server(server_settings_); }, server_tls_.get());
    if (!server) return server.error();
    server_ = std::move(server).value();
    return OpenTap(server_tap_, server_->address());
  }

  Error OpenTap(std::unique_ptr<Tap>& tap, const HostPort& target) {
    auto opened = Tap::Open(loop_, resolver_, target, [this] { StopIfOver(); });
    if (!opened) return opened.error();
    tap = std::move(opened).value();
    return {};
  }

  // Configures the proxy as the options of `starlock run` would.
  Error StartProxy() {
    config::Flags flags;
    flags.protocol = stage_.protocol->name;
    flags.listen = "127.0.0.1:0";
    flags.upstream = server_tap_->address().ToString();
    flags.upstream_tls = front_ ? "off" : "required";
    (front_ ? flags.cert : flags.ca) = front_ ? stage_.chain : stage_.ca;
    if (front_) flags.key = stage_.key;
    if (!front_) flags.server_name = Stage::kName;
    auto loaded = config::FromFlags(flags, session::DialectRulesForConfig());
    if (!loaded.ok()) return {ErrorCode::kInvalid, loaded.errors.front().ToString()};
    loaded.config->workers = 1;
    evidence_.proxy_verifies = loaded.config->listeners[0].server.VerifyInForce() == Verify::kFull;
    auto credentials = proxy::LoadCredentials(*loaded.config);
    if (!credentials.errors.empty()) return {ErrorCode::kInvalid, credentials.errors.front().ToString()};
    auto proxy = proxy::Server::Create(*loaded.config, std::move(credentials.credentials), log_.log());
    if (!proxy) return proxy.error();
    proxy_ = std::move(proxy).value();
    if (Error error = proxy_->Listen()) return error;
    proxy_->Start([] {});
    return {};
  }

  Error OpenClient() {
    const auto proxy = HostPort::Parse(proxy_->addresses().front().address);
    if (!proxy) return proxy.error();
    if (Error error = OpenTap(client_tap_, proxy.value())) return error;
    if (front_) {
      tls::ClientSettings settings;
      settings.server_name = Stage::kName;
      settings.ca_file = stage_.ca;
      auto context = tls::ClientContext::Create(settings);
      if (!context) return context.error();
      client_tls_ = std::move(context).value();
    }
    const Player::Tls with{nullptr, client_tls_.get()};
    client_ =
        std::make_unique<Player>(loop_, stage_.protocol->make_client(client_settings_), with, [this] { StopIfOver(); });
    connector_ = std::make_unique<net::Connector>(loop_, resolver_, std::vector{client_tap_->address()}, kTimeout,
                                                  [this](Result<net::Connector::Connected> connected) {
                                                    if (!connected) return client_->Fail(connected.error().detail);
                                                    client_->Open(std::move(connected->stream));
                                                  });
    return {};
  }

  bool Over() const { return client_->over() && client_tap_->finished() && server_tap_->finished(); }
  void StopIfOver() {
    if (Over() || !client_->trouble().empty()) loop_.Stop();
  }

  Evidence Collect() {
    evidence_.sent = kMessage;
    evidence_.tls = front_ ? client_->tls() : server_->tls();
    if (front_) evidence_.certificate = client_->peer();
    evidence_.client_leg = client_tap_->recording();
    evidence_.server_leg = server_tap_->recording();
    evidence_.logged = FindRecord(log_.Read());
    return std::move(evidence_);
  }

  const Stage& stage_;
  const bool front_;
  Evidence evidence_;
  PartSettings server_settings_, client_settings_;
  MemoryLog log_;
  std::unique_ptr<tls::ServerContext> server_tls_;
  std::unique_ptr<tls::ClientContext> client_tls_;
  net::Loop loop_;
  net::Resolver resolver_{loop_};
  std::unique_ptr<PartServer> server_;
  std::unique_ptr<Tap> server_tap_;
  std::unique_ptr<proxy::Server> proxy_;
  std::unique_ptr<Tap> client_tap_;
  std::unique_ptr<Player> client_;
  std::unique_ptr<net::Connector> connector_;
};

}  // namespace

Result<Evidence> PlayScene(const Stage& stage, Use use) { return Scene(stage, use).Play(); }

}  // namespace starlock::demo
