#include "driver/sessions.h"

#include <algorithm>
#include <array>
#include <span>

#include "driver/dialects.h"

namespace starlock::bench {
namespace {

/// Starts clients until all sessions are done.
class Sessions {
 public:
  Sessions(Target& target, const SessionsOrder& order)
      : target_(target), order_(order), script_(ClientScript(order.protocol, order.starttls)) {
    if (script_.empty()) Fail("no such protocol");
  }

  void Run(uint64_t count) {
    left_ = count;
    for (uint64_t i = 0; i < std::min(order_.at_once, count); ++i) StartOne();
    while (running_ > 0) loop_.Turn(std::chrono::seconds(30));
  }

 private:
  class Session;
  void StartOne();
  void Done(Session* session);

  Loop loop_;
  Blocks blocks_;
  Target& target_;
  const SessionsOrder& order_;
  std::vector<Step> script_;
  uint64_t left_ = 0;
  uint64_t running_ = 0;
};

class Sessions::Session final : public Client {
 public:
  explicit Session(Sessions& sessions)
      : Client(sessions.loop_, sessions.blocks_, sessions.target_), sessions_(sessions) {}

 private:
  Io Advance() override {
    const std::vector<Step>& script = sessions_.script_;
    while (true) {
      if (closing_) return AwaitEnd();
      const Step& step = script[at_];
      if (!said_) {
        size_t n = 0;
        if (const Io io = channel().Write(step.say, n); io != Io::kOk) return n == step.say.size() ? io : Io::kFailed;
        said_ = true;
        if (step.until == Until::kEnd && !step.say.empty()) channel().End();  // an unbind: we end first
      }
      bool good = false;
      if (Whole(step, in_, good)) {
        if (!good) Fail(("a wrong answer at step " + std::to_string(at_) + ": " + in_.substr(0, 200)).c_str());
        in_.clear();
        said_ = false;
        if (++at_ == script.size()) Close();
        if (step.upgrade) {
          BeginTls();
          return Io::kAgain;
        }
        continue;
      }
      std::array<char, 16384> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init): all that is used is read
      size_t n = 0;
      const Io io = channel().Read(piece, n);
      in_.append(piece.data(), n);
      if (io != Io::kEnd && io != Io::kFailed) {
        if (io == Io::kAgain) return io;
        continue;
      }
      // After our own goodbye a reset is an end too.
      if (step.until != Until::kEnd || !in_.empty() || (io == Io::kFailed && step.say.empty())) return io;
      Close();
    }
  }

  void Close() {
    closing_ = true;
    channel().End();
  }

  /// Whoever is still there may say goodbye: a reset in its face is not what clients do.
  Io AwaitEnd() {
    std::array<char, 512> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    while (true) {
      size_t n = 0;
      const Io io = channel().Read(piece, n);
      if (io == Io::kAgain) return io;
      if (io == Io::kEnd || io == Io::kFailed) return Io::kOk;
    }
  }

  void OnDone() override { sessions_.Done(this); }
  const char* Where() const override { return where_.c_str(); }

  Sessions& sessions_;
  size_t at_ = 0;
  bool said_ = false;
  bool closing_ = false;
  std::string in_;
  std::string where_ = "a session";
};

void Sessions::StartOne() {
  --left_;
  ++running_;
  new Session(*this);  // owns itself until it is done
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
    if (!target.session) Fail("no ticket was given");
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
