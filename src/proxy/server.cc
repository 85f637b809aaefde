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

size_t WorkerCount(const config::Config& config) {
  return config.workers > 0 ? config.workers : std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

Result<std::unique_ptr<Server>> Server::Create(config::Config config, Credentials credentials, Logger& log) {
  const size_t workers = WorkerCount(config);
  RaiseDescriptorLimit(DescriptorsNeeded(config, workers), log);
  std::unique_ptr<Server> server(new Server(std::move(config), std::move(credentials), log));
  if (Error error = server->MakeWorkers(workers)) return error;
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

Error Server::MakeWorkers(size_t count) {
  const auto data_ports = MakeDataPorts(config_);
  while (workers_.size() < count) {
    auto routes = MakeRoutes(config_, credentials_, data_ports);
    if (!routes) return routes.error();
    auto worker = Worker::Create(config_.limits, std::move(routes).value(), log_, admission_);
    if (!worker) return worker.error();
    workers_.push_back(std::move(worker).value());
  }
  return {};
}

Error Server::Listen() {
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
  return {};
}

void Server::Start(std::function<void()> on_done) {
  for (const Address& address : addresses_) {
    log_.Record("listening", {{"name", address.name}, {"address", address.address}});
  }
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

bool Server::awaits_lookup() const {
  return std::any_of(workers_.begin(), workers_.end(), [](const auto& worker) { return worker->awaits_lookup(); });
}

void Server::Drain() {
  for (const auto& worker : workers_) worker->Drain();
}

void Server::Stop() {
  for (const auto& worker : workers_) worker->Stop();
}

}  // namespace starlock::proxy
