#include "protocol/core/dialogue.h"

#include <utility>

namespace starlock::protocol {

/// One side's input during one Advance.
struct Dialogue::Input {
  std::string_view rest;
  size_t used = 0;
  bool waiting = false;  ///< its unit was kept; look again after the other side makes progress
  bool upgrade = false;  ///< while `waiting`: Wait::upgrade
  bool unheard = false;  ///< the last Cut said kIdle

  void Use(size_t n) {
    rest.remove_prefix(n);
    used += n;
  }
};

/// The size of Out before a dialect's turn, so that its output can be withdrawn.
class Dialogue::Mark {
 public:
  explicit Mark(Out& out)
      : out_(out), sizes_{out.client().size(), out.server().size()}, notes_(out.notes.size()), data_(out.data.size()) {}

  bool SpokeToServer() const { return out_.server().size() > sizes_[Index(Side::kServer)]; }

  void TakeBack() {
    for (const Side side : {Side::kClient, Side::kServer}) out_.to[Index(side)].resize(sizes_[Index(side)]);
    out_.notes.resize(notes_);
    out_.data.resize(data_);
  }

 private:
  Out& out_;
  size_t sizes_[2];
  size_t notes_;
  size_t data_;
};

Dialogue::Dialogue(Env env) : env_(std::move(env)) {}

Step Dialogue::Advance(std::string_view client, std::string_view server, Out& out) {
  Input inputs[2] = {{client}, {server}};
  Step step;
  bool moved = !over_;
  while (moved && Is<Read>(step.act) && out.client().size() + out.server().size() < kMaxSaid) {
    moved = false;
    // The server first: its replies so far precede the client's next command.
    for (const Side side : {Side::kServer, Side::kClient}) {
      if (!Is<Read>(step.act) || !TakeUnit(side, inputs, out, step)) continue;
      moved = true;
      inputs[Index(Other(side))].waiting = false;
    }
  }
  for (const size_t i : {Index(Side::kClient), Index(Side::kServer)}) {
    step.used[i] = inputs[i].used;
    step.kept[i] = inputs[i].waiting || (inputs[i].unheard && negotiated());
  }
  const Input& of_client = inputs[Index(Side::kClient)];
  step.kept_upgrade = of_client.waiting && of_client.upgrade;
  return step;
}

// Cuts and handles one unit. Returns false if no progress was made.
bool Dialogue::TakeUnit(Side side, Input (&inputs)[2], Out& out, Step& step) {
  Input& input = inputs[Index(side)];
  input.unheard = false;
  if (!Listening(side) || input.waiting || input.rest.empty()) return false;
  const std::string_view shown = input.rest.substr(0, kMaxUnit);
  const Frame frame = Cut(side, shown, scans_[Index(side)]);
  Act act;
  switch (frame.kind) {
    case Frame::Kind::kIdle:
      input.unheard = true;
      return false;
    case Frame::Kind::kPartial:
      if (shown.size() < kMaxUnit) return false;
      act = Fail{{End::kProtocolError, BlameOf(side), "line or message too long"}};
      break;
    case Frame::Kind::kBad:
      act = Fail{{End::kProtocolError, BlameOf(side), frame.why}};
      break;
    case Frame::Kind::kExcess:
      act = Fail{{End::kLimit, BlameOf(side), frame.why}};
      break;
    case Frame::Kind::kWhole:
      act = JudgeUnit(side, inputs, frame.size, out);
      break;
  }
  const bool waits = Is<Wait>(act);
  step = Finish(std::move(act), out);
  return !waits;
}

// Hands the unit to the dialect, and withdraws its output if that would break the server leg's invariant.
Act Dialogue::JudgeUnit(Side side, Input (&inputs)[2], size_t size, Out& out) {
  Input& input = inputs[Index(side)];
  const bool was_negotiating = ServerLegNegotiates();
  Mark mark(out);
  Act act = On(side, input.rest.substr(0, size), out);
  if (Keeps(act)) {
    const auto* wait = std::get_if<Wait>(&act);
    input.waiting = true;
    input.upgrade = wait != nullptr && wait->upgrade;
  } else {
    input.Use(size);
  }
  const bool spoke = mark.SpokeToServer();
  if (was_negotiating && !Is<Fail>(act) && !inputs[Index(Side::kServer)].rest.empty()) {
    const auto* upgrade = std::get_if<Upgrade>(&act);
    if (upgrade != nullptr && upgrade->side == Side::kServer) {
      mark.TakeBack();
      return Fail{{End::kPlaintextAfterStarttls, Blame::kServer, "the server sent plaintext after its go-ahead"}};
    }
    if (spoke || (asked_ && !server_chats_ && !ServerLegNegotiates())) {
      mark.TakeBack();
      return Fail{{End::kProtocolError, Blame::kServer, "the server answered before it was asked"}};
    }
  }
  asked_ = asked_ || spoke;
  return act;
}

Step Dialogue::Notify(Event event, Side side, Out& out) {
  switch (event) {
    case Event::kStart:
    case Event::kUpstreamUp:
      connected_[Index(side)] = true;
      if (mode(side) == TlsMode::kImplicit) return Finish(Upgrade{side}, out);
      break;
    case Event::kTlsUp:
      tls_[Index(side)] = Tls::kUp;
      if (mode(side) == TlsMode::kImplicit) event = side == Side::kClient ? Event::kStart : Event::kUpstreamUp;
      break;
    case Event::kTlsFailed:
      tls_[Index(side)] = Tls::kNone;
      break;
  }
  const Mark mark(out);
  Act act = On(event, side, out);
  asked_ = asked_ || mark.SpokeToServer();
  return Finish(std::move(act), out);
}

Step Dialogue::NotifyData(const DataEvent& event, Out& out) {
  if (over_) return {};
  const Mark mark(out);
  Act act = OnData(event, out);
  asked_ = asked_ || mark.SpokeToServer();
  return Finish(std::move(act), out);
}

Act Dialogue::OnData(const DataEvent& /*event*/, Out& /*out*/) {
  return Fail{{End::kInternal, Blame::kProxy, "unexpected event of a data connection"}};
}

Step Dialogue::Abandon(Failure failure, Out& out) { return Finish(Fail{std::move(failure)}, out); }

Blame Dialogue::waiting_for() const {
  for (const Side side : {Side::kClient, Side::kServer}) {
    if (tls_[Index(side)] == Tls::kPending) return BlameOf(side);
  }
  return dialled_ && !at_meeting_point_[Index(Side::kServer)] ? Blame::kServer : Blame::kClient;
}

// Every act of a dialect passes through here. An act can change which cutter is asked next, so all scans start anew.
Step Dialogue::Finish(Act act, Out& out) {
  for (Scan& scan : scans_) scan = {};
  const bool server_bare = env_.server == TlsMode::kRequired && !tls_up(Side::kServer);
  if (at_meeting_point_[Index(Side::kServer)] && server_bare && !Is<Fail>(act)) {
    act = Fail{{End::kInternal, Blame::kProxy, "the server leg has no TLS although it is required"}};
  }
  if (Is<Relay>(act) && env_.client == TlsMode::kRequired && !tls_up(Side::kClient)) {
    act = Fail{{End::kTlsRequired, Blame::kClient, "the client did not upgrade to TLS"}};
  }
  if (const auto* fail = std::get_if<Fail>(&act); fail != nullptr && !fail->told) act = OnFailure(fail->failure);

  Step step;
  if (Is<Wait>(act)) return step;
  if (Is<Dial>(act)) {
    dialled_ = true;
    asked_ = false;
    connected_[Index(Side::kServer)] = false;
    tls_[Index(Side::kServer)] = Tls::kNone;
    at_meeting_point_[Index(Side::kServer)] = false;
  } else if (const auto* upgrade = std::get_if<Upgrade>(&act)) {
    tls_[Index(upgrade->side)] = Tls::kPending;
  } else if (Is<Relay>(act)) {
    over_ = true;
  } else if (auto* fail = std::get_if<Fail>(&act)) {
    if (!fail->told && CanSpeakToClient()) {
      const std::string goodbye = Goodbye(fail->failure);
      out.client() += goodbye;
      fail->told = !goodbye.empty();
    }
    fail->failure = Explain(std::move(fail->failure));
    over_ = true;
  }
  step.act = std::move(act);
  return step;
}

Failure Dialogue::Explain(Failure failure) const {
  const bool left = failure.end == End::kClosed || failure.end == End::kReset || failure.end == End::kTimeout ||
                    failure.end == End::kProtocolError || failure.end == End::kLimit;
  if (left && failure.blame != Blame::kServer && RefusedForWantOfTls() && !tls_up(Side::kClient)) {
    failure.end = End::kTlsRequired;
    failure.blame = Blame::kClient;
    failure.why = "the client did not upgrade to TLS";
  }
  return failure;
}

Act Dialogue::OnServerTlsFailed(Out& out) {
  if (env_.server != TlsMode::kOpportunistic) {
    return Fail{{End::kHandshakeFailed, Blame::kServer, "the TLS handshake with the server failed"}};
  }
  out.Note("the TLS handshake with the server failed: reconnecting in plaintext");
  GiveUpServerTls();
  return Dial{};
}

std::optional<Fail> Dialogue::GoOnWithoutTls(const NoTls& no_tls, Out& out) {
  if (env_.server != TlsMode::kOpportunistic || !no_tls.possible) return no_tls.AsFail();
  out.Note(no_tls.end == End::kStarttlsNotOffered
               ? "the server does not offer the upgrade to TLS: continuing in plaintext"
               : "the server refused the upgrade to TLS: continuing in plaintext");
  return std::nullopt;
}

bool Dialogue::Listening(Side side) const {
  return connected_[Index(side)] && tls_[0] != Tls::kPending && tls_[1] != Tls::kPending;
}

bool Dialogue::CanSpeakToClient() const {
  const Tls tls = tls_[Index(Side::kClient)];
  return !over_ && BetweenUnits() && tls != Tls::kPending && (env_.client != TlsMode::kImplicit || tls == Tls::kUp);
}

}  // namespace starlock::protocol
