#include "session/session.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <array>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "net/tcp_stream.h"
#include "session/holder.h"

namespace starlock::session {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

namespace {

// 128 unpredictable bits, in letters and digits.
std::string Nonce() {
  std::array<unsigned char, 16> bytes{};
  // The kernel returns this few bytes in full. Early after boot, the call blocks until the kernel has entropy.
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) std::abort();
  std::string text;
  text.reserve(2 * bytes.size());
  for (const unsigned byte : bytes) fmt::format_to(std::back_inserter(text), "{:02x}", byte);
  return text;
}

std::unique_ptr<protocol::Dialogue> MakeDialogue(const Route& route, const net::SocketAddress& peer) {
  protocol::Env env;
  env.host = route.host;
  env.client = route.settings->client.mode;
  env.server = route.settings->server.mode;
  env.nonce = Nonce();
  env.client_address = peer.HostString();
  return route.dialect->make_dialogue(std::move(env));
}

}  // namespace

Session::Session(SessionContext context, const Route& route, std::unique_ptr<buffer::Stream> client,
                 const net::SocketAddress& peer, OnDone on_done)
    : context_(context),
      route_(route),
      peer_(peer),
      on_done_(std::move(on_done)),
      legs_(context.loop, Legs::HangUp::kClient),
      dialler_(std::make_unique<Dialler>(
          context.loop, context.resolver, route.settings->server.address, route.limits->connect_timeout,
          [this](Result<std::unique_ptr<buffer::Stream>> stream) { OnDialled(std::move(stream)); })),
      deadline_(*this, context.loop, *route.limits),
      started_(context.loop.now()) {
  record_.listener = route.settings->name;
  record_.protocol = route.settings->protocol;
  record_.client = peer.ToString();
  if (!route.dialect->data_alpn.empty()) {
    DataConnectionsOwner& owner = *this;
    data_ = std::make_unique<DataConnections>(owner, context.loop, context.resolver, route, peer,
                                              net::LocalAddressOf(*client));
  }
  legs_[Side::kClient].Open(std::move(client));
  TalkOwner& owner = *this;
  Enter(std::make_unique<Talk>(owner, context.loop, legs_, *route.dialect, MakeDialogue(route, peer)));
}

Session::~Session() = default;

void Session::Start(bool refuse) {
  legs_[Side::kClient].stream()->SetReading(true);
  deadline_.BeginNegotiation();
  talk()->Start(refuse);
}

void Session::Drain() {
  if (Talk* talk = this->talk()) talk->Drain();
}

void Session::Stop() {
  if (Talk* talk = this->talk()) talk->Abandon({End::kDrained, Blame::kNone, "shutting down"});
  record_.Conclude(End::kDrained, Blame::kNone, "stopped");
  const auto* farewell = std::get_if<std::unique_ptr<Farewell>>(&room_);
  const bool told = farewell != nullptr && (*farewell)->client_told();
  if (!told) legs_.Abort();  // a close could pass for a clean end
  if (!std::holds_alternative<std::monostate>(room_)) Done();
}

// What the talk asks for.

bool Session::Dial(bool next) {
  if (next && !dialler_->has_next()) return false;
  // A client's upgrade can require a new negotiation with the server.
  if (!talk()->negotiating()) deadline_.BeginNegotiation();
  legs_.Replace(Side::kServer);
  if (data_) data_->BeginFamily(Side::kServer);
  dialler_->Dial(next);
  return true;
}

void Session::OnDialled(Result<std::unique_ptr<buffer::Stream>> stream) {
  if (!stream) return talk()->Abandon(Dialler::Explain(stream.error()));
  record_.server = dialler_->address().ToString();
  record_.server_tls.reset();  // of an earlier connection
  legs_[Side::kServer].Open(std::move(stream).value());
  legs_[Side::kServer].stream()->SetReading(true);
  talk()->UpstreamUp();
}

void Session::BeginTls(Side side) {
  net::Loop& loop = context_.loop;
  if (!talk()->negotiating()) deadline_.BeginNegotiation();  // a handshake that begins in a filter
  if (side == Side::kClient) {
    const bool upgrade = route_.settings->client.mode != TlsMode::kImplicit;
    legs_[side].Accept(*route_.client_leg, loop.pool(), loop, upgrade, data_ ? data_->family(side) : nullptr);
  } else {
    const bool upgrade = route_.settings->server.mode != TlsMode::kImplicit;
    legs_[side].Connect(*route_.server_leg[dialler_->target()], loop.pool(), loop, upgrade,
                        data_ ? data_->family(side) : nullptr);
  }
  legs_[side].stream()->SetReading(true);
}

void Session::OnTls(Side side, const tls::TlsInfo& info) {
  if (!talk()->negotiating()) deadline_.BeginIdle();
  (side == Side::kClient ? record_.client_tls : record_.server_tls) = std::make_unique<tls::TlsInfo>(info);
}

void Session::OnServerTlsFailed(const Error& error) {
  context_.log.Event(LogLevel::kInfo, "TLS handshake with the server failed",
                     {{"listener", record_.listener}, {"server", record_.server}, {"why", error.detail}});
}

