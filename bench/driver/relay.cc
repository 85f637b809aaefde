#include "driver/relay.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "driver/loop.h"
#include "driver/sockets.h"

namespace starlock::bench {
namespace {

class Pair;

/// One of the two sockets of a pair.
class Side final : public Watched {
 public:
  Side(Pair& pair, int fd) : pair_(pair), fd_(fd) {}
  ~Side() override { close(fd_); }
  Side(const Side&) = delete;
  Side& operator=(const Side&) = delete;
  void OnReady(uint32_t events) override;

  Pair& pair_;
  int fd_;
  std::string waiting_;  ///< unsent bytes, until this socket is writable
  bool ended_ = false;   ///< its peer has ended its direction
  bool watched_ = false;
};

struct Shared {
  Shared() = default;
  ~Shared();
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  Loop loop;
  uint16_t to = 0;
  size_t size = 0;
  char* buffer = nullptr;  ///< page-aligned; shared by all connections, because unsent bytes are copied out of it
  std::vector<std::unique_ptr<Pair>>
      over;  ///< destroyed after the turn, which may still hold an event of the other side
};

class Pair {
 public:
  Pair(Shared& shared, int client, int server) : shared_(shared), sides_{Side(*this, client), Side(*this, server)} {
    for (Side& side : sides_) shared.loop.Add(side.fd_, EPOLLIN, &side);
  }

  void OnReady(Side& side, uint32_t events) {
    if (over_) return;
    if (side.ended_ && (events & EPOLLERR) != 0) return Over();
    if ((events & EPOLLOUT) != 0 && !side.waiting_.empty() && !Put(side, side.waiting_, true)) return Over();
    // One read per turn, as other proxies do, so that all connections have their turn.
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !side.ended_ && Other(side).waiting_.empty()) {
      const ssize_t n = recv(side.fd_, shared_.buffer, shared_.size, 0);
      if (n < 0 && errno != EAGAIN) return Over();
      if (n == 0) {
        side.ended_ = true;
        shutdown(Other(side).fd_, SHUT_WR);
      }
      if (n > 0 && !Put(Other(side), {shared_.buffer, static_cast<size_t>(n)}, false)) return Over();
    }
    if (sides_[0].ended_ && sides_[1].ended_) return Over();
    Watch(sides_[0]);
    Watch(sides_[1]);
  }

 private:
  Side& Other(Side& side) { return &side == sides_.data() ? sides_[1] : sides_[0]; }

  static bool Put(Side& side, std::string_view bytes, bool waited) {
    const ssize_t n = send(side.fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) return false;
    const size_t sent = n < 0 ? 0 : static_cast<size_t>(n);
    if (waited) {
      side.waiting_.erase(0, sent);
    } else {
      side.waiting_.assign(bytes.substr(sent));
    }
    return true;
  }

  void Watch(Side& side) {
    const bool reads = !side.ended_ && Other(side).waiting_.empty();
    const uint32_t events = (reads ? EPOLLIN : 0U) | (side.waiting_.empty() ? 0U : EPOLLOUT);
    uint32_t& now = events_[&side == sides_.data() ? 0 : 1];
    if (events != now) shared_.loop.Change(side.fd_, events, &side);
    now = events;
  }

  void Over() {
    over_ = true;
    shared_.over.emplace_back(this);  // until now, it owned itself
  }

  Shared& shared_;
  std::array<Side, 2> sides_;
  std::array<uint32_t, 2> events_ = {EPOLLIN, EPOLLIN};
  bool over_ = false;
};

Shared::~Shared() = default;

class RelayListener final : public Watched {
 public:
  RelayListener(Shared& shared, int fd) : shared_(shared), fd_(fd) { shared.loop.Add(fd, EPOLLIN, this); }

  void OnReady(uint32_t /*events*/) override {
    for (int i = 0; i < 16; ++i) {
      const int client = Accept(fd_);
      if (client < 0) return;
      new Pair(shared_, client, Connect(shared_.to));
    }
  }

 private:
  Shared& shared_;
  int fd_;
};

void Side::OnReady(uint32_t events) { pair_.OnReady(*this, events); }

}  // namespace

void RunRelay(uint16_t from, uint16_t to, size_t buffer) {
  Shared shared;
  shared.to = to;
  shared.size = buffer;
  shared.buffer = static_cast<char*>(std::aligned_alloc(4096, buffer));
  const RelayListener listener(shared, Listen(from));
  while (true) {
    shared.loop.Turn(std::chrono::hours(1));
    shared.over.clear();
  }
}

}  // namespace starlock::bench
