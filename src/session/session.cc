#include "session/session.h"

#include <sys/random.h>

#include <array>
#include <cstdlib>
#include <utility>

#include "net/tcp_stream.h"

namespace starlock::session {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kGoodbyePatience{2000};
constexpr milliseconds kCutPatience{
    6000};  // a plain stream may wait for as long as five seconds for its peer's receipt

// 128 bits that nobody can guess, in letters and digits.
std::string Nonce() {
  std::array<unsigned char, 16> bytes{};
  // Of so few the kernel gives all or, in a system that has only just begun, makes us wait for them.
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) std::abort();
  std::string text;
  for (const unsigned byte : bytes) {
    text += "0123456789abcdef"[byte >> 4U];
    text += "0123456789abcdef"[byte & 15U];
  }
  return text;
}

}  // namespace

Session::Session(SessionContext context, const Route& route, std::unique_ptr<buffer::Stream> client,
                 const net::SocketAddress& peer, OnDone on_done)
    : context_(context),
      route_(route),
      peer_(peer),
      on_done_(std::move(on_done)),
      client_(*this, Side::kClient),
      server_(*this, Side::kServer),
      deadline_(context.loop, [this] { OnDeadline(); }),
      started_(context.loop.now()),
      last_moved_(started_) {
  protocol::Env env;
  env.host = route.host;
  env.client = route.settings->client.mode;
  env.server = route.settings->server.mode;
  env.nonce = Nonce();
  env.client_address = peer.HostString();
  dialogue_ = route.dialect->make_dialogue(std::move(env));
  record_.listener = route.settings->name;
  record_.protocol = route.settings->protocol;
  record_.client = peer.ToString();
  client_.stream = std::move(client);
  if (!route.dialect->data_alpn.empty()) local_ = net::LocalAddressOf(*client_.stream);
}

Session::~Session() = default;

void Session::Start(bool refuse) {
  refuse_ = refuse;
  client_.stream->SetHandler(&client_);
  client_.stream->SetReading(true);
  ArmNegotiation();
  Tell(protocol::Event::kStart, Side::kClient);
}

void Session::Drain() {
  leaving_ = true;
  LeaveWhenDone();
}

void Session::Stop() {
  if (phase_ == Phase::kTalk) Abandon({End::kDrained, Blame::kNone, "shutting down"});
  Note(End::kDrained, Blame::kNone, "stopped");
  for (Leg* leg : {&client_, &server_}) {
    if (phase_ == Phase::kRelay && leg->open()) leg->stream->Abort();
  }
  if (phase_ != Phase::kDone) Done();
}

void Session::OnData(Side side, buffer::Chain& in) {
  Touch();
  switch (phase_) {
    case Phase::kTalk:
      leg(side).Take(in);
      Pump();
      break;
    case Phase::kRelay:
      Relay(side, in);
      break;
    case Phase::kClose:
    case Phase::kDone:
      in.Consume(in.size());
      break;
  }
}

void Session::OnWritable(Side side) {
  Touch();
  leg(side).congested = false;
  if (phase_ == Phase::kTalk) return Pump();
  if (phase_ == Phase::kRelay && other(side).open()) other(side).stream->SetReading(true);
}

void Session::OnEnd(Side side, buffer::StreamEnd end) {
  leg(side).ended = true;
  leg(side).end = end;
  if (phase_ == Phase::kTalk)
    PassOnEnds();
  else if (phase_ == Phase::kRelay)
    EndedInRelay(side);
}

void Session::OnClosed(Side side, const Error& error) {
  switch (phase_) {
    case Phase::kTalk:
      ClosedInTalk(side, error);
      break;
    case Phase::kRelay:
      ClosedInRelay(side, error);
      break;
    case Phase::kClose:
      Drop(leg(side));
      if (!client_.open() && !server_.open()) Done();
      break;
    case Phase::kDone:
      break;
  }
}

void Session::OnHandshake(Side side, const tls::TlsInfo& info) {
  Touch();
  leg(side).handshaking = false;
  leg(side).in_tls = true;
  (side == Side::kClient ? record_.client_tls : record_.server_tls) = info;
  if (phase_ == Phase::kTalk) Tell(protocol::Event::kTlsUp, side);
}

