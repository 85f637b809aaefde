#include "cli/demo_scene.h"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "cli/demo_part.h"
#include "cli/demo_player.h"
#include "cli/demo_tap.h"
#include "config/reader.h"
#include "proxy/credentials.h"
#include "proxy/server.h"
#include "session/dialect_rules.h"

namespace starlock::cli {
namespace {

constexpr std::chrono::seconds kPatience{10};

constexpr const char* kMessage =
    "From: ada@example.org\r\n"
    "To: bob@example.org\r\n"
    "Subject: The key\r\n"
    "\r\n"
    "Under the third flowerpot.\r\n";

// A log that is kept rather than shown.
class KeptLog {
 public:
  KeptLog() : file_(memfd_create("log", MFD_CLOEXEC)), log_(LogLevel::kWarning, LogFormat::kJson, file_.get()) {}

  Logger& log() { return log_; }

  std::string Read() const {
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

TlsDescription ReadTls(const nlohmann::json& json) {
  if (!json.is_object()) return {};
  return {json.value("version", ""), json.value("cipher", ""),
          json.contains("group") && json["group"].is_string() ? json["group"].get<std::string>() : ""};
}

// The record of the one session that there was.
SessionNote FindRecord(const std::string& log) {
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    const auto record = nlohmann::json::parse(line, nullptr, false);
    if (!record.is_object() || record.value("event", "") != "session") continue;
    return {ReadTls(record.value("client_tls", nlohmann::json())),
            ReadTls(record.value("server_tls", nlohmann::json())), record.value("end", ""), record.value("blame", "")};
  }
  return {};
}

/// The players of one scene, in the order in which the bytes come by, from last to first.
class Scene {
 public:
  Scene(const Stage& stage, Use use) : stage_(stage), front_(use == Use::kFront) { evidence_.use = use; }

  Result<Evidence> Play() {
    for (const auto step : {&Scene::OpenServer, &Scene::StartProxy, &Scene::OpenClient}) {
      if (Error error = (this->*step)()) return error;
    }
    net::Timer patience(loop_, [this] { loop_.Stop(); });
    patience.Start(kPatience);
    loop_.Run();
    const bool over = Over();
    over ? proxy_->Drain() : proxy_->Stop();
    proxy_->Join();
    if (!client_->trouble().empty()) return Error{ErrorCode::kInvalid, "the client: " + client_->trouble()};
    if (!over) return Error{ErrorCode::kTimeout, "the session did not come to its end"};
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
    const char* name = front_ ? "old.example.org" : Stage::kName;
    const PartSettings settings{name, !front_, kMessage, &evidence_.received};
    auto server = DemoServer::Open(
        loop_, [this, settings] { return stage_.protocol->server(settings); }, server_tls_.get());
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

  // As the command line would have it.
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
    evidence_.proxy_verifies = loaded.config->listeners[0].server.VerifyInForce() == config::Verify::kFull;
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
    auto part = stage_.protocol->client({"laptop.example.org", front_, kMessage, &evidence_.received});
    const Player::Tls with{nullptr, client_tls_.get()};
    client_ = std::make_unique<Player>(loop_, std::move(part), with, [this] { StopIfOver(); });
    connector_ = std::make_unique<net::Connector>(loop_, resolver_, std::vector{client_tap_->address()}, kPatience,
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
    evidence_.note = FindRecord(log_.Read());
    return std::move(evidence_);
  }

  const Stage& stage_;
  const bool front_;
  Evidence evidence_;
  KeptLog log_;
  std::unique_ptr<tls::ServerContext> server_tls_;
  std::unique_ptr<tls::ClientContext> client_tls_;
  net::Loop loop_;
  net::Resolver resolver_{loop_};
  std::unique_ptr<DemoServer> server_;
  std::unique_ptr<Tap> server_tap_;
  std::unique_ptr<proxy::Server> proxy_;
  std::unique_ptr<Tap> client_tap_;
  std::unique_ptr<Player> client_;
  std::unique_ptr<net::Connector> connector_;
};

}  // namespace

Result<Evidence> Play(const Stage& stage, Use use) { return Scene(stage, use).Play(); }

}  // namespace starlock::cli
