#include "driver/backend.h"

#include <fmt/core.h>
#include <sys/epoll.h>

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "driver/parts.h"
#include "driver/sockets.h"

namespace starlock::bench {

/// One accepted connection. It owns itself, and deletes itself when it has ended.
class Backend::Connection : public Watched {
 public:
  Connection(Backend& backend, Service& service, int fd)
      : backend_(backend), service_(service), channel_(fd, backend.blocks_) {
    ++service.seen.sessions;
    backend.loop_.Add(fd, EPOLLIN, this);
  }

  void OnReady(uint32_t /*events*/) override {
    channel_.Ready();
    more_ = false;
    if (!Advance()) {
      backend_.loop_.Remove(channel_.fd());
      delete this;
      return;
    }
    const bool writing = channel_.wants_write() || more_;
    if (writing != writing_) {
      backend_.loop_.Change(channel_.fd(), writing ? EPOLLIN | EPOLLOUT : EPOLLIN, this);
      writing_ = writing;
    }
  }

 protected:
  using Io = Channel::Io;

  /// Does what is possible without waiting. False: the connection has ended.
  virtual bool Advance() = 0;

  void BeginTls() {
    channel_.BeginTls(service_.context.get(), true, nullptr);
    shaking_ = true;
  }

  /// Continues a handshake. kOk: none is in progress (any more).
  Io Shake() {
    if (!shaking_) return Io::kOk;
    const Io io = channel_.Handshake();
    Seen& seen = service_.seen;
    if (io == Io::kFailed) ++seen.failed;
    if (io != Io::kOk) return io;
    shaking_ = false;
    ++seen.handshakes;
    if (SSL_session_reused(channel_.ssl()) != 0) ++seen.resumed;
    seen.agreed = Agreed(channel_.ssl());
    return io;
  }

  Service& service() { return service_; }
  Backend& backend() { return backend_; }
  Channel& channel() { return channel_; }
  void set_more() { more_ = true; }

  /// Sends all of `text`, which must fit into the socket's buffer. False: the connection is broken.
  bool Say(std::string_view text) {
    if (text.empty()) return true;
    size_t n = 0;
    return channel_.Write(text, n) != Io::kFailed && n == text.size();
  }

 private:
  Backend& backend_;
  Service& service_;
  Channel channel_;
  bool shaking_ = false;
  bool writing_ = false;
  bool more_ = false;  ///< there is more to do, after other connections have had their turn
};

class Backend::RawConnection final : public Connection {
 public:
  RawConnection(Backend& backend, Service& service, int fd) : Connection(backend, service, fd) {
    if (service.mode == "implicit") BeginTls();
  }

 private:
  bool Advance() override {
    if (const Io io = Shake(); io != Io::kOk) return io == Io::kAgain;
    Io io = channel().Flush();
    while (io == Io::kOk) io = transfer_ ? Move() : TakeRequest();
    if (io == Io::kEnd) channel().End();
    return io == Io::kAgain;
  }

  Io TakeRequest() {
    size_t n = 0;
    const size_t wanted = raw::kHeader - head_size_;
    const Io io = channel().Read(std::span(head_).subspan(head_size_, wanted), n);
    head_size_ += n;
    if (head_size_ < raw::kHeader) return io;
    head_size_ = 0;
    request_ = raw::Request::Decode(head_.data());
    if (request_.what == 'P') {
      ping_.clear();
      if (request_.size == 0 || request_.size > raw::kMaxPing) return Io::kFailed;
    }
    channel().set_record(request_.record != 0 ? request_.record : 16384);
    transfer_.emplace(backend().pattern_, request_);
    return Io::kOk;
  }

  Io Move() {
    bool more = false;
    Io io = Io::kOk;
    if (request_.what == 'D') {
      io = transfer_->Send(channel(), more);
    } else if (request_.what == 'U') {
      io = transfer_->Receive(channel(), more);
      if (io == Io::kOk && !transfer_->good()) ++service().seen.failed;
      if (io == Io::kOk && !Say(transfer_->good() ? raw::kGood : raw::kBad)) return Io::kFailed;
    } else {
      return Echo();
    }
    if (more) set_more();
    if (io == Io::kOk) transfer_.reset();
    return io;
  }

  Io Echo() {
    std::array<char, raw::kMaxPing>
        piece;  // NOLINT(cppcoreguidelines-pro-type-member-init): only what was read is used
    size_t n = 0;
    const Io io = channel().Read(std::span(piece).first(request_.size - ping_.size()), n);
    ping_.append(piece.data(), n);
    if (ping_.size() < request_.size) return io;
    if (!Say(ping_)) return Io::kFailed;
    transfer_.reset();
    ping_ = std::string();
    return Io::kOk;
  }

  std::array<char, raw::kHeader> head_{};
  size_t head_size_ = 0;
  raw::Request request_;
  std::optional<raw::Transfer> transfer_;
  std::string ping_;
};

/// Plays a server part.
class Backend::PartConnection final : public Connection {
 public:
  PartConnection(Backend& backend, Service& service, int fd)
      : Connection(backend, service, fd), part_(MakeServerPart(service.protocol, service.settings)) {
    Say(part_->Begin());
  }

 private:
  enum class Played : uint8_t { kUnit, kPartial, kFailed };

