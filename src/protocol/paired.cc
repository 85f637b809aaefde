#include "protocol/paired.h"

#include <utility>

namespace starlock::protocol {
namespace {

class Settled final : public Negotiator {
 public:
  LegVerdict Begin(Out&) override { return LegVerdict::Settled(); }
  Frame Cut(std::string_view) override { return Frame::Idle(); }
  LegVerdict On(std::string_view, Out&) override { return LegVerdict::Settled(); }
};

}  // namespace

LegVerdict LegVerdict::NoTls(End end, bool possible) {
  const char* why = end == End::kStarttlsNotOffered ? "the server does not offer the upgrade to TLS"
                                                    : "the server refused the upgrade to TLS";
  return {.act = Act::kNoTls, .possible = possible, .failure = Verdict::Fail(end, Blame::kServer, why)};
}

std::unique_ptr<Negotiator> SettledNegotiator() { return std::make_unique<Settled>(); }

Paired::Paired(Env env, Parts parts) : Dialogue(std::move(env)), parts_(std::move(parts)), prologue_(Dialogue::env()) {
  if (parts_.server_chats) LetServerChat();
}

Frame Paired::Cut(Side side, std::string_view in) {
  if (filter_) return filter_->Cut(side, in);
  if (awaits_first_unit_) return side == Side::kClient ? parts_.first_unit(in) : Frame::Idle();
  const auto& leg = legs_[Index(side)];
  return leg ? leg->Cut(in) : Frame::Idle();
}

Verdict Paired::On(Side side, std::string_view unit, Out& out) {
  if (filter_) return filter_->On(side, unit, out);
  if (std::exchange(awaits_first_unit_, false)) return Verdict::Do(Act::kDial, true);
  return Apply(side, legs_[Index(side)]->On(unit, out), out);
}

Verdict Paired::On(Event event, Side side, Out& out) {
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
  if (env().server != TlsMode::kOpportunistic) {
    return Verdict::Fail(End::kHandshakeFailed, Blame::kServer, "the TLS handshake with the server failed");
  }
  out.note = "the TLS handshake with the server failed: dialling again, in plaintext";
  GiveUpServerTls();
  prologue_.greeting.clear();
  prologue_.introduced = false;
  return Verdict::Do(Act::kDial);
}

// What is for each address goes on to the next, whatever became of this one, until there is none left.
Verdict Paired::Judge(const Failure& failure) {
  if (prologue_.for_each.empty()) return Dialogue::Judge(failure);
  if (failure.blame == Blame::kServer && failure.end != End::kTimeout) {
    if (std::exchange(told_, false)) {
      told_any_ = true;
    } else {
      untold_ = failure;
    }
    return Verdict::Do(Act::kDialNext);
  }
  if (failure.end != End::kClosed || failure.blame != Blame::kNone) return Dialogue::Judge(failure);
  return told_any_ ? Verdict::Close(End::kClosed, Blame::kNone, "every server that could be had was told")
                   : Verdict::Fail(untold_.end, untold_.blame, untold_.why);
}

// "Closed" and its like hide what matters to an operator: that this client never upgraded.
Failure Paired::Explain(Failure failure) const {
  const bool left = failure.end == End::kClosed || failure.end == End::kReset || failure.end == End::kTimeout ||
                    failure.end == End::kProtocolError || failure.end == End::kLimit;
  if (left && failure.blame != Blame::kServer && prologue_.refused && !prologue_.client_tls) {
    return {End::kTlsRequired, Blame::kClient, "the client never upgraded to TLS"};
  }
  return failure;
}

Verdict Paired::Start(Out& out) {
  if (parts_.server_first) return Verdict::Do(Act::kDial);
  awaits_first_unit_ = parts_.first_unit != nullptr;
  return awaits_first_unit_ ? Verdict::Read() : BeginLeg(Side::kClient, out);
}

Verdict Paired::BeginLeg(Side side, Out& out) {
  auto& leg = legs_[Index(side)];
  leg = side == Side::kServer ? parts_.server(prologue_) : parts_.client(prologue_);
  return Apply(side, leg->Begin(out), out);
}

Verdict Paired::Apply(Side side, const LegVerdict& verdict, Out& out) {
  switch (verdict.act) {
    case LegVerdict::Act::kRead:
      return Verdict::Read();
    case LegVerdict::Act::kUpgrade:
      return Verdict::Do(side == Side::kClient ? Act::kTlsClient : Act::kTlsServer);
    case LegVerdict::Act::kSettled:
      return Settle(side, verdict.keep, out);
    case LegVerdict::Act::kNoTls:
      if (env().server != TlsMode::kOpportunistic || !verdict.possible) break;
      out.note = verdict.failure.failure.end == End::kStarttlsNotOffered
                     ? "the server does not offer the upgrade to TLS: going on in plaintext"
                     : "the server refused the upgrade to TLS: going on in plaintext";
      return Settle(side, false, out);
    case LegVerdict::Act::kFail:
      break;
  }
  return verdict.failure;
}

// One leg is where it must be: on to the other one, or the two meet.
Verdict Paired::Settle(Side side, bool keep, Out& out) {
  if (side == Side::kServer && env().server == TlsMode::kRequired && !prologue_.server_tls) {
    return Verdict::Fail(End::kInternal, Blame::kProxy, "the server leg has not got the TLS that it must have");
  }
  legs_[Index(side)].reset();
  if (side == Side::kServer && !prologue_.for_each.empty()) {
    told_ = true;
    out.server() += prologue_.for_each;
    return Verdict::Read();
  }
  ReachMeetingPoint(side);
  if (negotiated()) return Meet(keep);
  Verdict next = side == Side::kClient ? Verdict::Do(Act::kDial) : BeginLeg(Side::kClient, out);
  next.keep = keep;
  return next;
}

bool Paired::Filters() const {
  if (parts_.filters != nullptr) return parts_.filters(prologue_);
  const bool may_upgrade = env().client == TlsMode::kOpportunistic && !prologue_.client_tls;
  return may_upgrade || !prologue_.server_tls;
}

Verdict Paired::Meet(bool keep) {
  if (!parts_.filter || !Filters()) return Verdict::Do(Act::kRelay, keep);
  filter_ = parts_.filter(prologue_);
  Verdict verdict = filter_->Begin();
  verdict.keep = keep;
  return verdict;
}

}  // namespace starlock::protocol
