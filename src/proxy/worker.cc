#include "proxy/worker.h"

#include <utility>

namespace starlock::proxy {

Result<std::unique_ptr<Worker>> Worker::Create(const config::Limits& limits, std::vector<std::unique_ptr<Route>> routes,
                                               Logger& log, Admission& admission) {
  auto loop = net::Loop::Create();
  if (!loop) return loop.error();
  return std::unique_ptr<Worker>(new Worker(std::move(loop).value(), limits, std::move(routes), log, admission));
}

Worker::Worker(std::unique_ptr<net::Loop> loop, const config::Limits& limits,
               std::vector<std::unique_ptr<Route>> routes, Logger& log, Admission& admission)
    : limits_(limits),
      log_(log),
      admission_(admission),
      routes_(std::move(routes)),
      loop_(std::move(loop)),
      resolver_(*loop_),
      drain_deadline_(*loop_, [this] { StopAll(); }) {
  resolver_.SetOnStale([this](const std::string& host, const Error& failure, std::chrono::seconds age) {
    log_.Event(LogLevel::kWarning, "name look-up failed; using the last answer for at most an hour",
               {{"name", host}, {"why", failure.detail}, {"age_s", static_cast<int64_t>(age.count())}});
  });
}

Worker::~Worker() = default;

Error Worker::Listen(size_t route, net::ListeningSocket socket) {
  const Route& served = *routes_[route];
  const auto on_accept = [this, &served](std::unique_ptr<buffer::Stream> stream, const net::SocketAddress& peer) {
    OnAccept(served, std::move(stream), peer);
  };
  const auto on_pause = [this, &served](const Error& error) {
    log_.Event(LogLevel::kWarning, "accept paused", {{"listener", served.settings->name}, {"why", error.detail}});
  };
  auto listener = net::Listener::Create(*loop_, std::move(socket), on_accept, on_pause);
  if (!listener) return listener.error();
  listeners_.push_back(std::move(listener).value());
  return {};
}

void Worker::Run() { loop_->Run(); }

void Worker::Drain() {
  loop_->Post([this] { BeginDrain(); });
}

void Worker::Stop() {
  loop_->Post([this] { StopAll(); });
}

void Worker::OnAccept(const Route& route, std::unique_ptr<buffer::Stream> stream, const net::SocketAddress& peer) {
  const Admission::Answer answer = admission_.Enter(peer.HostString());
  if (answer == Admission::Answer::kDrop) return stream->Abort();
  auto made = std::make_unique<Session>(SessionContext{*loop_, resolver_, log_}, route, std::move(stream), peer,
                                        [this, answer](Session& done) { OnDone(done, answer); });
  Session& session = *made;
  sessions_.emplace(&session, std::move(made));
  session.Start(answer == Admission::Answer::kRefuse);
  if (draining_) session.Drain();
}

void Worker::OnDone(Session& session, Admission::Answer admitted) {
  admission_.Leave(session.peer().HostString(), admitted);
  auto node = sessions_.extract(&session);
  loop_->Dispose(std::move(node.mapped()));
  LeaveIfIdle();
}

void Worker::BeginDrain() {
  if (draining_) return;
  draining_ = true;
  closing_ = listeners_.size();
  for (const auto& listener : listeners_) {
    listener->Close([this] {
      --closing_;
      LeaveIfIdle();
    });
  }
  for (Session* session : Snapshot()) session->Drain();
  if (limits_.drain_timeout.count() > 0) drain_deadline_.Start(limits_.drain_timeout);
  LeaveIfIdle();
}

void Worker::StopAll() {
  draining_ = true;
  for (const auto& listener : listeners_) listener->CloseNow();
  for (Session* session : Snapshot()) session->Stop();
  loop_->Stop();
}

void Worker::LeaveIfIdle() {
  if (draining_ && closing_ == 0 && sessions_.empty()) loop_->Stop();
}

std::vector<Session*> Worker::Snapshot() const {
  std::vector<Session*> all;
  for (const auto& entry : sessions_) all.push_back(entry.first);
  return all;
}

}  // namespace starlock::proxy
