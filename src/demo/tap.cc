#include "demo/tap.h"

#include <algorithm>
#include <utility>

#include "net/connector.h"

namespace starlock::demo {

/// One connection and the one that it is forwarded to.
class Tap::Splice {
 public:
  Splice(Tap& tap, std::unique_ptr<buffer::Stream> client) : tap_(tap) {
    ends_[0].stream = std::move(client);
    connector_ = std::make_unique<net::Connector>(
        tap.loop_, tap.resolver_, std::vector{tap.target_}, std::chrono::milliseconds(0),
        [this](Result<net::Connector::Connected> connected) { OnConnected(std::move(connected)); });
  }

  bool finished() const { return ends_[0].closed && ends_[1].closed; }

 private:
  struct End final : buffer::StreamHandler {
    End(Splice& splice, Side from) : owner(splice), side(from) {}

    void OnData(buffer::Chain& in) override {
      owner.tap_.recording_.Add(side, in.ToString());
      owner.Opposite(*this).stream->Write(std::exchange(in, {}));
    }
    void OnWritable() override {}
    void OnEnd(buffer::StreamEnd end) override { owner.Opposite(*this).stream->End(end); }
    void OnClosed(const Error& error) override {
      closed = true;
      if (error) return owner.Break();
      owner.tap_.on_finished_();
    }

    Splice& owner;
    const Side side;
    std::unique_ptr<buffer::Stream> stream;
    bool closed = false;
  };

  End& Opposite(const End& end) { return ends_[protocol::Index(protocol::Other(end.side))]; }

  void OnConnected(Result<net::Connector::Connected> connected) {
    if (!connected) return Break();
    ends_[1].stream = std::move(connected->stream);
    for (End& end : ends_) {
      end.stream->SetHandler(&end);
      end.stream->SetReading(true);
    }
  }

  void Break() {
    for (End& end : ends_) {
      if (end.stream && !end.closed) end.stream->Abort();
      end.closed = true;
    }
    tap_.on_finished_();
  }

  Tap& tap_;
  End ends_[2] = {{*this, Side::kClient}, {*this, Side::kServer}};
  std::unique_ptr<net::Connector> connector_;
};

Result<net::ListeningSocket> BindLoopback() {
  auto group = net::BindGroup({"127.0.0.1", 0}, 1);
  if (!group) return group.error();
  return std::move(group->front());
}

Result<std::unique_ptr<Tap>> Tap::Open(net::Loop& loop, net::Resolver& resolver, HostPort target,
                                       std::function<void()> on_finished) {
  auto socket = BindLoopback();
  if (!socket) return socket.error();
  std::unique_ptr<Tap> tap(new Tap(loop, resolver, std::move(target), std::move(on_finished)));
  auto listener = net::Listener::Create(
      loop, std::move(socket).value(),
      [tap = tap.get()](std::unique_ptr<buffer::Stream> stream, const net::SocketAddress&) {
        tap->splices_.push_back(std::make_unique<Splice>(*tap, std::move(stream)));
      },
      [](const Error&) {});
  if (!listener) return listener.error();
  tap->listener_ = std::move(listener).value();
  return tap;
}

Tap::Tap(net::Loop& loop, net::Resolver& resolver, HostPort target, std::function<void()> on_finished)
    : loop_(loop), resolver_(resolver), target_(std::move(target)), on_finished_(std::move(on_finished)) {}

Tap::~Tap() = default;

HostPort Tap::address() const { return {listener_->address().HostString(), listener_->address().port()}; }

bool Tap::finished() const {
  const auto over = [](const auto& splice) { return splice->finished(); };
  return !splices_.empty() && std::all_of(splices_.begin(), splices_.end(), over);
}

}  // namespace starlock::demo