  bool Advance() override {
    while (true) {
      if (const Io io = Shake(); io != Io::kOk) return io == Io::kAgain;
      if (std::exchange(upgrading_, false) && !Say(part_->OnTlsUp())) return false;
      const Played played = ended_ ? Played::kPartial : PlayUnit();
      if (played == Played::kFailed) return false;
      if (played == Played::kUnit) continue;
      std::array<char, 16384> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init)
      size_t n = 0;
      if (const Io io = channel().Read(piece, n); io != Io::kOk) return io == Io::kAgain;
      in_.append(piece.data(), n);
    }
  }

  Played PlayUnit() {
    const protocol::Frame frame = part_->Cut(in_);
    if (frame.kind == protocol::Frame::Kind::kPartial) return Played::kPartial;
    if (frame.kind != protocol::Frame::Kind::kWhole) return CountFailure();
    const auto turn = part_->OnUnit(std::string_view(in_).substr(0, frame.size));
    if (!turn) return CountFailure();
    in_.erase(0, frame.size);
    if (!Say(turn.value().say)) return Played::kFailed;
    upgrading_ = turn.value().next == demo::Turn::Next::kUpgrade;
    if (upgrading_) BeginTls();
    if (turn.value().next == demo::Turn::Next::kEnd) {
      channel().End();
      ended_ = true;  // the peer may still send its goodbye: read until its end
    }
    return Played::kUnit;
  }

  Played CountFailure() {
    ++service().seen.failed;
    return Played::kFailed;
  }

  std::unique_ptr<demo::Part> part_;
  std::string in_;
  bool upgrading_ = false;
  bool ended_ = false;
};

/// Answers any request of nginx's mail proxy with the address of its upstream (ngx_mail_auth_http_module).
class Backend::AuthConnection final : public Connection {
 public:
  using Connection::Connection;

 private:
  bool Advance() override {
    std::array<char, 4096> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    size_t n = 0;
    const Io io = channel().Read(piece, n);
    in_.append(piece.data(), n);
    if (io != Io::kOk) return io == Io::kAgain;
    if (!in_.ends_with("\r\n\r\n")) return true;
    static constexpr std::string_view kField = "Auth-Protocol: ";
    const size_t at = in_.find(kField);
    if (at == std::string::npos) return false;
    const size_t begin = at + kField.size();
    const std::string protocol = in_.substr(begin, in_.find('\r', begin) - begin);
    const auto found = backend().services_.find(protocol + "_plain");
    if (found == backend().services_.end()) return false;
    Say(fmt::format("HTTP/1.0 200 OK\r\nAuth-Status: OK\r\nAuth-Server: 127.0.0.1\r\nAuth-Port: {}\r\n\r\n",
                    found->second->port));
    channel().End();
    return false;
  }

  std::string in_;
};

class Backend::Acceptor final : public Watched {
 public:
  Acceptor(Backend& backend, Service& service) : backend_(backend), service_(service) {
    backend.loop_.Add(service.listener, EPOLLIN, this);
  }

  void OnReady(uint32_t /*events*/) override {
    for (int i = 0; i < 64; ++i) {
      const int fd = Accept(service_.listener);
      if (fd < 0) return;
      if (service_.protocol == "raw") {
        new RawConnection(backend_, service_, fd);
      } else if (service_.protocol == "auth") {
        new AuthConnection(backend_, service_, fd);
      } else {
        new PartConnection(backend_, service_, fd);
      }
    }
  }

 private:
  Backend& backend_;
  Service& service_;
};

Backend::Backend(Loop& loop, std::string chain, std::string key)
    : loop_(loop), chain_(std::move(chain)), key_(std::move(key)) {}

Backend::~Backend() = default;

void Backend::Add(std::string_view text) {
  auto service = std::make_unique<Service>();
  const auto take = [&text](char end) {
    std::string word(text.substr(0, text.find(end)));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    return word;
  };
  service->name = take('=');
  service->protocol = take(':');
  service->mode = take(':');
  service->settings = {"legacy.example.net", service->mode == "starttls", MessageOf(service->protocol), true,
                       [&seen = service->seen, &protocol = service->protocol](std::string_view message) {
                         if (message != MessageOf(protocol)) ++seen.failed;
                       }};
  if (service->protocol != "raw" && service->protocol != "auth" &&
      !MakeServerPart(service->protocol, service->settings)) {
    Fail(fmt::format("{}: there is no protocol {}", service->name, service->protocol));
  }
  if (!service->mode.empty()) service->context = MakeServerContext(TlsOptions::Parse(text), chain_, key_);
  service->listener = Listen(0);
  service->port = PortOf(service->listener);
  services_[service->name] = std::move(service);
}

std::string Backend::Start() {
  nlohmann::json ports;
  for (auto& [name, service] : services_) {
    acceptors_.push_back(std::make_unique<Acceptor>(*this, *service));
    ports[name] = service->port;
  }
  return ports.dump();
}

std::string Backend::TakeSeen() {
  nlohmann::json all;
  for (auto& [name, service] : services_) {
    const Seen seen = std::exchange(service->seen, {});
    all[name] = {{"sessions", seen.sessions},
                 {"handshakes", seen.handshakes},
                 {"resumed", seen.resumed},
                 {"failed", seen.failed},
                 {"agreed", seen.agreed}};
  }
  return all.dump();
}

}  // namespace starlock::bench
