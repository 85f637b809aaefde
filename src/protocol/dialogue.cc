#include "protocol/dialogue.h"

#include <utility>

namespace starlock::protocol {
namespace {

Blame BlameOf(Side side) { return side == Side::kClient ? Blame::kClient : Blame::kServer; }

}  // namespace

/// One side's input during one Advance.
struct Dialogue::Input {
  std::string_view rest;
  size_t used = 0;
  bool waiting = false;  ///< its unit was kept; look again when the other side has moved
  bool unheard = false;  ///< nobody listened to it when it was last looked at

  void Use(size_t n) {
    rest.remove_prefix(n);
    used += n;
  }
};

void Out::Append(const Out& more) {
  for (const Side side : {Side::kClient, Side::kServer}) to[Index(side)] += more.to[Index(side)];
  if (more.note != nullptr) note = more.note;
  data.insert(data.end(), more.data.begin(), more.data.end());
}

Dialogue::Dialogue(Env env) : env_(std::move(env)) {}

Step Dialogue::Advance(std::string_view client, std::string_view server, Out& out) {
  Input inputs[2] = {{client}, {server}};
  Step step;
  bool moved = !over_;
  while (moved && step.act == Act::kRead && out.client().size() + out.server().size() < kEnoughSaid) {
    moved = false;
    // The server first: what it has said already comes before what the client asks next.
    for (const Side side : {Side::kServer, Side::kClient}) {
      if (step.act != Act::kRead || !TakeUnit(side, inputs, out, step)) continue;
      moved = true;
      inputs[Index(Other(side))].waiting = false;
    }
  }
  for (const size_t i : {Index(Side::kClient), Index(Side::kServer)}) {
    step.used[i] = inputs[i].used;
    step.kept[i] = inputs[i].waiting || (inputs[i].unheard && negotiated());
  }
  return step;
}

// Cuts and judges one unit. False: nothing moved.
bool Dialogue::TakeUnit(Side side, Input (&inputs)[2], Out& out, Step& step) {
  Input& input = inputs[Index(side)];
  input.unheard = false;
  if (!Listening(side) || input.waiting || input.rest.empty()) return false;
  const std::string_view shown = input.rest.substr(0, kMaxUnit);
  const Frame frame = Cut(side, shown);
  Verdict verdict;
  switch (frame.kind) {
    case Frame::Kind::kIdle:
      input.unheard = true;
      return false;
    case Frame::Kind::kPartial:
      if (shown.size() < kMaxUnit) return false;
      verdict = Verdict::Fail(End::kProtocolError, BlameOf(side), "a unit is too long");
      break;
    case Frame::Kind::kBad:
      verdict = Verdict::Fail(End::kProtocolError, BlameOf(side), frame.why);
      break;
    case Frame::Kind::kWhole:
      verdict = Judge(side, inputs, frame.size, out);
      break;
  }
  step = Finish(verdict, out);
  return !verdict.keep || verdict.act != Act::kRead;
}

// What the dialect says to the unit, and whether the server leg's invariant lets it be said.
Verdict Dialogue::Judge(Side side, Input (&inputs)[2], size_t size, Out& out) {
  Input& input = inputs[Index(side)];
  const bool was_negotiating = ServerLegNegotiates();
  Out said;
  const Verdict verdict = On(side, input.rest.substr(0, size), said);
  if (verdict.keep) {
    input.waiting = true;
  } else {
    input.Use(size);
  }
  const bool spoke = !said.server().empty();
  if (was_negotiating && verdict.act != Act::kFail && !inputs[Index(Side::kServer)].rest.empty()) {
    if (verdict.act == Act::kTlsServer) {
      return Verdict::Fail(End::kPlaintextAfterStarttls, Blame::kServer, "the server spoke on after its go-ahead");
    }
    if (spoke || (asked_ && !server_chats_ && !ServerLegNegotiates())) {
      return Verdict::Fail(End::kProtocolError, Blame::kServer, "the server answered before it was asked");
    }
  }
  asked_ = asked_ || spoke;
  out.Append(said);
  return verdict;
}

Step Dialogue::Notify(Event event, Side side, Out& out) {
  switch (event) {
    case Event::kStart:
    case Event::kUpstreamUp:
      connected_[Index(side)] = true;
      if (mode(side) == TlsMode::kImplicit) {
        return Finish(Verdict::Do(side == Side::kClient ? Act::kTlsClient : Act::kTlsServer), out);
      }
      break;
    case Event::kTlsUp:
      tls_[Index(side)] = Tls::kUp;
      if (mode(side) == TlsMode::kImplicit) event = side == Side::kClient ? Event::kStart : Event::kUpstreamUp;
      break;
    case Event::kTlsFailed:
      tls_[Index(side)] = Tls::kNone;
      break;
  }
  Out said;
  const Verdict verdict = On(event, side, said);
  asked_ = asked_ || !said.server().empty();
  out.Append(said);
  return Finish(verdict, out);
}

Step Dialogue::NotifyData(const DataEvent& event, Out& out) {
  if (over_) return {};
  Out said;
  const Verdict verdict = OnData(event, said);
  asked_ = asked_ || !said.server().empty();
  out.Append(said);
  return Finish(verdict, out);
}

Verdict Dialogue::OnData(const DataEvent& /*event*/, Out& /*out*/) {
  return Verdict::Fail(End::kInternal, Blame::kProxy, "a data connection that nobody asked for");
}

Step Dialogue::Abandon(Failure failure, Out& out) {
  return Finish(Verdict::Fail(failure.end, failure.blame, failure.why), out);
}

Blame Dialogue::waiting_for() const {
  if (tls_[Index(Side::kClient)] == Tls::kPending) return Blame::kClient;
  return dialled_ && !at_meeting_point_[Index(Side::kServer)] ? Blame::kServer : Blame::kClient;
}

Step Dialogue::Finish(Verdict verdict, Out& out) {
  if (verdict.act == Act::kFail && !verdict.said) verdict = Judge(verdict.failure);
  Step step;
  step.act = verdict.act;
  step.failure = verdict.failure;
  switch (verdict.act) {
    case Act::kRead:
      break;
    case Act::kDial:
    case Act::kDialNext:
      dialled_ = true;
      asked_ = false;
      connected_[Index(Side::kServer)] = false;
      tls_[Index(Side::kServer)] = Tls::kNone;
      at_meeting_point_[Index(Side::kServer)] = false;
      break;
    case Act::kTlsClient:
    case Act::kTlsServer:
      tls_[verdict.act == Act::kTlsClient ? 0 : 1] = Tls::kPending;
      break;
    case Act::kRelay:
      over_ = true;
      break;
    case Act::kFail:
      if (!verdict.said && CanSpeakToClient()) out.client() += Goodbye(verdict.failure);
      step.said = verdict.said || !out.client().empty();
      step.failure = Explain(verdict.failure);
      over_ = true;
      break;
  }
  return step;
}

bool Dialogue::Listening(Side side) const {
  return connected_[Index(side)] && tls_[0] != Tls::kPending && tls_[1] != Tls::kPending;
}

bool Dialogue::CanSpeakToClient() const {
  const Tls tls = tls_[Index(Side::kClient)];
  return !over_ && tls != Tls::kPending && (env_.client != TlsMode::kImplicit || tls == Tls::kUp);
}

}  // namespace starlock::protocol
