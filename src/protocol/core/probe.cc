#include "protocol/core/probe.h"

#include <utility>

#include "protocol/core/dialect.h"

namespace starlock::protocol {
namespace {

/// A dialogue without a client.
class Probe final : public Dialogue {
 public:
  Probe(Env env, std::unique_ptr<Negotiator> prober) : Dialogue(std::move(env)), prober_(std::move(prober)) {}

 private:
  Frame Cut(Side side, std::string_view in, Scan& scan) override {
    return side == Side::kServer && !settled_ ? prober_->Cut(in, scan) : Frame::Idle();
  }

  Act On(Side, std::string_view unit, Out& out) override { return Apply(prober_->On(unit, out)); }

  Act On(Event event, Side, Out& out) override {
    switch (event) {
      case Event::kStart:
        return Dial{};
      case Event::kUpstreamUp:
        return Apply(prober_->Begin(out));
      case Event::kTlsUp:
        return Apply(prober_->OnTlsUp(out));
      case Event::kTlsFailed:
        break;
    }
    return Fail{{End::kHandshakeFailed, Blame::kServer, "the TLS handshake failed"}};
  }

  std::string Goodbye(const Failure&) const override { return {}; }

  Act Apply(const LegAct& act) {
    if (Is<Read>(act)) return Read{};
    if (Is<StartTls>(act)) return Upgrade{Side::kServer};
    if (const auto* settled = std::get_if<Settled>(&act)) {
      settled_ = true;
      return Relay{.keep = settled->keep};
    }
    if (const auto* no_tls = std::get_if<NoTls>(&act)) return no_tls->AsFail();
    return std::get<Fail>(act);
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
