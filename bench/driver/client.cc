#include "driver/client.h"

#include <fmt/core.h>
#include <sys/epoll.h>

#include <cstdio>
#include <iostream>

#include "driver/sockets.h"

namespace starlock::bench {

Client::Client(Loop& loop, Blocks& blocks, Target& target)
    : loop_(loop), target_(target), channel_(Connect(target.port), blocks), events_(EPOLLIN | EPOLLOUT) {
  loop.Add(channel_.fd(), events_, this);
}

Client::~Client() { loop_.Remove(channel_.fd()); }

void Client::BeginTls() {
  channel_.BeginTls(target_.context.get(), false, target_.session.get());
  shaking_ = true;
}

Client::Io Client::GoOn() {
  if (connecting_) {
    if (!Connected(channel_.fd())) Fail("connect");
    connecting_ = false;
    if (target_.implicit) BeginTls();
  }
  while (true) {
    if (shaking_) {
      const Io io = channel_.Handshake();
      if (io == Io::kAgain) return io;
      if (io != Io::kOk) Fail("TLS handshake failed");
      shaking_ = false;
      if (SSL_session_reused(channel_.ssl()) != 0) ++target_.resumed;
      target_.agreed = Agreed(channel_.ssl());
    }
    const Io io = Advance();
    if (!shaking_) return io;  // otherwise Advance has called BeginTls
  }
}

void Client::OnReady(uint32_t /*events*/) {
  channel_.Ready();
  Work();
}

void Client::Work() {
  more_ = false;
  const Io io = GoOn();
  if (io == Io::kEnd || io == Io::kFailed) {
    Fail(fmt::format("{}: {}", Where(), io == Io::kEnd ? "the peer closed the connection early" : "connection failed"));
  }
  const bool writing = channel_.wants_write() || more_;
  const uint32_t events = writing ? EPOLLIN | EPOLLOUT : EPOLLIN;
  if (events != events_) {
    loop_.Change(channel_.fd(), events, this);
    events_ = events;
  }
  if (io == Io::kOk) OnDone();
}

void Rendezvous() {
  std::puts("ready");
  std::fflush(stdout);
  std::string line;
  if (!std::getline(std::cin, line)) std::_Exit(0);
}

}  // namespace starlock::bench
