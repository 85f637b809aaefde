// Acts one and two: the dialogue speaks, and the session does what it says.

#include <algorithm>
#include <utility>
#include <vector>

#include "session/session.h"

namespace starlock::session {

using protocol::Event;
using protocol::Failure;
using protocol::Index;

void Session::Pump() {
  if (pumping_) return;
  pumping_ = true;
  // While our words wait on one leg, the other one's wait unread: neither peer makes us hold more than is read once.
  while (phase_ == Phase::kTalk && !Congested()) {
    NoteMeetingPoint();  // what crosses from here on is the application's
    protocol::Out out;
    const protocol::Step step = dialogue_->Advance(client_.input, server_.input, out);
    for (const Side side : {Side::kClient, Side::kServer}) {
      leg(side).Use(step.used[Index(side)]);
      kept_[Index(side)] = step.kept[Index(side)];
    }
    Perform(step, out);
    if (protocol::Is<protocol::Read>(step.act) && step.used[0] == 0 && step.used[1] == 0) break;
  }
  pumping_ = false;
  if (phase_ != Phase::kTalk) return;
  NoteMeetingPoint();
  PassOnEnds();
  LeaveWhenDone();
}

void Session::Perform(const protocol::Step& step, protocol::Out& out) {
  Send(out);
  for (const protocol::DataRequest& request : out.data) Request(request);
  if (const auto* dial = std::get_if<protocol::Dial>(&step.act)) return Dial(dial->next ? target_ + 1 : 0);
  if (const auto* upgrade = std::get_if<protocol::Upgrade>(&step.act)) return BeginTls(upgrade->side);
  if (protocol::Is<protocol::Relay>(step.act)) return BeginRelay();
  if (const auto* fail = std::get_if<protocol::Fail>(&step.act)) return Fail(fail->failure, fail->told);
}

void Session::Tell(Event event, Side side) {
  protocol::Out out;
  const protocol::Step step = dialogue_->Notify(event, side, out);
  const auto* upgrade = std::get_if<protocol::Upgrade>(&step.act);
  const bool can_speak = upgrade == nullptr || upgrade->side != Side::kClient;
  if (refuse_ && can_speak) return Abandon({End::kLimit, Blame::kProxy, "too many connections"});
  Perform(step, out);
  Pump();
}

void Session::Abandon(Failure failure) {
  protocol::Out out;
  Perform(dialogue_->Abandon(std::move(failure), out), out);
}

void Session::Send(const protocol::Out& out) {
  for (const char* note : out.notes) {
    if (std::find(notes_.begin(), notes_.end(), note) != notes_.end()) continue;
    notes_.push_back(note);
    context_.log.Event(LogLevel::kWarning, note,
                       {{"listener", record_.listener}, {"client", record_.client}, {"server", record_.server}});
  }
  for (const Side side : {Side::kClient, Side::kServer}) {
    const size_t written = leg(side).Write(context_.loop.pool(), out.to[Index(side)]);
    if (met_) counter(protocol::Other(side)) += written;
  }
}

// Dials the addresses from number `first` on, in order, until one answers.
void Session::Dial(size_t first) {
  const std::vector<HostPort>& all = route_.settings->server.address;
  if (first > 0 && first >= all.size()) {
    return Abandon({End::kClosed, Blame::kNone, "there is no address left", std::move(detail_)});
  }
  // A client that upgrades may make it necessary to begin the server's leg again.
  if (!negotiating_) ArmNegotiation();
  target_ = first;
  Drop(server_);
  server_.DropInput();
  server_.ended = server_.handshaking = server_.in_tls = server_.congested = server_.finished = false;
  detail_.clear();
  if (!route_.dialect->data_alpn.empty()) server_.family = std::make_shared<tls::SessionFamily>();
  connector_ = std::make_unique<net::Connector>(
      context_.loop, context_.resolver, std::vector(all.begin() + static_cast<std::ptrdiff_t>(first), all.end()),
      route_.limits->connect_timeout,
      [this](Result<net::Connector::Connected> connected) { OnDialled(std::move(connected)); });
}

void Session::OnDialled(Result<net::Connector::Connected> connected) {
  connector_.reset();
  if (!connected) {
    target_ = route_.settings->server.address.size() - 1;  // none of those that are left
    const Error& error = connected.error();
    if (error.code == ErrorCode::kSystem) {
      return Abandon({End::kLimit, Blame::kProxy, "no connection could be made", error.detail});
    }
    const bool unresolved = error.code == ErrorCode::kResolveFailed;
    return Abandon({unresolved ? End::kResolveFailed : End::kConnectFailed, Blame::kServer, "the server is not there",
                    error.detail});
  }
  target_ += connected->target;
  server_address_ = connected->address;
  record_.server = connected->address.ToString();
  record_.server_tls = {};  // of the connection before, where there was one
  server_.stream = std::move(connected->stream);
  server_.stream->SetHandler(&server_);
  server_.stream->SetReading(true);
  Tell(Event::kUpstreamUp, Side::kServer);
}

void Session::BeginTls(Side side) {
  const TlsMode mode = side == Side::kClient ? route_.settings->client.mode : route_.settings->server.mode;
  leg(side).after_upgrade = mode != TlsMode::kImplicit;
  if (leg(side).finished) {
    return Abandon({End::kClosed, BlameOf(protocol::Other(side)), "it had ended the session where TLS would begin"});
  }
  if (leg(side).ended) {  // the stream has told so already, and TLS would wait in vain
    leg(side).handshaking = true;
    return ClosedInTalk(side, {ErrorCode::kHandshakeFailed, "the connection ended where TLS begins"});
  }
  if (side == Side::kClient) {
    client_.Accept(*route_.client_leg, context_.loop.pool(), context_.loop);
  } else {
    server_.Connect(*route_.server_leg[target_], context_.loop.pool(), context_.loop);
  }
}

void Session::NoteMeetingPoint() {
  if (!negotiating_ || !(phase_ == Phase::kRelay || dialogue_->negotiated())) return;
  negotiating_ = false;
  if (!std::exchange(met_, true)) {
    record_.negotiation = std::chrono::duration_cast<std::chrono::milliseconds>(context_.loop.now() - started_);
  }
  ArmIdle();
}

// Sees to the ends that have come, once all before them has been used.
void Session::PassOnEnds() {
  // While a peer does not read, what came before an end may not have been looked at yet: OnWritable comes back here.
  if (pumping_ || phase_ != Phase::kTalk || Congested()) return;
  // The server's once more: what it is kept for may have been the client's end.
  for (const Side side : {Side::kServer, Side::kClient, Side::kServer}) {
    if (dialogue_->negotiated()) {
      PassOnEnd(side);
      continue;
    }
    if (!leg(side).ended || leg(side).handshaking || kept_[Index(side)]) continue;
    // A client may have said all it has to say before the server was ready to hear it. Where there is no upgrade to
    // speak of, that may be nothing at all.
    const bool server_owes = connector_ != nullptr || dialogue_->waiting_for() == Blame::kServer;
    const bool may_wait = !client_.input.empty() || !route_.dialect->starttls;
    if (side == Side::kClient && may_wait && server_owes) continue;
    const bool cut = leg(side).end == buffer::StreamEnd::kTruncated;
    return Abandon({cut ? End::kTruncated : End::kClosed, BlameOf(side), "it left before the session had begun"});
  }
}

// The filter stands for as long as either side may say something. What waits there for the other one to move waits no
// longer where that has ended. The beginning of a unit is no unit: of the server's the client may make what it can, but
// no server is to guess what a client's would have been, or be given what the filter could not judge.
void Session::PassOnEnd(Side side) {
  Leg& from = leg(side);
  Leg& to = other(side);
  if (from.handshaking || to.handshaking) return;
  const bool kept = kept_[Index(side)];
  if (kept && !from.finished) return;
  // What was held may end with the first half of a unit, and the second must not be taken for one.
  if (kept && side == Side::kClient) from.Discard();
  if (!from.ended || to.finished) return;
  if (side == Side::kServer) counter(side) += to.Write(context_.loop.pool(), from.input);
  from.DropInput();
  EndedInRelay(side);
}

void Session::ClosedInTalk(Side side, const Error& error) {
  if (client_.finished || server_.finished) return ClosedInRelay(side, error);
  const bool refused_certificate = error.code == ErrorCode::kVerifyFailed || error.code == ErrorCode::kNotTls;
  if (side == Side::kServer && server_.handshaking && !refused_certificate) {
    context_.log.Event(LogLevel::kInfo, "the TLS handshake with the server failed",
                       {{"listener", record_.listener}, {"server", record_.server}, {"why", error.detail}});
    Drop(server_);
    server_.handshaking = false;
    detail_ = error.detail;
    return Tell(Event::kTlsFailed, Side::kServer);
  }
  Failure failure = Explain(side, error);
  failure.detail = error.detail;
  Drop(leg(side));
  Abandon(std::move(failure));
}

// What a closed stream means for a session that is not past its negotiation.
Failure Session::Explain(Side side, const Error& error) const {
  const Leg& closed = side == Side::kClient ? client_ : server_;
  const Blame blame = BlameOf(side);
  switch (error.code) {
    case ErrorCode::kNotTls:
      if (closed.after_upgrade) return {End::kPlaintextAfterStarttls, blame, "bytes that are not TLS where TLS begins"};
      return {End::kHandshakeFailed, blame, "bytes that are not TLS"};
    case ErrorCode::kVerifyFailed:
      return {End::kVerifyFailed, blame, "the certificate was refused"};
    case ErrorCode::kHandshakeFailed:
      return {End::kHandshakeFailed, blame, "the TLS handshake failed"};
    case ErrorCode::kTls:
      return {End::kProtocolError, blame, "a TLS record could not be opened"};
    case ErrorCode::kNone:
      return {End::kClosed, blame, "it left before the session had begun"};
    case ErrorCode::kReset:
    case ErrorCode::kConnectFailed:
    case ErrorCode::kResolveFailed:
    case ErrorCode::kTimeout:
    case ErrorCode::kSystem:
    case ErrorCode::kInvalid:
      break;
  }
  return {End::kReset, blame, "the connection was reset"};
}

void Session::Fail(const Failure& failure, bool said) {
  const bool of_handshake = failure.detail.empty() && !detail_.empty();
  Note(failure.end, failure.blame, of_handshake ? failure.Reason() + ": " + detail_ : failure.Reason());
  if (server_.open()) server_.stream->End(buffer::StreamEnd::kClean);
  Drop(server_);
  connector_.reset();
  client_.said_goodbye = said;
  if (client_.open() && said) return BeginClose();
  if (client_.open()) client_.stream->Abort();
  Done();
}

}  // namespace starlock::session
