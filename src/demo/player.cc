#include "demo/player.h"

#include <fmt/core.h>

#include <utility>

#include "demo/tap.h"

namespace starlock::demo {

Player::Player(net::Loop& loop, std::unique_ptr<Part> part, Tls tls, std::function<void()> on_over)
    : part_(std::move(part)), tls_(tls), on_over_(std::move(on_over)), channel_(loop, *this) {}

void Player::Open(std::unique_ptr<buffer::Stream> stream) {
  channel_.Open(std::move(stream));
  channel_.Write(part_->Begin());
}

void Player::OnInput() {
  while (phase_ == Phase::kTalk && PlayUnit()) continue;
  // Closing follows: OnClosed tells whether the part had come to its end.
  if (channel_.ended()) channel_.End();
}

// False: the input holds no complete unit, or the part reads no more in plaintext.
bool Player::PlayUnit() {
  const protocol::Frame frame = part_->Cut(channel_.input);
  if (frame.kind == protocol::Frame::Kind::kBad) {
    Finish(fmt::format("malformed input: {}", frame.why));
    return false;
  }
  if (frame.kind != protocol::Frame::Kind::kWhole) return false;
  const std::string unit = channel_.input.substr(0, frame.size);
  channel_.input.erase(0, frame.size);
  auto turn = part_->OnUnit(unit);
  if (!turn) {
    Finish(turn.error().detail);
    return false;
  }
  channel_.Write(turn->say);
  switch (turn->next) {
    case Turn::Next::kContinue:
      return true;
    case Turn::Next::kUpgrade:
      Upgrade();
      break;
    case Turn::Next::kEnd:
      phase_ = Phase::kDone;
      channel_.End();
      break;
    case Turn::Next::kAwaitEnd:
      phase_ = Phase::kDone;
      break;
  }
  return false;
}

void Player::Upgrade() {
  phase_ = Phase::kHandshake;
  if (tls_.server != nullptr) {
    channel_.AcceptTls(*tls_.server);
  } else if (!channel_.input.empty()) {
    Finish("plaintext received where the TLS handshake should start");
  } else if (tls_.client != nullptr) {
    channel_.ConnectTls(*tls_.client);
  }
}

void Player::OnTls(const tls::TlsInfo& info) {
  phase_ = Phase::kTalk;
  info_ = info;
  channel_.Write(part_->OnTlsUp());
  OnInput();
}

void Player::OnClosed(const Error& error) {
  if (error) return Finish(fmt::format("connection failed: {}", error.detail));
  Finish(phase_ == Phase::kDone ? "" : "the peer closed the connection in the middle of the session");
}

void Player::Finish(std::string trouble) {
  if (std::exchange(phase_, Phase::kOver) == Phase::kOver) return;
  trouble_ = std::move(trouble);
  on_over_();
}

Result<std::unique_ptr<PartServer>> PartServer::Open(net::Loop& loop, MakePart make_part, tls::ServerContext* tls) {
  auto socket = BindLoopback();
  if (!socket) return socket.error();
  std::unique_ptr<PartServer> server(new PartServer());
  auto listener = net::Listener::Create(
      loop, std::move(socket).value(),
      [&loop, server = server.get(), make_part = std::move(make_part), tls](std::unique_ptr<buffer::Stream> stream,
                                                                            const net::SocketAddress&) {
        const Player::Tls with{tls, nullptr};
        server->sessions_.push_back(std::make_unique<Player>(loop, make_part(), with, [] {}));
        server->sessions_.back()->Open(std::move(stream));
      },
      [](const Error&) {});
  if (!listener) return listener.error();
  server->listener_ = std::move(listener).value();
  return server;
}

HostPort PartServer::address() const { return {listener_->address().HostString(), listener_->address().port()}; }

std::optional<tls::TlsInfo> PartServer::tls() const {
  return sessions_.empty() ? std::nullopt : sessions_.back()->tls();
}

}  // namespace starlock::demo
