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

  void Use(size_t n) {
    rest.remove_prefix(n);
    used += n;
  }
};

Dialogue::Dialogue(Env env) : env_(std::move(env)) {}

Step Dialogue::Advance(std::string_view client, std::string_view server, Out& out) {
  Input input[2] = {{client}, {server}};
  Step step;
  bool moved = !over_;
  while (moved && step.act == Act::kRead) {
    moved = false;
    // The server first: what it has said already comes before what the client asks next.
    for (const Side side : {Side::kServer, Side::kClient}) {
      if (step.act != Act::kRead || !TakeUnit(side, input[Index(side)], out, step)) continue;
      moved = true;
      input[Index(Other(side))].waiting = false;
    }
  }
  for (const size_t i : {Index(Side::kClient), Index(Side::kServer)}) {
    step.used[i] = input[i].used;
    step.kept[i] = input[i].waiting;
  }
  return step;
}

// Cuts and judges one unit. False: nothing moved.
bool Dialogue::TakeUnit(Side side, Input& input, Out& out, Step& step) {
  if (!Listening(side) || input.waiting || input.rest.empty()) return false;
  const Frame frame = Cut(side, input.rest);
  switch (frame.kind) {
    case Frame::Kind::kIdle:
      return false;
    case Frame::Kind::kPartial:
      if (input.rest.size() < kMaxUnit) return false;
      step = Finish(Verdict::Fail(End::kProtocolError, BlameOf(side), "a unit is too long"), out);
      return true;
    case Frame::Kind::kBad:
      step = Finish(Verdict::Fail(End::kProtocolError, BlameOf(side), frame.why), out);
      return true;
    case Frame::Kind::kWhole:
      break;
  }
  if (frame.size > kMaxUnit) {
    step = Finish(Verdict::Fail(End::kProtocolError, BlameOf(side), "a unit is too long"), out);
    return true;
  }
  const size_t spoken = out.server().size();
  Verdict verdict = On(side, input.rest.substr(0, frame.size), out);
  if (verdict.keep) {
    input.waiting = true;
  } else {
    input.Use(frame.size);
  }
  if (const Verdict judged = Judge(side, input.rest, verdict, out.server().size() > spoken); judged.act != verdict.act) {
    out.server().resize(spoken);  // to a server that breaks the order nothing more is said
    verdict = judged;
  }
  step = Finish(verdict, out);
  return !verdict.keep || verdict.act != Act::kRead;
}

// The server leg's invariant: nothing may lie there when it is our turn, or TLS's.
Verdict Dialogue::Judge(Side side, std::string_view rest, const Verdict& verdict, bool spoke) const {
  if (side != Side::kServer || rest.empty()) return verdict;
  if (verdict.act == Act::kTlsServer) {
    return Verdict::Fail(End::kPlaintextAfterStarttls, Blame::kServer, "the server spoke on after its go-ahead");
  }
  const bool secured = at_meeting_point_[Index(Side::kServer)] || tls_up(Side::kServer);
  if (spoke && !secured) {
    return Verdict::Fail(End::kProtocolError, Blame::kServer, "the server answered before it was asked");
  }
  return verdict;
}

Step Dialogue::Notify(Event event, Side side, Out& out) {
  switch (event) {
    case Event::kStart:
    case Event::kUpstreamUp:
      connected_[Index(side)] = true;
      tls_[Index(side)] = Tls::kNone;
      at_meeting_point_[Index(side)] = false;
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
  return Finish(On(event, side, out), out);
}

Step Dialogue::Abandon(Failure failure, Out& out) {
  return Finish(Verdict::Fail(failure.end, failure.blame, failure.why), out);
}

Blame Dialogue::waiting_for() const {
  if (tls_[Index(Side::kClient)] == Tls::kPending) return Blame::kClient;
  const bool server_owes = connected_[Index(Side::kServer)] && !at_meeting_point_[Index(Side::kServer)];
  return server_owes ? Blame::kServer : Blame::kClient;
}

Step Dialogue::Finish(const Verdict& verdict, Out& out) {
  Step step;
  step.act = verdict.act;
  step.failure = verdict.failure;
  switch (verdict.act) {
    case Act::kRead:
      break;
    case Act::kDial:
      connected_[Index(Side::kServer)] = false;
      break;
    case Act::kTlsClient:
    case Act::kTlsServer:
      tls_[verdict.act == Act::kTlsClient ? 0 : 1] = Tls::kPending;
      break;
    case Act::kRelay:
      over_ = true;
      break;
    case Act::kFail:
      over_ = true;
      step.failure = Explain(verdict.failure);
      // In mid-handshake there is no way to say anything.
      if (!verdict.said && tls_[Index(Side::kClient)] != Tls::kPending) out.client() += Goodbye(step.failure);
      break;
  }
  return step;
}

bool Dialogue::Listening(Side side) const { return connected_[Index(side)] && tls_[Index(side)] != Tls::kPending; }

}  // namespace starlock::protocol