void Session::OnMeetingPoint() {
  if (!std::exchange(met_, true)) {
    record_.negotiation = duration_cast<milliseconds>(context_.loop.now() - started_);
  }
  deadline_.BeginIdle();
}

void Session::OnRelay() {
  RelayOwner& owner = *this;
  Enter(std::make_unique<Relay>(owner, context_.loop, legs_)).Start();
}

void Session::OnFailed(const protocol::Failure& failure, bool told) {
  record_.Conclude(failure.end, failure.blame, failure.Reason());
  Leg& server = legs_[Side::kServer];
  if (server.open()) server.stream()->End(buffer::StreamEnd::kClean);
  legs_.Close(Side::kServer);
  Leg& client = legs_[Side::kClient];
  if (client.open() && told) return SeeOff(true);
  // Without a goodbye, the client still gets the server's last bytes, and is then cut.
  if (client.open() && met_ && client.state() != Leg::State::kHandshaking) return SeeOff(false);
  if (client.open()) client.stream()->Abort();
  Done();
}

void Session::OnDataRequest(const protocol::DataRequest& request) {
  data_->Handle(request, dialler_->target(), dialler_->address());
}

void Session::OnDataEvent(const std::optional<protocol::DataEvent>& event) {
  Talk* const talk = this->talk();
  if (talk == nullptr) return;
  if (event) {
    talk->Notify(*event);
  } else {
    talk->LeaveIfDrained();
  }
}

void Session::OnNote(const char* text) {
  context_.log.Event(LogLevel::kWarning, text,
                     {{"listener", record_.listener}, {"client", record_.client}, {"server", record_.server}});
}

// What the talk and the relay find out.

void Session::OnMoved(Side from, size_t bytes) {
  deadline_.Touch();
  if (met_) (from == Side::kClient ? record_.bytes_in : record_.bytes_out) += bytes;
}

void Session::OnTruncated(Side side) {
  record_.Conclude(End::kTruncated, BlameOf(side), "TLS ended without close_notify");
}

void Session::OnLegClosed(Side side, const Closing& closing) {
  if (closing.error.code == ErrorCode::kReset && closing.hung_up) {
    record_.Conclude(End::kClosed, Blame::kNone, "");
  } else if (closing.error) {
    const End end = closing.error.code == ErrorCode::kTls ? End::kProtocolError : End::kReset;
    record_.Conclude(end, BlameOf(side), closing.error.detail);
  }
  const Leg& other = legs_.other(side);
  if (!other.open()) {
    record_.Conclude(End::kClosed, Blame::kNone, "");
    return Done();
  }
  // If the leg ended cleanly, the other leg has already got that end. If it broke, the other leg must be cut, too.
  if (!closing.in_order || !other.finished()) SeeOff(false);
}

void Session::OnNegotiationTimeout() {
  talk()->Abandon({End::kTimeout, talk()->waiting_for(), "negotiation_timeout has passed"});
}

void Session::OnIdle() {
  constexpr const char* kWhy = "idle_timeout has passed";
  if (Talk* talk = this->talk()) return talk->Abandon({End::kIdle, Blame::kNone, kWhy});
  record_.Conclude(End::kIdle, Blame::kNone, kWhy);
  SeeOff(false);
}

// Moving on.

Talk* Session::talk() const {
  const auto* talk = std::get_if<std::unique_ptr<Talk>>(&room_);
  return talk != nullptr ? talk->get() : nullptr;
}

template <typename Next>
Next& Session::Enter(std::unique_ptr<Next> room) {
  LeaveRoom();
  Next& entered = *room;
  room_ = std::move(room);
  legs_.SetOwner(entered);
  return entered;
}

// The phase's object and the dialler may be on the call stack, so they live until the end of the turn.
void Session::LeaveRoom() {
  if (Talk* talk = this->talk()) {
    talk->Stop();
    dialler_->Cancel();
    DisposeOf(context_.loop, std::move(dialler_));
  }
  std::visit(
      [this](auto& room) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(room)>, std::monostate>) {
          DisposeOf(context_.loop, std::move(room));
        }
      },
      room_);
  room_ = std::monostate();
}

void Session::SeeOff(bool client_told) {
  deadline_.Stop();
  Enter(std::make_unique<Farewell>(context_.loop, legs_, Farewell::Options{.client_told = client_told}, [this] {
    Done();
  })).Start();
}

void Session::Done() {
  deadline_.Stop();
  LeaveRoom();
  legs_.Close(Side::kClient);
  legs_.Close(Side::kServer);
  if (data_) data_->Close();
  record_.Conclude(End::kInternal, Blame::kProxy, "");
  record_.duration = duration_cast<milliseconds>(context_.loop.now() - started_);
  if (!met_) record_.negotiation = record_.duration;
  // Frees the session's place and its ports before the record is written: readers of the log rely on it.
  const SessionRecord record = std::move(record_);
  Logger& log = context_.log;
  on_done_(*this);
  WriteRecord(log, record);
}

}  // namespace starlock::session
