#include "cli/demo_player.h"

#include <utility>

#include "cli/demo_tap.h"

namespace starlock::cli {

Player::Player(net::Loop& loop, std::unique_ptr<Part> part, Tls tls, std::function<void()> on_over)
    : part_(std::move(part)), tls_(tls), on_over_(std::move(on_over)), channel_(loop, *this) {}

void Player::Open(std::unique_ptr<buffer::Stream> stream) {
  channel_.Open(std::move(stream));
  channel_.Write(part_->Begin());
}

void Player::OnInput() {
  while (!over_ && !ended_ && !handshaking_ && TakeUnit()) continue;
  if (channel_.ended() && !std::exchange(ended_, true)) {
    if (tls_.server == nullptr && tls_.client != nullptr) return;  // OnClosed says that it was left
    channel_.End();
  }
}

// False: there is nothing more to read for now.
bool Player::TakeUnit() {
  const protocol::Frame frame = part_->Cut(channel_.input);
  if (frame.kind == protocol::Frame::Kind::kBad) {
    Finish("what came is not of this protocol: " + std::string(frame.why));
    return false;
  }
  if (frame.kind != protocol::Frame::Kind::kWhole) return false;
  const std::string unit = channel_.input.substr(0, frame.size);
  channel_.input.erase(0, frame.size);
  auto turn = part_->On(unit);
  if (!turn) {
    Finish(turn.error().detail);
    return false;
  }
  channel_.Write(turn->say);
  switch (turn->next) {
    case Turn::Next::kGoOn:
      return true;
    case Turn::Next::kUpgrade:
      return Upgrade();
    case Turn::Next::kEnd:
      ended_ = true;
      channel_.End();
      break;
  }
  return false;
}

bool Player::Upgrade() {
  handshaking_ = true;
  if (tls_.server != nullptr) {
    channel_.AcceptTls(*tls_.server);
  } else if (!channel_.input.empty()) {
    Finish("plaintext came where TLS had to begin");
  } else if (tls_.client != nullptr) {
    channel_.ConnectTls(*tls_.client);
  }
  return false;
}

void Player::OnTls(const tls::TlsInfo& info) {
  handshaking_ = false;
  info_ = info;
  channel_.Write(part_->TlsUp());
  OnInput();
}

void Player::OnClosed(const Error& error) {
  if (error) return Finish("the connection broke: " + error.detail);
  Finish(ended_ ? "" : "it was left in the middle of the session");
}

void Player::Finish(std::string trouble) {
  if (std::exchange(over_, true)) return;
  trouble_ = std::move(trouble);
  on_over_();
}

Result<std::unique_ptr<DemoServer>> DemoServer::Open(net::Loop& loop, MakePart make_part, tls::ServerContext* tls) {
  auto socket = BindLoopback();
  if (!socket) return socket.error();
  std::unique_ptr<DemoServer> server(new DemoServer());
  server->listener_ = std::make_unique<net::Listener>(
      loop, std::move(socket).value(),
      [&loop, server = server.get(), make_part = std::move(make_part), tls](std::unique_ptr<buffer::Stream> stream,
                                                                            const net::SocketAddress&) {
        const Player::Tls with{tls, nullptr};
        server->sessions_.push_back(std::make_unique<Player>(loop, make_part(), with, [] {}));
        server->sessions_.back()->Open(std::move(stream));
      },
      [](const Error&) {});
  return server;
}

HostPort DemoServer::address() const { return {listener_->address().HostString(), listener_->address().port()}; }

std::optional<tls::TlsInfo> DemoServer::tls() const {
  return sessions_.empty() ? std::nullopt : sessions_.back()->tls();
}

}  // namespace starlock::cli