void Session::OnDeadline() {
  if (phase_ == Phase::kClose) return EndClose();
  if (phase_ == Phase::kTalk && negotiating_) {
    const Blame blame = connector_ ? Blame::kServer : dialogue_->waiting_for();
    return Abandon({End::kTimeout, blame, "negotiation_timeout has passed"});
  }
  const auto left = route_.limits->idle_timeout - duration_cast<milliseconds>(context_.loop.now() - last_moved_);
  if (left.count() > 0) return deadline_.Start(left);
  if (Delivers()) return deadline_.Start(route_.limits->idle_timeout);
  if (phase_ == Phase::kTalk) return Abandon({End::kIdle, Blame::kNone, "idle_timeout has passed"});
  Note(End::kIdle, Blame::kNone, "idle_timeout has passed");
  BeginClose();
}

// A peer that takes what was written to it is not idle, though it may take so long that we hear of nothing: neither
// that there is room again, nor of more. The first look can only remember what the next one will compare.
bool Session::Delivers() {
  const size_t now = Undelivered();
  const std::optional<size_t> before = std::exchange(undelivered_, now);
  return before ? now < *before : now > 0;
}

size_t Session::Undelivered() const {
  size_t sum = client_.undelivered() + server_.undelivered();
  for (const DataConnection* data : {data_.get(), finishing_.get()}) sum += data != nullptr ? data->undelivered() : 0;
  return sum;
}

void Session::ArmNegotiation() {
  negotiating_ = true;
  if (route_.limits->negotiation_timeout.count() > 0) {
    deadline_.Start(route_.limits->negotiation_timeout);
  } else {
    deadline_.Stop();
  }
}

void Session::ArmIdle() {
  Touch();
  if (route_.limits->idle_timeout.count() > 0) {
    deadline_.Start(route_.limits->idle_timeout);
  } else {
    deadline_.Stop();
  }
}

// The first reason is the one that counts: what follows are its consequences.
void Session::Note(End end, Blame blame, std::string why) {
  if (std::exchange(noted_, true)) return;
  record_.end = end;
  record_.blame = blame;
  record_.why = std::move(why);
}

void Session::Drop(Leg& leg) {
  const Leg& rest = &leg == &client_ ? server_ : client_;
  if (rest.stream) rest.stream->PassTo(nullptr);
  if (leg.stream) leg.stream->SetHandler(nullptr);
  DisposeOf(context_.loop, std::move(leg.stream));
}

// Lets what was written arrive: a socket that is closed while input lies unread there resets the connection, and the
// reset may overtake our last words. Whoever gets no words must see that this is no proper end.
void Session::BeginClose() {
  phase_ = Phase::kClose;
  for (Leg* leg : {&client_, &server_}) {
    leg->DropInput();
    if (!leg->open()) continue;
    leg->stream->End(leg->said_goodbye ? buffer::StreamEnd::kClean : buffer::StreamEnd::kTruncated);
    leg->stream->SetReading(true);
  }
  unsent_ = Unsent();
  deadline_.Start(client_.said_goodbye ? kGoodbyePatience : kCutPatience);
}

size_t Session::Unsent() const {
  return (client_.open() ? client_.stream->queued() : 0) + (server_.open() ? server_.stream->queued() : 0);
}

// A peer that reads on, however slowly, gets all that was meant for it. Nobody waits for another one.
void Session::EndClose() {
  const size_t before = std::exchange(unsent_, Unsent());
  if (unsent_ < before) return deadline_.Start(client_.said_goodbye ? kGoodbyePatience : kCutPatience);
  for (Leg* leg : {&client_, &server_}) {
    if (leg->open() && !leg->said_goodbye) leg->stream->Abort();
  }
  Done();
}

void Session::Done() {
  phase_ = Phase::kDone;
  deadline_.Stop();
  Drop(client_);
  Drop(server_);
  connector_.reset();
  for (auto* data : {&data_, &finishing_}) {
    if (*data) (*data)->StopListening();
    DisposeOf(context_.loop, std::move(*data));
  }
  Note(End::kInternal, Blame::kProxy, "");
  record_.duration = duration_cast<milliseconds>(context_.loop.now() - started_);
  if (!met_) record_.negotiation = record_.duration;
  // Whoever reads the record may count on it: the session's place is free again, its port for data too.
  const SessionRecord record = std::move(record_);
  Logger& log = context_.log;
  on_done_(*this);
  WriteRecord(log, record);
}

}  // namespace starlock::session
