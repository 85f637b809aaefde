#include "protocol/xmpp/dialogue.h"

#include <fmt/format.h>

#include <utility>

#include "protocol/core/negotiator.h"
#include "protocol/xmpp/words.h"

namespace starlock::protocol::xmpp {

Frame XmppDialogue::Cut(Side side, std::string_view in, Scan& /*scan*/) {
  const bool listening = side == Side::kClient
                             ? server_ == Server::kNone || server_ == Server::kIdle || server_ == Server::kReady
                             : server_ >= Server::kHeader;
  return listening ? readers_[Index(side)]->Cut(in) : Frame::Idle();
}

Act XmppDialogue::On(Side side, std::string_view bytes, Out& out) {
  StreamReader* const reader = readers_[Index(side)].get();
  Act act = side == Side::kClient ? OnClient(bytes, out) : OnServer(bytes, out);
  // After a dial, the server's stream has a new reader.
  if (!Keeps(act) && readers_[Index(side)].get() == reader) reader->Use();
  return act;
}

Act XmppDialogue::On(Event event, Side side, Out& out) {
  switch (event) {
    case Event::kStart:
      return Read{};
    case Event::kUpstreamUp:
      if (!Upgrades(env().server)) return ServerReady();
      server_ = Server::kIdle;
      return header_.empty() ? Act(Read{}) : OpenStream(out);
    case Event::kTlsUp:
      if (side == Side::kClient) return ClientTlsUp();
      ReadAnew(Side::kServer);
      opened_ = false;
      return ServerReady();
    case Event::kTlsFailed:
      break;
  }
  Act act = OnServerTlsFailed(out);
  if (Is<Dial>(act)) DialUpstream();
  return act;
}

// A connected upstream owes nothing while our stream waits for the client's header.
Blame XmppDialogue::waiting_for() const {
  const bool for_client = server_ == Server::kIdle && header_.empty();
  return for_client ? Blame::kClient : Dialogue::waiting_for();
}

// ---- the server role

Act XmppDialogue::OnClient(std::string_view bytes, Out& out) {
  switch (client_) {
    case Client::kHeader:
      return OnClientHeader(bytes, out);
    case Client::kRequired:
      return BeforeTls(out);
    case Client::kFilter:
      break;
  }
  return filter_.OnClient(unit(Side::kClient), bytes, tls(), answered_, out);
}

Act XmppDialogue::OnClientHeader(std::string_view header, Out& out) {
  wants_ = unit(Side::kClient);
  if (wants_.name != kStream) {
    invalid_ = "invalid-namespace";
    return Fail{{End::kProtocolError, Blame::kClient, "not an XMPP stream header"}};
  }
  header_ = header;
  if (server_ == Server::kNone) return Keeping(DialUpstream());
  if (server_ == Server::kIdle) return Keeping(OpenStream(out));
  if (!MustUpgrade()) return Meet(header, out);
  answered_ = "stream:stream";
  out.client() += fmt::format("{}{}", Header(content_, wants_.to, wants_.from, env().nonce), kRequiredFeatures);
  client_ = Client::kRequired;
  return Read{};
}

// RFC 6120 5.3.1: nothing else is negotiated before TLS. Meanwhile the upstream waits.
Act XmppDialogue::BeforeTls(Out& out) {
  const Unit& said = unit(Side::kClient);
  if (said.kind == Unit::Kind::kSpace) return Read{};
  if (said.kind == Unit::Kind::kEnd) {
    out.client() += EndTag(answered_);
    return Fail::Told(End::kClosed, Blame::kNone, "the client left before STARTTLS");
  }
  if (said.name == kStarttls) {
    out.client() += kSayProceed;
    return Upgrade{Side::kClient};
  }
  refused_ = true;
  if (SaslIn(said) == Sasl::kBegin) return filter_.Refuse(EncryptionRequired(said), out);
  if (said.name == kCompress) return filter_.Refuse(kSayNoCompression, out);
  return Fail{{End::kTlsRequired, Blame::kClient, "the client did not upgrade to TLS"}};
}

// The client starts a new stream, and forgets the old one.
Act XmppDialogue::ClientTlsUp() {
  ReadAnew(Side::kClient);
  ReachMeetingPoint(Side::kClient);
  client_ = Client::kHeader;
  filter_.Restart();
  wants_ = {};
  invalid_ = nullptr;
  header_.clear();
  held_.clear();
  answered_.clear();
  if (opened_) return DialUpstream();
  return tls_up(Side::kServer) ? Act(Relay{}) : Read{};
}

// ---- the client role

Act XmppDialogue::DialUpstream() {
  ReadAnew(Side::kServer);
  server_ = Server::kDialled;
  opened_ = false;
  return Dial{};
}

// With the client's own header. WithVersion makes sure that the server sends features.
Act XmppDialogue::OpenStream(Out& out) {
  out.server() += env().server == TlsMode::kRequired ? WithVersion(header_, wants_) : header_;
  opened_ = true;
  server_ = Server::kHeader;
  return Read{};
}

Act XmppDialogue::OnServer(std::string_view bytes, Out& out) {
  const Unit& said = unit(Side::kServer);
  switch (server_) {
    case Server::kNone:
    case Server::kDialled:
    case Server::kIdle:
      break;
    case Server::kHeader:
      return OnServerHeader(bytes, out);
    case Server::kFeatures:
      return said.kind == Unit::Kind::kSpace ? Act(Read{}) : OnFeatures(bytes, out);
    case Server::kGoAhead:
      return OnGoAhead(out);
    case Server::kLeaving:
      if (said.kind == Unit::Kind::kSpace) return Read{};
      return Fail{{End::kClosed, Blame::kServer, "the server refused the stream"}};
    case Server::kReady:
      // A server does not speak first, and least of all inside the TLS of a client that has not said anything yet.
      if (!opened_) return Fail{{End::kProtocolError, Blame::kServer, "the server spoke before the client"}};
      return filter_.OnServer(said, bytes, tls(), !wants_.version.empty(), answered_, out);
  }
  return Fail{{End::kInternal, Blame::kProxy, "internal error: unexpected input from the server"}};
}

Act XmppDialogue::OnServerHeader(std::string_view bytes, Out& out) {
  const Unit& header = unit(Side::kServer);
  if (header.name != kStream) {
    return Fail{{End::kProtocolError, Blame::kServer, "the server sent no stream header"}};
  }
  held_ = bytes;
  answered_ = WrittenName(bytes, header.tag);
  server_ = Server::kFeatures;
  return header.version.empty() ? NotOffered(out) : Read{};
}

Act XmppDialogue::OnFeatures(std::string_view bytes, Out& out) {
  const Unit& said = unit(Side::kServer);
  if (said.name == kError) {
    if (env().server == TlsMode::kRequired) return NotOffered(out);
    held_ += bytes;
    server_ = Server::kLeaving;
    return Read{};
  }
  if (said.name != kFeatures) {
    return Fail{{End::kProtocolError, Blame::kServer, "the server sent no features after its stream header"}};
  }
  if (OffersStarttls(said)) {
    out.server() += kSayStarttls;
    server_ = Server::kGoAhead;
    return Read{};
  }
  held_ += filter_.Edited(bytes, said, tls_up(Side::kClient), out);
  filter_.HaveFeatures();
  return NotOffered(out);
}

// RFC 6120 5.4.2: `<proceed/>`, or `<failure/>` and the end of the stream. White space must not precede it (5.3.3).
Act XmppDialogue::OnGoAhead(Out& out) {
  const Unit& said = unit(Side::kServer);
  if (said.name == kProceed) return Upgrade{Side::kServer};
  if (said.name != kTlsFailure) {
    return Fail{{End::kProtocolError, Blame::kServer, "not an answer to STARTTLS"}};
  }
  if (env().server == TlsMode::kRequired) {
    return Fail{{End::kStarttlsRefused, Blame::kServer, "the server refused the upgrade to TLS"}};
  }
  out.Note("the server refused the upgrade to TLS: reconnecting in plaintext");
  GiveUpServerTls();
  return DialUpstream();
}

Act XmppDialogue::NotOffered(Out& out) {
  if (auto fail = GoOnWithoutTls({End::kStarttlsNotOffered, true}, out)) return *std::move(fail);
  return ServerReady();
}

Act XmppDialogue::ServerReady() {
  server_ = Server::kReady;
  if (!opened_) {
    held_.clear();
    answered_.clear();
  }
  ReachMeetingPoint(Side::kServer);
  return Read{};
}

// ---- both roles

Act XmppDialogue::Meet(std::string_view header, Out& out) {
  ReachMeetingPoint(Side::kClient);
  if (tls_up(Side::kServer) && tls_up(Side::kClient)) return Relay{.keep = true};
  client_ = Client::kFilter;
  if (!opened_) {
    opened_ = true;
    out.server() += header;
    return Read{};
  }
  out.client() += std::exchange(held_, {});
  return filter_.has_features() ? Act(Read{}) : Relay{};
}

std::string XmppDialogue::Goodbye(const Failure& failure) const {
  if (server_ == Server::kLeaving && failure.blame == Blame::kServer && !MustUpgrade()) {
    return fmt::format("{}{}", held_, EndTag(answered_));
  }
  const bool began = client_ != Client::kHeader && !answered_.empty();
  std::string_view condition = ConditionOf(failure);
  if (failure.end == End::kProtocolError && failure.blame == Blame::kClient) {
    const StreamReader& reader = *readers_[Index(Side::kClient)];
    if (reader.bad()) condition = reader.restricted() ? "restricted-xml" : "not-well-formed";
    if (invalid_ != nullptr) condition = invalid_;
  }
  if (began) return fmt::format("{}{}", StreamError(condition), EndTag(answered_));
  const std::string header = Header(content_, wants_.to.empty() ? env().host : wants_.to, wants_.from, env().nonce);
  return fmt::format("{}{}{}", header, StreamError(condition), EndTag("stream:stream"));
}

}  // namespace starlock::protocol::xmpp
