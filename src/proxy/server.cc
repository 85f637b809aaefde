#include "proxy/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "proxy/descriptors.h"
#include "proxy/routes.h"

namespace starlock::proxy {
namespace {

Error At(const config::Location& at, const Error& error) {
  return {error.code, fmt::format("{}: {}", at.ToString(), error.detail)};
}

}  // namespace

Result<std::unique_ptr<Server>> Server::Create(config::Config config, Credentials credentials, Logger& log) {
  std::unique_ptr<Server> server(new Server(std::move(config), std::move(credentials), log));
  if (Error error = server->MakeWorkers()) return error;
  return server;
}

Server::Server(config::Config config, Credentials credentials, Logger& log)
    : config_(std::move(config)),
      credentials_(std::move(credentials)),
      log_(log),
      admission_(config_.limits.max_connections, config_.limits.max_connections_per_client) {}

Server::~Server() {
  Stop();
  Join();
}

size_t Server::WorkerCount() const {
  if (config_.workers > 0) return config_.workers;
  return std::max(1U, std::thread::hardware_concurrency());
}

Error Server::MakeWorkers() {
  for (size_t i = 0; i < WorkerCount(); ++i) {
    auto routes = MakeRoutes(config_, credentials_);
    if (!routes) return routes.error();
    workers_.push_back(std::make_unique<Worker>(config_.limits, std::move(routes).value(), log_, admission_));
  }
  return {};
}

Error Server::Listen() {
  RaiseDescriptorLimit(DescriptorsNeeded(config_, workers_.size()), log_);
  for (size_t route = 0; route < config_.listeners.size(); ++route) {
    const config::Listener& listener = config_.listeners[route];
    for (const HostPort& where : listener.listen) {
      auto group = net::BindGroup(where, workers_.size());
      if (!group) return At(listener.listen_at, group.error());
      addresses_.push_back({listener.name, group->front().address().ToString()});
      for (size_t i = 0; i < workers_.size(); ++i) {
        if (const Error error = workers_[i]->Listen(route, std::move(group.value()[i]))) {
          return At(listener.listen_at, error);
        }
      }
    }
  }
  for (const Address& address : addresses_) {
    log_.Record("listening", {{"name", address.name}, {"address", address.address}});
  }
  return {};
}

void Server::Start(std::function<void()> on_done) {
  on_done_ = std::move(on_done);
  running_ = workers_.size();
  for (const auto& worker : workers_) {
    threads_.emplace_back([this, &worker] {
      worker->Run();
      if (running_.fetch_sub(1) == 1 && on_done_) on_done_();
    });
  }
}

void Server::Join() {
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Server::Drain() {
  for (const auto& worker : workers_) worker->Drain();
}

void Server::Stop() {
  for (const auto& worker : workers_) worker->Stop();
}

}  // namespace starlock::proxy
