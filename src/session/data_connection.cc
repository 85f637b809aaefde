#include "session/data_connection.h"

#include <utility>

#include "session/holder.h"

namespace starlock::session {

using protocol::Index;

namespace {

constexpr std::chrono::milliseconds kAfterStranger{5000};

}  // namespace

DataConnection::DataConnection(DataOwner& owner, net::Loop& loop, net::Resolver& resolver, DataEnds ends)
    : owner_(owner),
      loop_(loop),
      resolver_(resolver),
      ends_(std::move(ends)),
      legs_(loop, Legs::HangUp::kEither),
      fail_(loop, [this] { End(); }),
      deadline_(loop, [this] { OnDeadline(); }) {
  legs_.SetOwner(*this);
}

DataConnection::~DataConnection() { legs_.Abort(); }

void DataConnection::Open(uint16_t server_port, uint16_t client_port, bool client_tls) {
  client_port_ = client_port;
  if (client_port == 0 && !Listen(client_tls)) return Fail();
  Dial(Side::kServer, server_port);
}

bool DataConnection::Listen(bool client_tls) {
  arrivals_ = std::make_unique<DataArrivals>(
      loop_,
      DataArrivals::Terms{ends_.route, ends_.client.HostString(), ends_.local.HostString(), client_tls,
                          ends_.families[Index(Side::kClient)]},
      [this](std::unique_ptr<buffer::Stream> stream, bool secured) { OnArrived(std::move(stream), secured); },
      [this](DataArrivals::Stranger stranger) { OnStranger(stranger); });
  if (!arrivals_->Listen()) return false;
  port_ = arrivals_->port();
  return true;
}

// It was probably the client itself, which cannot do what is required, and will not come again: its control connection
// should not wait for long.
void DataConnection::OnStranger(DataArrivals::Stranger stranger) {
  if (stranger == DataArrivals::Stranger::kNotResumed) owner_.OnDataStranger(*this);
  const auto timeout = ends_.route.limits->negotiation_timeout;
  const bool sooner = timeout.count() == 0 || timeout > kAfterStranger;
  if (!std::exchange(hurried_, true) && sooner) deadline_.Start(kAfterStranger);
}

void DataConnection::StopListening() {
  if (arrivals_) arrivals_->Stop();
}

void DataConnection::OnArrived(std::unique_ptr<buffer::Stream> stream, bool secured) {
  if (!secured) return Connected(Side::kClient, std::move(stream));
  legs_[Side::kClient].Open(std::move(stream));
  LegReady(Side::kClient);
}

// The client, or a packet filter in front of it, expects data from the address of its control connection.
void DataConnection::Dial(Side side, uint16_t port) {
  const net::SocketAddress& peer = side == Side::kClient ? ends_.client : ends_.server;
  net::SocketAddress from;
  if (side == Side::kClient) from = ends_.local;
  from.set_port(0);
  connectors_[Index(side)] = std::make_unique<net::Connector>(
      loop_, resolver_, std::vector<HostPort>{{peer.HostString(), port}}, ends_.route.limits->connect_timeout,
      [this, side](Result<net::Connector::Connected> connected) {
        connectors_[Index(side)].reset();
        if (!connected) return Fail();
        Connected(side, std::move(connected->stream));
      },
      from);
}

void DataConnection::Connected(Side side, std::unique_ptr<buffer::Stream> stream) {
  legs_[side].Open(std::move(stream));
  if (begun()) StartLeg(side);
  if (side == Side::kServer) owner_.OnDataReady(*this, port_);
}

void DataConnection::Begin(bool client_tls, bool server_tls) {
  tls_ = {client_tls, server_tls};
  const auto patience = ends_.route.limits->negotiation_timeout;
  if (patience.count() > 0) deadline_.Start(patience);
  if (arrivals_) arrivals_->Begin(client_tls);
  if (client_port_ != 0) Dial(Side::kClient, client_port_);
  for (const Side side : {Side::kClient, Side::kServer}) {
    if (legs_[side].open()) StartLeg(side);
  }
}

void DataConnection::StartLeg(Side side) {
  Stage& stage = stages_[Index(side)];
  if (stage != Stage::kConnecting) return;
  stage = Stage::kStarted;
  if (!(*tls_)[Index(side)]) return LegReady(side);
  Leg& leg = legs_[side];
  if (side == Side::kClient) {
    leg.Accept(*ends_.route.client_leg, loop_.pool(), loop_, true, ends_.families[Index(side)]);
  } else {
    leg.Connect(*ends_.route.server_leg[ends_.target], loop_.pool(), loop_, true, ends_.families[Index(side)]);
  }
  leg.stream()->SetReading(false);  // a handshake reads by itself; data waits until both legs are ready
}

void DataConnection::OnHandshake(Side side, const tls::TlsInfo& info) {
  if (side == Side::kServer || DataArrivals::IsClient(ends_.route, info)) return LegReady(side);
  owner_.OnDataStranger(*this);
  legs_[side].stream()->Abort();
  Cut(side);
}

void DataConnection::LegReady(Side side) {
  stages_[Index(side)] = Stage::kReady;
  if (stages_[Index(protocol::Other(side))] != Stage::kReady) return;
  deadline_.Stop();
  RelayOwner& owner = *this;
  auto& relay = room_.emplace<std::unique_ptr<Relay>>(std::make_unique<Relay>(owner, loop_, legs_));
  legs_.SetOwner(*relay);
  relay->Start();
}

// Until the relay begins.

void DataConnection::OnData(Side side, buffer::Chain& /*in*/) { legs_[side].stream()->SetReading(false); }

void DataConnection::OnClosed(Side side, const Error& /*error*/) { Cut(side); }

void DataConnection::Cut(Side side) {
  Break();
  legs_.Close(side);
  End();
}

// From then on.

void DataConnection::OnTruncated(Side /*side*/) { Break(); }

void DataConnection::OnLegClosed(Side side, const Closing& closing) {
  if (!closing.in_order && !closing.hung_up) Break();
  if (!legs_.other(side).open()) return End();
  if (closing.in_order) return;
  if (closing.hung_up && legs_[side].end()) return;  // the other leg has had this one's end
  DisposeOf(loop_, std::move(std::get<std::unique_ptr<Relay>>(room_)));
  auto& farewell = room_.emplace<std::unique_ptr<Farewell>>(
      std::make_unique<Farewell>(loop_, legs_, Farewell::Options{.reset_on_input = true}, [this] { End(); }));
  legs_.SetOwner(*farewell);
  farewell->Start();
}

void DataConnection::Break() {
  if (std::exchange(broken_, true) || over_) return;
  owner_.OnDataBroken(*this);
}

// May be called from inside a call by the owner, so the owner is told later.
void DataConnection::Fail() {
  broken_ = true;
  fail_.Schedule();
}

// A peer does not connect, or does not complete its handshake.
void DataConnection::OnDeadline() {
  Break();
  End();
}

void DataConnection::End() {
  if (std::exchange(over_, true)) return;
  deadline_.Stop();
  StopListening();
  for (auto& connector : connectors_) connector.reset();
  owner_.OnDataEnded(*this, broken_);
}

}  // namespace starlock::session
