#include "session/data_connection.h"

#include <random>
#include <utility>

#include "session/holder.h"

namespace starlock::session {

using protocol::Index;

namespace {

// A plain stream may wait for as long as five seconds for its peer's receipt.
constexpr std::chrono::milliseconds kCutPatience{6000};

// A socket for one client on any of the ports. They are tried from a random one on, so that two workers seldom meet,
// and nobody knows where the next client will be awaited.
Result<std::vector<net::ListeningSocket>> BindIn(const std::string& host, const config::DataSettings& settings) {
  if (settings.first_port == 0) return net::BindGroup({host, 0}, 1);
  const uint32_t count = settings.last_port - settings.first_port + 1U;
  std::random_device random;
  const uint32_t start = random() % count;
  for (uint32_t i = 0; i + 1 < count; ++i) {
    const auto port = static_cast<uint16_t>(settings.first_port + (start + i) % count);
    auto bound = net::BindGroup({host, port}, 1);
    if (bound) return bound;
  }
  return net::BindGroup({host, static_cast<uint16_t>(settings.first_port + (start + count - 1) % count)}, 1);
}

}  // namespace

DataConnection::DataConnection(DataOwner& owner, net::Loop& loop, net::Resolver& resolver, DataEnds ends)
    : owner_(owner),
      loop_(loop),
      resolver_(resolver),
      ends_(std::move(ends)),
      client_(*this, Side::kClient),
      server_(*this, Side::kServer),
      fail_(loop, [this] { End(); }),
      patience_(loop, [this] { End(); }) {
  server_.family = ends_.family;
}

DataConnection::~DataConnection() {
  for (Leg* leg : {&client_, &server_}) {
    if (leg->open()) leg->stream->Abort();
  }
}

void DataConnection::Open(uint16_t server_port, uint16_t client_port) {
  client_port_ = client_port;
  if (client_port == 0 && !Listen()) return Fail();
  Dial(Side::kServer, server_port);
}

bool DataConnection::Listen() {
  auto bound = BindIn(ends_.local.HostString(), ends_.route.settings->data);
  if (!bound) return false;
  port_ = bound->front().address().port();
  listener_ = std::make_unique<net::Listener>(
      loop_, std::move(bound->front()),
      [this](std::unique_ptr<buffer::Stream> stream, const net::SocketAddress& peer) {
        OnAccept(std::move(stream), peer);
      },
      [](const Error&) {});
  return true;
}

// Whoever else comes (a thief of data, CVE-1999-0351) is sent away, and the client is awaited on.
void DataConnection::OnAccept(std::unique_ptr<buffer::Stream> stream, const net::SocketAddress& peer) {
  if (client_.open() || over_ || peer.HostString() != ends_.client.HostString()) {
    stream->Abort();
    return DisposeOf(loop_, std::move(stream));
  }
  Connected(Side::kClient, std::move(stream));
  listener_.reset();
}

// The client, and whatever filters its packets, expects the data from whom it has its control connection with.
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
  leg(side).stream = std::move(stream);
  leg(side).stream->SetHandler(&leg(side));
  if (begun_) StartLeg(side);
  if (side == Side::kServer) owner_.OnDataReady(*this, port_);
}

void DataConnection::Begin(bool client_tls, bool server_tls) {
  begun_ = true;
  tls_[Index(Side::kClient)] = client_tls;
  tls_[Index(Side::kServer)] = server_tls;
  if (client_port_ != 0) Dial(Side::kClient, client_port_);
  for (const Side side : {Side::kClient, Side::kServer}) {
    if (leg(side).open()) StartLeg(side);
  }
}

void DataConnection::StartLeg(Side side) {
  if (std::exchange(started_[Index(side)], true)) return;
  if (!tls_[Index(side)]) return LegReady(side);
  if (side == Side::kClient) {
    client_.Accept(*ends_.route.client_leg, loop_.pool(), loop_);
  } else {
    server_.Connect(*ends_.route.server_leg[ends_.target], loop_.pool(), loop_);
  }
  // A handshake reads for itself; what follows it waits for the other leg.
  leg(side).stream->SetReading(false);
}

void DataConnection::OnHandshake(Side side, const tls::TlsInfo& /*info*/) { LegReady(side); }

void DataConnection::LegReady(Side side) {
  ready_[Index(side)] = true;
  if (!Flows()) return;
  client_.stream->SetRoom(server_.stream->room());
  server_.stream->SetRoom(client_.stream->room());
  for (Leg* leg : {&client_, &server_}) leg->stream->SetReading(true);
}

void DataConnection::OnData(Side side, buffer::Chain& in) {
  if (!Flows()) return leg(side).stream->SetReading(false);
  if (!other(side).open()) {  // nobody is there to have it, and a reset says so
    in.Consume(in.size());
    return End();
  }
  owner_.OnDataMoved(side, in.size());
  if (!other(side).stream->Write(std::move(in))) leg(side).stream->SetReading(false);
}

void DataConnection::OnWritable(Side side) {
  owner_.OnDataMoved(protocol::Other(side), 0);
  if (Flows() && other(side).open()) other(side).stream->SetReading(true);
}

void DataConnection::OnEnd(Side side, buffer::StreamEnd end) {
  if (end == buffer::StreamEnd::kTruncated && !HangsUp(side)) Break();
  leg(side).ended = true;
  if (other(side).open()) other(side).stream->End(end);
}

// Who has all that the other side sent, and its end, may leave as it likes: nothing of it was expected.
bool DataConnection::HangsUp(Side side) const {
  const Leg& self = leg(side);
  return leg(protocol::Other(side)).ended && (!self.open() || self.stream->queued() == 0);
}

void DataConnection::OnClosed(Side side, const Error& error) {
  const bool in_order = leg(side).ended && !error;
  if (!in_order && !HangsUp(side)) Break();
  const bool hung_up = HangsUp(side);
  Drop(leg(side));
  if (!Flows() || !other(side).open()) return End();
  if (in_order) return;
  if (hung_up && leg(side).ended) return;  // the other one knows already
  Cut(protocol::Other(side));
}

// Passes on to `side` what came, and that more was meant.
void DataConnection::Cut(Side side) {
  leg(side).stream->End(buffer::StreamEnd::kTruncated);
  leg(side).stream->SetReading(true);
  patience_.Start(kCutPatience);
}

void DataConnection::Break() {
  if (std::exchange(broken_, true) || over_) return;
  owner_.OnDataBroken(*this);
}

// What failed may be failing inside a call of the owner's, so it hears of it later.
void DataConnection::Fail() {
  broken_ = true;
  fail_.Schedule();
}

void DataConnection::End() {
  if (std::exchange(over_, true)) return;
  listener_.reset();
  for (auto& connector : connectors_) connector.reset();
  owner_.OnDataEnded(*this, broken_);
}

void DataConnection::Drop(Leg& leg) {
  if (leg.stream) leg.stream->SetHandler(nullptr);
  DisposeOf(loop_, std::move(leg.stream));
}

}  // namespace starlock::session
