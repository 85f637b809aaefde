#include "facing.h"

#include <gtest/gtest.h>

#include <utility>

namespace starlock::test {

std::string ToString(const Pairing& p) {
  std::string text(p.protocol);
  for (const TlsMode mode : {p.client, p.sidecar, p.front, p.upstream}) text += " " + std::string(ToString(mode));
  return text + (p.upgrades ? ", upgrading" : ", declining");
}

bool Upgrading(TlsMode mode) { return mode == TlsMode::kOpportunistic || mode == TlsMode::kRequired; }

std::vector<Pairing> AllPairings(std::string_view protocol) {
  std::vector<Pairing> pairings;
  for (const TlsMode client : kModes) {
    for (const TlsMode sidecar : kModes) {
      for (const TlsMode front : kModes) {
        if ((sidecar == TlsMode::kImplicit) != (front == TlsMode::kImplicit)) continue;
        for (const TlsMode upstream : kModes) {
          for (const bool upgrades : {false, true}) {
            if (!(upgrades ? Upgrading(client) : client != TlsMode::kRequired)) continue;
            pairings.push_back({protocol, client, sidecar, front, upstream, upgrades});
          }
        }
      }
    }
  }
  return pairings;
}

Chain::Chain(const Pairing& pairing, size_t piece, Peer& client, MakePeer server)
    : pairing_(pairing),
      piece_(piece),
      client_(client),
      make_server_(std::move(server)),
      sidecar_(Stage({pairing.protocol, pairing.client, pairing.sidecar})),
      front_(std::make_unique<DialogueDriver>(Stage({pairing.protocol, pairing.front, pairing.upstream}))) {}

void Chain::Run() {
  sidecar_.Start();
  if (pairing_.client != TlsMode::kImplicit) {
    client_began_ = true;
    from_client_ += client_.Begin();
  }
  for (int turns = 0; turns < 20000; ++turns) {
    if (!Turn()) return;
  }
  FAIL() << "it never came to rest";
}

bool Chain::Turn() {
  bool moved = FinishSidecar() || FinishFront() || Handshake();
  for (DialogueDriver* driver : {&sidecar_, front_.get()}) {
    if (!driver->data_pending()) continue;
    driver->Data(protocol::DataEvent::Kind::kReady);
    moved = true;
  }
  moved = CarryFrom(from_client_, [this](std::string_view b) { sidecar_.Arrive(Side::kClient, b); }) || moved;
  moved = Carry(sidecar_, Side::kServer, to_front_, [this](std::string_view b) { front_->Arrive(Side::kClient, b); }) ||
          moved;
  moved = Carry(*front_, Side::kServer, to_server_,
                [this](std::string_view b) {
                  served_ += b;
                  from_server_ += server_->Take(b);
                }) ||
          moved;
  moved = CarryFrom(from_server_, [this](std::string_view b) { front_->Arrive(Side::kServer, b); }) || moved;
  moved =
      Carry(*front_, Side::kClient, to_sidecar_, [this](std::string_view b) { sidecar_.Arrive(Side::kServer, b); }) ||
      moved;
  moved = Carry(sidecar_, Side::kClient, to_client_,
                [this](std::string_view b) {
                  heard_ += b;
                  from_client_ += client_.Take(b);
                }) ||
          moved;
  return moved;
}

bool Chain::Carry(const DialogueDriver& from, Side to, Wire& wire,
                  const std::function<void(std::string_view)>& receive) {
  wire.bytes += from.said(to).substr(wire.sent);
  wire.sent = from.said(to).size();
  return CarryFrom(wire.bytes, receive);
}

bool Chain::CarryFrom(std::string& bytes, const std::function<void(std::string_view)>& receive) const {
  if (bytes.empty()) return false;
  const std::string piece = bytes.substr(0, piece_);
  bytes.erase(0, piece_);
  receive(piece);
  return true;
}

// Dials, and the client's handshake.
bool Chain::FinishSidecar() {
  if (sidecar_.act() == ActKind::kDial) {
    if (sidecar_.dials() > 1) {  // the old connection is gone, and so is what was on its wires
      front_ = std::make_unique<DialogueDriver>(Stage({pairing_.protocol, pairing_.front, pairing_.upstream}));
      to_sidecar_ = to_server_ = {};
      to_front_ = {sidecar_.said(Side::kServer).size(), {}};
      from_server_.clear();
      server_.reset();
    }
    front_->Start();
    sidecar_.Succeed();
    return true;
  }
  if (sidecar_.act() != ActKind::kTlsClient || !to_client_.bytes.empty() ||
      sidecar_.said(Side::kClient).size() != to_client_.sent) {
    return false;
  }
  sidecar_.Succeed();
  from_client_ += std::exchange(client_began_, true) ? client_.TlsUp() : client_.Begin();
  return true;
}

// Dials, and the handshake with the server.
bool Chain::FinishFront() {
  if (front_->act() == ActKind::kDial) {
    server_ = make_server_();
    from_server_.clear();
    served_.clear();
    to_server_ = {front_->said(Side::kServer).size(), {}};
    front_->Succeed();
    if (pairing_.upstream == TlsMode::kImplicit) front_->Succeed();
    from_server_ += server_->Begin();
    return true;
  }
  if (front_->act() != ActKind::kTlsServer || !to_server_.bytes.empty() ||
      front_->said(Side::kServer).size() != to_server_.sent) {
    return false;
  }
  front_->Succeed();
  from_server_ += server_->TlsUp();
  return true;
}

// TLS between the two proxies comes up when both have begun it.
bool Chain::Handshake() {
  if (sidecar_.act() != ActKind::kTlsServer || front_->act() != ActKind::kTlsClient) return false;
  EXPECT_EQ(to_front_.bytes + to_sidecar_.bytes, "") << "nothing is under way when TLS begins";
  sidecar_.Succeed();
  front_->Succeed();
  return true;
}

void Chain::ExpectMet() const {
  const bool between =
      pairing_.sidecar == TlsMode::kImplicit || (Upgrading(pairing_.sidecar) && Upgrading(pairing_.front));
  // Where SMTP's filter ends depends on what the server lists.
  if (pairing_.protocol != "smtp" && pairing_.protocol != "lmtp") {
    EXPECT_EQ(sidecar_.act(), ActKind::kRelay);
    EXPECT_EQ(front_->act(), ActKind::kRelay);
  }
  EXPECT_EQ(sidecar_.tls_up(Side::kServer), between);
  EXPECT_EQ(front_->tls_up(Side::kClient), between);
  EXPECT_EQ(front_->tls_up(Side::kServer), pairing_.upstream != TlsMode::kOff);
  EXPECT_EQ(sidecar_.tls_up(Side::kClient),
            pairing_.client == TlsMode::kImplicit || (pairing_.upgrades && Upgrading(pairing_.client)));
}

}  // namespace starlock::test
