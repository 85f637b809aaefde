#pragma once

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/core/dialogue.h"
#include "support/act_kind.h"

namespace starlock::test {

using protocol::Blame;
using protocol::End;
using protocol::Event;
using protocol::Side;

/// A violated promise of the code under test, for gtest and fuzzers alike: says it, and ends the process.
inline void Demand(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

/// Stands in for the session around a Dialogue, without sockets or TLS: keeps what was read, shows it, keeps what was
/// said, and passes bytes on once the relay has begun. TLS is only an event here: what arrives on a leg whose handshake
/// is under way is kept in `to_tls`, and what arrives afterwards is what TLS would have decrypted. Demands, at every
/// step, what a Dialogue promises to its session.
class DialogueDriver {
 public:
  explicit DialogueDriver(std::unique_ptr<protocol::Dialogue> dialogue) : dialogue_(std::move(dialogue)) {}

  /// The client is here. Carries on until the dialogue first waits for bytes: dials, and does implicit handshakes.
  void Open() {
    Start();
    while (act_ != ActKind::kRead && !over()) Succeed();
  }
  void Start() { Tell(Event::kStart, Side::kClient); }

  /// A peer's bytes.
  void Arrive(Side side, std::string_view bytes) {
    switch (act_) {
      case ActKind::kFail:
        return;
      case ActKind::kRelay:
        said_[protocol::Index(Other(side))] += bytes;
        return;
      case ActKind::kTlsClient:
      case ActKind::kTlsServer:
        if (side == Handshaking()) {
          to_tls_[protocol::Index(side)] += bytes;
          return;
        }
        break;
      case ActKind::kDial:
      case ActKind::kDialNext:
        if (side == Side::kServer) return;  // of the connection that was dropped, if there was one
        break;
      case ActKind::kRead:
      case ActKind::kWait:
        break;
    }
    input(side) += bytes;
    Pump();
  }

  /// What the dialogue asked for is done: the upstream is connected, or the handshake is over.
  void Succeed() {
    const ActKind done = std::exchange(act_, ActKind::kRead);
    const bool dialled = done == ActKind::kDial || done == ActKind::kDialNext;
    Demand(dialled || done == ActKind::kTlsClient || done == ActKind::kTlsServer, "nothing was asked for");
    if (dialled) {
      Tell(Event::kUpstreamUp, Side::kServer);
    } else {
      Tell(Event::kTlsUp, done == ActKind::kTlsClient ? Side::kClient : Side::kServer);
    }
  }
  /// The handshake with the server failed.
  void FailTls() {
    Demand(std::exchange(act_, ActKind::kRead) == ActKind::kTlsServer, "no handshake with the server is under way");
    Tell(Event::kTlsFailed, Side::kServer);
  }
  /// What became of the data connection that was asked for.
  void Data(protocol::DataEvent::Kind kind, std::string_view host = "192.0.2.1", uint16_t port = 50000) {
    data_pending_ = false;
    protocol::Out out;
    Take(dialogue_->NotifyData({kind, host, port}, out), out);
    if (act_ == ActKind::kRead) Pump();
  }
  void Abandon(protocol::Failure failure) {
    protocol::Out out;
    const protocol::Step step = dialogue_->Abandon(failure, out);
    Demand(KindOf(step.act) == ActKind::kFail || KindOf(step.act) == ActKind::kDialNext,
           "Abandon ends the session, or tries elsewhere");
    Demand(act_ != ActKind::kRelay || out.client().empty(), "there is no goodbye in what is relayed");
    Take(step, out);
  }

  /// What the session is doing: kRead (waiting for bytes), or the last act that is not done yet.
  ActKind act() const { return act_; }
  bool over() const { return act_ == ActKind::kFail || act_ == ActKind::kRelay; }
  const protocol::Failure& failure() const { return failure_; }
  const protocol::Dialogue& dialogue() const { return *dialogue_; }
  /// All that was sent to a side, the relay's bytes included.
  const std::string& said(Side side) const { return said_[protocol::Index(side)]; }
  /// What the last handshake of a leg was given of what had come before it or during it.
  const std::string& to_tls(Side side) const { return to_tls_[protocol::Index(side)]; }
  /// All that the dialogue used of a side's input.
  const std::string& used(Side side) const { return used_[protocol::Index(side)]; }
  /// What it has not used yet.
  const std::string& unused(Side side) const { return input_[protocol::Index(side)]; }
  const std::string& notes() const { return notes_; }
  /// All that was asked of the data connection, a line each: `open 40001 listen`, `open 40001 dial 5000` (and `tls`
  /// if the client's leg is protected), `begin` and
  /// how each leg is protected, `close`.
  const std::string& data() const { return data_; }
  bool data_pending() const { return data_pending_; }
  int dials() const { return dials_; }
  bool tls_up(Side side) const { return tls_up_[protocol::Index(side)]; }

 private:
  std::string& input(Side side) { return input_[protocol::Index(side)]; }
  Side Handshaking() const { return act_ == ActKind::kTlsClient ? Side::kClient : Side::kServer; }

  void Tell(Event event, Side side) {
    if (event == Event::kTlsUp) tls_up_[protocol::Index(side)] = true;
    protocol::Out out;
    Take(dialogue_->Notify(event, side, out), out);
    if (act_ == ActKind::kRead) Pump();
  }

  void Pump() {
    protocol::Out out;
    const protocol::Step step = dialogue_->Advance(input_[0], input_[1], out);
    for (const Side side : {Side::kClient, Side::kServer}) {
      const size_t used = step.used[protocol::Index(side)];
      Demand(used <= input(side).size(), "no more is used than there is");
      used_[protocol::Index(side)] += input(side).substr(0, used);
      input(side).erase(0, used);
      Demand(used == 0 || act_ == ActKind::kRead || (act_ == ActKind::kDial && side == Side::kClient),
             "nothing is read while a handshake is under way");
    }
    const bool busy = act_ != ActKind::kRead;
    Demand(!busy || (KindOf(step.act) == ActKind::kRead && out.client().empty() && out.server().empty()),
           "nothing is said or done while a handshake or a dial is under way");
    Take(step, out);
    if (KindOf(step.act) != ActKind::kRead) return;
    if (out.client().size() + out.server().size() >= protocol::kMaxSaid) return Pump();
    DemandRest();
  }

  // What was left unused once is left unused again.
  void DemandRest() {
    protocol::Out out;
    const protocol::Step step = dialogue_->Advance(input_[0], input_[1], out);
    Demand(KindOf(step.act) == ActKind::kRead && step.used[0] == 0 && step.used[1] == 0,
           "the same input moves nothing twice");
    Demand(out.client().empty() && out.server().empty(), "the same input says nothing twice");
  }

  void Take(const protocol::Step& step, protocol::Out& out) {
    for (const Side side : {Side::kClient, Side::kServer}) {
      said_[protocol::Index(side)] += out.to[protocol::Index(side)];
    }
    // The session says each note once.
    for (const char* note : out.notes) {
      if (notes_.find(note) == std::string::npos) notes_ += std::string(note) + "\n";
    }
    for (const protocol::DataRequest& request : out.data) Note(request);
    if (KindOf(step.act) == ActKind::kRead) return;
    act_ = KindOf(step.act);
    switch (act_) {
      case ActKind::kRead:
      case ActKind::kWait:
        break;
      case ActKind::kDial:
      case ActKind::kDialNext:
        ++dials_;
        input(Side::kServer).clear();
        tls_up_[1] = false;
        break;
      case ActKind::kTlsClient:
      case ActKind::kTlsServer:
        to_tls_[protocol::Index(Handshaking())] = std::exchange(input(Handshaking()), {});
        Demand(act_ == ActKind::kTlsClient || to_tls_[1].empty(), "the server's input is empty when TLS begins");
        break;
      case ActKind::kRelay:
        for (const Side side : {Side::kClient, Side::kServer}) {
          said_[protocol::Index(Other(side))] += std::exchange(input(side), {});
        }
        break;
      case ActKind::kFail:
        failure_ = FailureOf(step.act);
        break;
    }
  }

  void Note(const protocol::DataRequest& request) {
    using Kind = protocol::DataRequest::Kind;
    switch (request.kind) {
      case Kind::kOpen:
        Demand(!request.tls[0] || tls_up(Side::kClient), "data is no better protected than its session");
        data_ += "open " + std::to_string(request.server_port) +
                 (request.client_port == 0 ? " listen" : " dial " + std::to_string(request.client_port)) +
                 (request.tls[0] ? " tls\n" : "\n");
        data_pending_ = true;
        break;
      case Kind::kBegin:
        Demand(!data_pending_, "no transfer begins before its connection is there");
        for (const Side side : {Side::kClient, Side::kServer}) {
          Demand(!request.tls[protocol::Index(side)] || tls_up(side), "data is no better protected than its session");
        }
        data_ += std::string("begin ") + (request.tls[0] ? "tls " : "clear ") + (request.tls[1] ? "tls\n" : "clear\n");
        break;
      case Kind::kClose:
        data_ += "close\n";
        data_pending_ = false;
        break;
    }
  }

  std::unique_ptr<protocol::Dialogue> dialogue_;
  ActKind act_ = ActKind::kRead;
  protocol::Failure failure_;
  std::string input_[2];
  std::string used_[2];
  std::string said_[2];
  std::string to_tls_[2];
  std::string notes_;
  std::string data_;
  bool data_pending_ = false;
  bool tls_up_[2] = {false, false};
  int dials_ = 0;
};

}  // namespace starlock::test
