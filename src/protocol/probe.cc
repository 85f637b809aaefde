#include "protocol/probe.h"

#include <utility>

#include "protocol/dialects.h"

namespace starlock::protocol {
namespace {

/// A dialogue with nobody on the client's side.
class Probe final : public Dialogue {
 public:
  Probe(Env env, std::unique_ptr<Negotiator> prober) : Dialogue(std::move(env)), prober_(std::move(prober)) {}

 private:
  Frame Cut(Side side, std::string_view in) override {
    return side == Side::kServer && !settled_ ? prober_->Cut(in) : Frame::Idle();
  }

  Verdict On(Side, std::string_view unit, Out& out) override { return Apply(prober_->On(unit, out)); }

  Verdict On(Event event, Side, Out& out) override {
    switch (event) {
      case Event::kStart:
        return Verdict::Do(Act::kDial);
      case Event::kUpstreamUp:
        return Apply(prober_->Begin(out));
      case Event::kTlsUp:
        return Apply(prober_->OnTlsUp(out));
      case Event::kTlsFailed:
        break;
    }
    return Verdict::Fail(End::kHandshakeFailed, Blame::kServer, "the TLS handshake failed");
  }

  std::string Goodbye(const Failure&) const override { return {}; }

  Verdict Apply(const LegVerdict& verdict) {
    switch (verdict.act) {
      case LegVerdict::Act::kRead:
        return Verdict::Read();
      case LegVerdict::Act::kUpgrade:
        return Verdict::Do(Act::kTlsServer);
      case LegVerdict::Act::kSettled:
        settled_ = true;
        return Verdict::Do(Act::kRelay, verdict.keep);
      case LegVerdict::Act::kNoTls:
      case LegVerdict::Act::kFail:
        break;
    }
    return verdict.failure;
  }

  std::unique_ptr<Negotiator> prober_;
  bool settled_ = false;
};

}  // namespace

std::unique_ptr<Dialogue> MakeProbe(const Dialect& dialect, std::string host, Findings& findings) {
  const TlsMode mode = dialect.starttls ? TlsMode::kRequired : TlsMode::kImplicit;
  auto prober = dialect.make_prober(host, findings);
  return std::make_unique<Probe>(Env{std::move(host), TlsMode::kOff, mode}, std::move(prober));
}

}  // namespace starlock::protocol
