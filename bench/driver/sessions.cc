#include "driver/sessions.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <string>

#include "driver/parts.h"

namespace starlock::bench {
namespace {

/// Starts clients until all sessions are done.
class Sessions {
 public:
  Sessions(Target& target, const SessionsOrder& order)
      : target_(target),
        order_(order),
        settings_{"client.example.org", order.starttls, MessageOf(order.protocol), false,
                  [this](std::string_view message) { OnMessage(message); }} {
    if (!MakeClientPart(order.protocol, settings_)) Fail(fmt::format("there is no protocol {}", order.protocol));
  }
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;

  void Run(uint64_t count) {
    left_ = count;
    received_ = 0;
    for (uint64_t i = 0; i < std::min(order_.at_once, count); ++i) StartOne();
    while (running_ > 0) loop_.Turn(std::chrono::seconds(30));
    if (ClientReceives(order_.protocol) && received_ != count) Fail("a session ended without its message");
  }

 private:
  class Session;
  void StartOne();
  void Done(Session* session);

  void OnMessage(std::string_view message) {
    if (message != settings_.message) Fail("received a message that differs from what was sent");
    ++received_;
  }

  Loop loop_;
  Blocks blocks_;
  Target& target_;
  const SessionsOrder& order_;
  const demo::PartSettings settings_;
  uint64_t left_ = 0;
  uint64_t running_ = 0;
  uint64_t received_ = 0;
};

/// Plays a client part. Ends the program where a session does not go as it should.
class Sessions::Session final : public Client {
 public:
  explicit Session(Sessions& sessions)
      : Client(sessions.loop_, sessions.blocks_, sessions.target_),
        sessions_(sessions),
        part_(MakeClientPart(sessions.order_.protocol, sessions.settings_)) {}

 private:
  enum class Phase : uint8_t {
    kBegin,
    kTalk,
    kHandshake,
    kAwaitEnd,  ///< the server ends its direction first
    kClosing,   ///< our direction has ended
  };

  Io Advance() override {
    if (phase_ == Phase::kBegin && !Say(part_->Begin())) return Io::kFailed;
    if (phase_ == Phase::kHandshake && !Say(part_->OnTlsUp())) return Io::kFailed;
    if (phase_ == Phase::kBegin || phase_ == Phase::kHandshake) phase_ = Phase::kTalk;
    while (phase_ == Phase::kTalk) {
      if (PlayUnit() || phase_ != Phase::kTalk) continue;
      if (const Io io = ReadMore(); io != Io::kOk) return io;
    }
    if (phase_ == Phase::kHandshake) return Io::kAgain;  // BeginTls was called: the base class does the handshake
    if (phase_ == Phase::kAwaitEnd) {
      const Io io = in_.empty() ? ReadMore() : Io::kOk;
      if (io == Io::kOk) Fail(fmt::format("received bytes after the goodbye: {}", in_.substr(0, 200)));
      if (io != Io::kEnd) return io;
      Close();
    }
    return DrainInput();
  }

  /// False: there is no whole unit, or the part has changed the phase.
  bool PlayUnit() {
    const protocol::Frame frame = part_->Cut(in_);
    if (frame.kind == protocol::Frame::Kind::kPartial) return false;
    if (frame.kind != protocol::Frame::Kind::kWhole) Fail(frame.why);
    const auto turn = part_->OnUnit(std::string_view(in_).substr(0, frame.size));
    if (!turn) Fail(turn.error().detail);
    in_.erase(0, frame.size);
    if (!Say(turn.value().say)) Fail("cannot send");
    switch (turn.value().next) {
      case demo::Turn::Next::kContinue:
        return true;
      case demo::Turn::Next::kUpgrade:
        if (!in_.empty()) Fail("received plaintext where TLS must start");
        phase_ = Phase::kHandshake;
        BeginTls();
        break;
      case demo::Turn::Next::kEnd:
        Close();
        break;
      case demo::Turn::Next::kAwaitEnd:
        phase_ = Phase::kAwaitEnd;
        break;
    }
    return false;
  }

  bool Say(std::string_view text) {
    if (text.empty()) return true;
    size_t n = 0;
    return channel().Write(text, n) != Io::kFailed && n == text.size();
  }

  Io ReadMore() {
    std::array<char, 16384> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init): only what was read is used
    size_t n = 0;
    const Io io = channel().Read(piece, n);
    in_.append(piece.data(), n);
    return io;
  }

  void Close() {
    phase_ = Phase::kClosing;
    channel().End();
  }

  /// The server may still send its goodbye. Closing now would answer it with a reset, which real clients do not do.
  Io DrainInput() {
    std::array<char, 512> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    while (true) {
      size_t n = 0;
      const Io io = channel().Read(piece, n);
      if (io == Io::kAgain) return io;
      if (io == Io::kEnd || io == Io::kFailed) return Io::kOk;
    }
  }

  void OnDone() override { sessions_.Done(this); }
  const char* Where() const override { return "a session"; }

  Sessions& sessions_;
  const std::unique_ptr<demo::Part> part_;
  Phase phase_ = Phase::kBegin;
  std::string in_;
};

void Sessions::StartOne() {
  --left_;
  ++running_;
  new Session(*this);  // owned by Done
}

void Sessions::Done(Session* session) {
  delete session;
  --running_;
  if (left_ > 0) StartOne();
}

}  // namespace

nlohmann::json RunSessions(Target& target, const SessionsOrder& order) {
  Sessions sessions(target, order);
  if (order.resume) {
    SSL_CTX_set_app_data(target.context.get(), &target);
    SSL_CTX_sess_set_new_cb(target.context.get(), [](SSL* ssl, SSL_SESSION* session) {
      static_cast<Target*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->session.reset(session);
      return 1;
    });
    sessions.Run(1);
    if (!target.session) Fail("the proxy sent no session ticket");
    SSL_CTX_sess_set_new_cb(target.context.get(), nullptr);
  }
  target.resumed = 0;
  Rendezvous();
  const auto begun = Clock::now();
  const double cpu = CpuSeconds();
  sessions.Run(order.count);
  const std::chrono::duration<double> seconds = Clock::now() - begun;
  return {{"seconds", seconds.count()},
          {"load_cpu", CpuSeconds() - cpu},
          {"agreed", target.agreed},
          {"resumed", target.resumed}};
}

}  // namespace starlock::bench
