#include "protocol/core/paired.h"

#include <utility>

namespace starlock::protocol {

Paired::Paired(Env env, Parts parts) : Dialogue(std::move(env)), parts_(std::move(parts)), prologue_(Dialogue::env()) {
  if (parts_.server_chats) LetServerChat();
}

Frame Paired::Cut(Side side, std::string_view in, Scan& scan) {
  if (filter_) return filter_->Cut(side, in, scan);
  if (awaits_first_unit_) return side == Side::kClient ? parts_.first_unit(in) : Frame::Idle();
  const auto& leg = legs_[Index(side)];
  return leg ? leg->Cut(in, scan) : Frame::Idle();
}

Act Paired::On(Side side, std::string_view unit, Out& out) {
  if (filter_) return filter_->On(side, unit, out);
  if (std::exchange(awaits_first_unit_, false)) return Dial{.keep = true};
  return Apply(side, legs_[Index(side)]->On(unit, out), out);
}

Act Paired::On(Event event, Side side, Out& out) {
  switch (event) {
    case Event::kStart:
      prologue_.client_tls = tls_up(Side::kClient);
      return Start(out);
    case Event::kUpstreamUp:
      prologue_.server_tls = tls_up(Side::kServer);
      return BeginLeg(side, out);
    case Event::kTlsUp:
      (side == Side::kClient ? prologue_.client_tls : prologue_.server_tls) = true;
      if (filter_) {
        out.client() += filter_->TlsGreeting();
        return filter_->OnTlsUp();
      }
      return Apply(side, legs_[Index(side)]->OnTlsUp(out), out);
    case Event::kTlsFailed:
      break;
  }
  prologue_.greeting.clear();
  prologue_.introduced = false;
  return OnServerTlsFailed(out);
}

// A request for each address goes to the next one, whatever the result of this one, until none is left.
Act Paired::OnFailure(const Failure& failure) {
  if (prologue_.for_each.empty()) return Dialogue::OnFailure(failure);
  if (failure.blame == Blame::kServer && failure.end != End::kTimeout) {
    if (std::exchange(delivered_, false)) {
      delivered_any_ = true;
    } else {
      undelivered_ = failure;
    }
    return Dial{.next = true};
  }
  if (failure.end != End::kClosed || failure.blame != Blame::kNone) return Dialogue::OnFailure(failure);
  if (!delivered_any_) return Fail{undelivered_};
  return Fail::Told(End::kClosed, Blame::kNone, "the request was sent to every address that could be reached");
}

Act Paired::Start(Out& out) {
  if (parts_.server_first) return Dial{};
  awaits_first_unit_ = parts_.first_unit != nullptr;
  return awaits_first_unit_ ? Read{} : BeginLeg(Side::kClient, out);
}

Act Paired::BeginLeg(Side side, Out& out) {
  auto& leg = legs_[Index(side)];
  leg = side == Side::kServer ? parts_.server_leg(prologue_) : parts_.client_leg(prologue_);
  return Apply(side, leg->Begin(out), out);
}

Act Paired::Apply(Side side, const LegAct& act, Out& out) {
  if (Is<Read>(act)) return Read{};
  if (Is<StartTls>(act)) return Upgrade{side};
  if (const auto* settled = std::get_if<Settled>(&act)) return Settle(side, settled->keep, out);
  if (const auto* no_tls = std::get_if<NoTls>(&act)) {
    if (auto fail = GoOnWithoutTls(*no_tls, out)) return *std::move(fail);
    return Settle(side, false, out);
  }
  return std::get<Fail>(act);
}

// One leg is settled: start the other one, or let both meet.
Act Paired::Settle(Side side, bool keep, Out& out) {
  legs_[Index(side)].reset();
  if (side == Side::kServer && !prologue_.for_each.empty()) {
    if (env().server == TlsMode::kRequired && !prologue_.server_tls) {
      return Fail{{End::kInternal, Blame::kProxy, "the server leg has no TLS, but requires it"}};
    }
    delivered_ = true;
    out.server() += prologue_.for_each;
    return Read{};
  }
  ReachMeetingPoint(side);
  Act act = negotiated() ? Meet() : side == Side::kClient ? Act(Dial{}) : BeginLeg(Side::kClient, out);
  return keep ? Keeping(std::move(act)) : act;
}

bool Paired::Filters() const {
  if (parts_.filters != nullptr) return parts_.filters(prologue_);
  // A client leg that is `off` may never upgrade: its STARTTLS must be refused, even if the server leg has TLS.
  return !prologue_.client_tls || !prologue_.server_tls;
}

Act Paired::Meet() {
  if (!parts_.filter || !Filters()) return Relay{};
  filter_ = parts_.filter(prologue_);
  return filter_->Begin();
}

}  // namespace starlock::protocol
