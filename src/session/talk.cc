#include "session/talk.h"

#include <algorithm>
#include <utility>

namespace starlock::session {

using protocol::Event;
using protocol::Failure;
using protocol::Index;
using protocol::Is;

namespace {

// How long a client that has ended waits for the server's next bytes, if its last input depends on them: a pipelined
// command after a login, or a request before the greeting.
constexpr std::chrono::milliseconds kEndPatience{4000};

constexpr char kTlsHandshake = '\x16';  // the first byte of TLS (RFC 8446 5.1, ContentType)

// What a stream that closed during a talk means.
Failure Explain(Side side, bool upgraded, const Error& error) {
  const bool client = side == Side::kClient;
  const auto failure = [&](End end, const char* of_client, const char* of_server) {
    return Failure{end, BlameOf(side), client ? of_client : of_server, error.detail};
  };
  switch (error.code) {
    case ErrorCode::kNotTls:
      if (!upgraded) {
        return failure(End::kHandshakeFailed, "the client did not speak TLS", "the server did not speak TLS");
      }
      return failure(End::kPlaintextAfterStarttls, "the client requested TLS, then sent plaintext",
                     "the server agreed to TLS, then sent plaintext");
    case ErrorCode::kVerifyFailed:
      return failure(End::kVerifyFailed, "the client's certificate was refused",
                     "the server's certificate was refused");
    case ErrorCode::kHandshakeFailed:
      return failure(End::kHandshakeFailed, "TLS handshake with the client failed",
                     "TLS handshake with the server failed");
    case ErrorCode::kTls:
      return failure(End::kProtocolError, "TLS with the client failed", "TLS with the server failed");
    case ErrorCode::kNone:
      return failure(End::kClosed, "the client closed the connection during negotiation",
                     "the server closed the connection during negotiation");
    case ErrorCode::kReset:
    case ErrorCode::kConnectFailed:
    case ErrorCode::kResolveFailed:
    case ErrorCode::kTimeout:
    case ErrorCode::kSystem:
    case ErrorCode::kInvalid:
      break;
  }
  return failure(End::kReset, "the client reset the connection", "the server reset the connection");
}

}  // namespace

Talk::Talk(TalkOwner& owner, net::Loop& loop, Legs& legs, const protocol::Dialect& dialect,
           std::unique_ptr<protocol::Dialogue> dialogue)
    : owner_(owner), loop_(loop), legs_(legs), dialect_(dialect), dialogue_(std::move(dialogue)) {}

void Talk::Start(bool refuse) {
  refuses_ = refuse;
  Tell(Event::kStart, Side::kClient);
}

void Talk::Stop() {
  over_ = true;
  patience_.reset();
}

void Talk::UpstreamUp() {
  dialling_ = false;
  patience_.reset();
  Tell(Event::kUpstreamUp, Side::kServer);
}

void Talk::Notify(const protocol::DataEvent& event) {
  if (over_) return;
  protocol::Out out;
  Perform(dialogue_->NotifyData(event, out), out);
  Pump();
}

void Talk::Abandon(Failure failure) {
  if (over_) return;
  dialling_ = false;
  protocol::Out out;
  Perform(dialogue_->Abandon(std::move(failure), out), out);
}

void Talk::Drain() {
  drains_ = true;
  LeaveIfDrained();
}

// A drain waits for the current transfer and for the reply that completes it. An established session ends by itself, or
// is stopped after drain_timeout.
void Talk::LeaveIfDrained() {
  if (!drains_ || over_ || owner_.InTransfer() || dialogue_->InTransfer() || dialogue_->Established()) return;
  Abandon({End::kDrained, Blame::kNone, "shutting down"});
}

// The legs' events.

// The leg may be replaced before Pump returns, but lives until the end of the turn.
void Talk::OnData(Side side, buffer::Chain& in) {
  owner_.OnMoved(side, 0);
  if (side == Side::kServer) patience_.reset();
  Leg& leg = legs_[side];
  leg.Offer(in);
  Pump();
  leg.input().Keep();
}

void Talk::OnWritable(Side side) {
  owner_.OnMoved(protocol::Other(side), 0);
  Pump();
}

void Talk::OnEnd(Side /*side*/) { PassOnEnds(); }

void Talk::OnClosed(Side side, const Error& error) {
  Closed(side, error, legs_[side].state() == Leg::State::kHandshaking);
}

void Talk::OnHandshake(Side side, const tls::TlsInfo& info) {
  owner_.OnMoved(side, 0);
  patience_.reset();
  owner_.OnTls(side, info);
  Tell(Event::kTlsUp, side);
}

void Talk::Closed(Side side, const Error& error, bool handshaking) {
  if (legs_[Side::kClient].finished() || legs_[Side::kServer].finished()) {
    return owner_.OnLegClosed(side, legs_.Close(side, error));
  }
  const bool refused = error.code == ErrorCode::kVerifyFailed || error.code == ErrorCode::kNotTls;
  if (side == Side::kServer && handshaking && !refused) {
    owner_.OnServerTlsFailed(error);
    legs_.Close(side);
    handshake_detail_ = error.detail;
    return Tell(Event::kTlsFailed, side);
  }
  Failure failure = Explain(side, legs_[side].upgraded(), error);
  legs_.Close(side);
  Abandon(std::move(failure));
}

// The dialogue.

void Talk::Tell(Event event, Side side) {
  protocol::Out out;
  const protocol::Step step = dialogue_->Notify(event, side, out);
  const auto* upgrade = std::get_if<protocol::Upgrade>(&step.act);
  const bool can_speak = upgrade == nullptr || upgrade->side != Side::kClient;
  if (refuses_ && can_speak) return Abandon({End::kLimit, Blame::kProxy, "too many connections"});
  Perform(step, out);
  Pump();
}

void Talk::Pump() {
  if (pumping_) return;
  pumping_ = true;
  // While one leg is congested, neither leg's input is processed: a peer makes us buffer at most one read of output.
  while (!over_ && !legs_.congested()) {
    ReachMeetingPoint();  // bytes forwarded from here on belong to the application
    protocol::Out out;
    const protocol::Step step =
        dialogue_->Advance(legs_[Side::kClient].input().view(), legs_[Side::kServer].input().view(), out);
    for (const Side side : {Side::kClient, Side::kServer}) {
      legs_[side].Use(step.used[Index(side)]);
      kept_[Index(side)] = step.kept[Index(side)];
    }
    kept_upgrade_ = step.kept_upgrade;
    Perform(step, out);
    if (Is<protocol::Read>(step.act) && step.used[0] == 0 && step.used[1] == 0) break;
  }
  pumping_ = false;
  if (over_) return;
  ReachMeetingPoint();
  PassOnEnds();
  LeaveIfDrained();
}

void Talk::Perform(const protocol::Step& step, protocol::Out& out) {
  Send(out);
  for (const protocol::DataRequest& request : out.data) owner_.OnDataRequest(request);
  if (const auto* dial = std::get_if<protocol::Dial>(&step.act)) return Dial(dial->next);
  if (const auto* upgrade = std::get_if<protocol::Upgrade>(&step.act)) return BeginTls(upgrade->side);
  if (Is<protocol::Relay>(step.act)) {
    over_ = true;
    if (std::exchange(negotiating_, false)) owner_.OnMeetingPoint();
    return owner_.OnRelay();
  }
  if (const auto* fail = std::get_if<protocol::Fail>(&step.act)) {
    over_ = true;
    Failure failure = fail->failure;
    if (failure.detail.empty()) failure.detail = std::move(handshake_detail_);
    owner_.OnFailed(failure, fail->told);
  }
}

void Talk::Send(const protocol::Out& out) {
  for (const char* note : out.notes) {
    if (std::find(notes_.begin(), notes_.end(), note) != notes_.end()) continue;
    notes_.push_back(note);
    owner_.OnNote(note);
  }
  for (const Side side : {Side::kClient, Side::kServer}) {
    const size_t written = legs_[side].Write(loop_.pool(), out.to[Index(side)]);
    if (written > 0) owner_.OnMoved(protocol::Other(side), written);
  }
}

void Talk::Dial(bool next) {
  if (!owner_.Dial(next)) {
    return Abandon({End::kClosed, Blame::kNone, "no upstream address is left", handshake_detail_});
  }
  dialling_ = negotiating_ = true;
  handshake_detail_.clear();
}

void Talk::BeginTls(Side side) {
  if (legs_[side].finished()) {
    return Abandon({End::kClosed, BlameOf(protocol::Other(side)), "the other side closed before the TLS handshake"});
  }
  if (legs_[side].end()) {  // the stream reports its end only once, so a handshake would wait for ever
    const std::string_view first = legs_[side].input().view();
    if (!first.empty() && first.front() != kTlsHandshake) {
      Failure failure = Explain(side, true, {ErrorCode::kNotTls, "the peer then closed the connection"});
      legs_.Close(side);
      return Abandon(std::move(failure));
    }
    return Closed(side, {ErrorCode::kHandshakeFailed, "the connection ended before the TLS handshake"}, true);
  }
  owner_.BeginTls(side);
}

void Talk::ReachMeetingPoint() {
  if (negotiating_ && dialogue_->negotiated()) {
    negotiating_ = false;
    owner_.OnMeetingPoint();
  }
}

// Ends.

// Handles the ends that the legs have reported, once all input before them is used.
void Talk::PassOnEnds() {
  if (pumping_) return;
  // The server's end is checked twice, because the client's end may release it.
  for (const Side side : {Side::kServer, Side::kClient, Side::kServer}) {
    if (over_) return;
    // While a leg is congested, input before an end may be unused. OnWritable comes back here.
    if (legs_.congested() && !legs_[side].input().empty()) continue;
    if (dialogue_->negotiated()) {
      PassOnEnd(side);
    } else {
      FailAtEnd(side);
    }
  }
}

// During the negotiation, an end fails the session. A client may have sent everything, and ended, before the server was
// ready; without an upgrade that may be no bytes. It waits for a while.
void Talk::FailAtEnd(Side side) {
  Leg& leg = legs_[side];
  if (!leg.end() || leg.state() == Leg::State::kHandshaking) return;
  const bool kept = kept_[Index(side)] && !leg.input().empty();
  if (side == Side::kServer && kept) return;
  const bool client_may_wait = !leg.input().empty() || !dialect_.starttls;
  if (side == Side::kClient && !impatient_ && (kept || (client_may_wait && waiting_for() == Blame::kServer))) {
    return AwaitServer();
  }
  const bool cut = *leg.end() == buffer::StreamEnd::kTruncated;
  Failure failure = Explain(side, leg.upgraded(), {});
  if (cut) failure.end = End::kTruncated;
  Abandon(std::move(failure));
}

// Passes an end on through the filter, which stays active while either side may still send. Questions that the server
// has not answered do not delay it. Input that waits for the other side stops waiting once that side has ended. The
// server's last partial unit is passed on to the client. The client's is not passed on to the server, because the
// filter could not check it.
void Talk::PassOnEnd(Side side) {
  Leg& from = legs_[side];
  Leg& to = legs_.other(side);
  if (from.state() == Leg::State::kHandshaking) return;
  if (to.state() == Leg::State::kHandshaking) {
    if (from.end()) Abandon({End::kClosed, BlameOf(side), "the other side closed during a TLS handshake"});
    return;
  }
  const bool kept = kept_[Index(side)] && !from.input().empty();
  if (kept && MayBecomePassable(side)) return;
  // The kept input may end within a unit. The rest of that unit must not be parsed as a new unit.
  if (kept && side == Side::kClient) from.Discard();
  if (!from.end() || to.finished()) return;
  if (side == Side::kServer) {
    const size_t written = to.Write(loop_.pool(), from.input().view());
    if (written > 0) owner_.OnMoved(side, written);
  }
  from.input().Clear();
  if (!legs_.PassOnEnd(side)) owner_.OnTruncated(side);
}

// Whether kept input of `side` is still worth waiting for: the other side's progress may allow it to be passed on.
bool Talk::MayBecomePassable(Side side) {
  Leg& from = legs_[side];
  if (from.finished()) return false;
  if (side == Side::kServer || !from.end()) return true;
  // A client that has ended cannot make a TLS handshake. Its STARTTLS, and what follows that, will never cross.
  if (kept_upgrade_ || impatient_) return false;
  AwaitServer();
  return true;
}

void Talk::AwaitServer() {
  if (patience_ == nullptr) patience_ = std::make_unique<net::Timer>(loop_, [this] { OnPatienceOver(); });
  if (!patience_->running()) patience_->Start(kEndPatience);
}

void Talk::OnPatienceOver() {
  if (owner_.InTransfer() || dialogue_->InTransfer()) return AwaitServer();
  impatient_ = true;
  PassOnEnds();
}

}  // namespace starlock::session
