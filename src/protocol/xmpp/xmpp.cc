#include "protocol/xmpp/xmpp.h"

#include <memory>
#include <utility>

#include "protocol/core/limits.h"
#include "protocol/core/negotiator.h"
#include "protocol/core/notes.h"
#include "protocol/xmpp/dialogue.h"
#include "protocol/xmpp/probe.h"
#include "protocol/xmpp/stream.h"
#include "protocol/xmpp/words.h"

// Read beside RFC 6120, section 5.
//
// A stream begins with the client's header, which says whom it wants; so the upstream is dialled when that is there,
// and the header stays unread (Act::keep) until the server leg is ready for it. Then one of three things is done:
// it is answered with our own features (TLS is required of the client), it is left to the relay (there is nothing that
// must be read any more), or it is passed on and the filter stands.
//
// A stream cannot be begun anew but after TLS or SASL. So where one was opened on the upstream's connection before the
// client upgraded, the upstream is dialled again.
namespace starlock::protocol::xmpp {

Frame Xmpp::Cut(Side side, std::string_view in, Scan& /*scan*/) {
  const bool listening = side == Side::kClient
                             ? server_ == Server::kNone || server_ == Server::kIdle || server_ == Server::kReady
                             : server_ >= Server::kHeader;
  return listening ? readers_[Index(side)]->Cut(in) : Frame::Idle();
}

Act Xmpp::On(Side side, std::string_view bytes, Out& out) {
  StreamReader* const reader = readers_[Index(side)].get();
  Act act = side == Side::kClient ? OnClient(bytes, out) : OnServer(bytes, out);
  // A dial begins to read anew, with another reader.
  if (!Keeps(act) && readers_[Index(side)].get() == reader) reader->Use();
  return act;
}

Act Xmpp::On(Event event, Side side, Out& out) {
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

// ---- the server role

Act Xmpp::OnClient(std::string_view bytes, Out& out) {
  switch (client_) {
    case Client::kHeader:
      return OnClientHeader(bytes, out);
    case Client::kRequired:
      return BeforeTls(out);
    case Client::kFilter:
      break;
  }
  return ClientInFilter(bytes, out);
}

Act Xmpp::OnClientHeader(std::string_view header, Out& out) {
  wants_ = unit(Side::kClient);
  if (wants_.name != kStream) {
    invalid_ = "invalid-namespace";
    return Fail{{End::kProtocolError, Blame::kClient, "this is no stream header"}};
  }
  header_ = header;
  if (server_ == Server::kNone) {
    return Keeping(DialUpstream());
  }
  if (server_ == Server::kIdle) {
    return Keeping(OpenStream(out));
  }
  if (!MustUpgrade()) return Meet(header, out);
  answered_ = "stream:stream";
  out.client() += Header(content_, wants_.to, wants_.from, env().nonce);
  out.client() += kRequiredFeatures;
  client_ = Client::kRequired;
  return Read{};
}

// RFC 6120 5.3.1: nothing else is negotiated first. The upstream waits meanwhile.
Act Xmpp::BeforeTls(Out& out) {
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
  if (SaslIn(said) == Sasl::kBegin) return Refuse(EncryptionRequired(said), out);
  if (said.name == kCompress) return Refuse(kSayNoCompression, out);
  return Fail{{End::kTlsRequired, Blame::kClient, "the client did not upgrade to TLS"}};
}

// All that was said before is forgotten on both sides: a new header comes, and is answered with another one.
Act Xmpp::ClientTlsUp() {
  ReadAnew(Side::kClient);
  ReachMeetingPoint(Side::kClient);
  client_ = Client::kHeader;
  awaited_ = Awaited::kHeader;
  header_.clear();
  held_.clear();
  answered_.clear();
  if (opened_) return DialUpstream();
  return tls_up(Side::kServer) ? Act(Relay{}) : Read{};
}

// ---- the client role

Act Xmpp::DialUpstream() {
  ReadAnew(Side::kServer);
  server_ = Server::kDialled;
  opened_ = false;
  return Dial{};
}

Act Xmpp::DialInPlaintext(const char* note, Out& out) {
  out.Note(note);
  GiveUpServerTls();
  return DialUpstream();
}

// In the client's name and words. Without a version there would be no features to find STARTTLS in.
Act Xmpp::OpenStream(Out& out) {
  out.server() += env().server == TlsMode::kRequired ? WithVersion(header_, wants_) : header_;
  opened_ = true;
  server_ = Server::kHeader;
  return Read{};
}

Act Xmpp::OnServer(std::string_view bytes, Out& out) {
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
      return ServerInFilter(bytes, out);
  }
  return Fail{{End::kInternal, Blame::kProxy, "the server was not to be heard"}};
}

Act Xmpp::OnServerHeader(std::string_view bytes, Out& out) {
  const Unit& header = unit(Side::kServer);
  if (header.name != kStream) {
    return Fail{{End::kProtocolError, Blame::kServer, "the server's is no stream header"}};
  }
  held_ = bytes;
  answered_ = WrittenName(bytes, header.tag);
  server_ = Server::kFeatures;
  return header.version.empty() ? NotOffered(out) : Read{};
}

Act Xmpp::OnFeatures(std::string_view bytes, Out& out) {
  const Unit& said = unit(Side::kServer);
  if (said.name == kError) {
    if (env().server == TlsMode::kRequired) return NotOffered(out);
    held_ += bytes;
    server_ = Server::kLeaving;
    return Read{};
  }
  if (said.name != kFeatures) {
    return Fail{{End::kProtocolError, Blame::kServer, "the server's stream does not begin with features"}};
  }
  if (OffersStarttls(said)) {
    out.server() += kSayStarttls;
    server_ = Server::kGoAhead;
    return Read{};
  }
  held_ += Edited(bytes, out);
  awaited_ = Awaited::kSuccess;
  return NotOffered(out);
}

// RFC 6120 5.4.2: `<proceed/>`, or `<failure/>` and the end. Not even white space may come before it (5.3.3).
Act Xmpp::OnGoAhead(Out& out) {
  const Unit& said = unit(Side::kServer);
  if (said.name == kProceed) return Upgrade{Side::kServer};
  if (said.name != kTlsFailure) {
    return Fail{{End::kProtocolError, Blame::kServer, "the server answered STARTTLS with something else"}};
  }
  if (env().server == TlsMode::kRequired) {
    return Fail{{End::kStarttlsRefused, Blame::kServer, "the server refused the upgrade to TLS"}};
  }
  return DialInPlaintext("the server refused the upgrade to TLS: dialling again, in plaintext", out);
}

Act Xmpp::NotOffered(Out& out) {
  if (auto fail = GoOnWithoutTls({End::kStarttlsNotOffered, true}, out)) return *std::move(fail);
  return ServerReady();
}

Act Xmpp::ServerReady() {
  server_ = Server::kReady;
  if (!opened_) {
    held_.clear();
    answered_.clear();
  }
  ReachMeetingPoint(Side::kServer);
  return Read{};
}

// ---- both

Act Xmpp::Meet(std::string_view header, Out& out) {
  ReachMeetingPoint(Side::kClient);
  if (tls_up(Side::kServer) && !MayUpgrade()) return Relay{.keep = true};
  client_ = Client::kFilter;
  if (!opened_) {
    opened_ = true;
    out.server() += header;
    return Read{};
  }
  out.client() += std::exchange(held_, {});
  return awaited_ == Awaited::kSuccess ? Act(Read{}) : Relay{};
}

Act Xmpp::ClientInFilter(std::string_view bytes, Out& out) {
  const Unit& said = unit(Side::kClient);
  if (said.kind == Unit::Kind::kSpace) {
    out.server() += bytes;
    return Read{};
  }
  // A client that does not wait for the features gets them before we judge what it wants.
  if (awaited_ != Awaited::kSuccess) return Wait{};
  if (said.name == kStarttls) {
    if (MayUpgrade()) {
      out.client() += kSayProceed;
      return Upgrade{Side::kClient};
    }
    out.client().append(kSayTlsFailure).append(EndTag(answered_));
    return Fail::Told(End::kClosed, Blame::kNone, "the client asked for TLS where it is not to be had");
  }
  // Within a compressed stream there would be nothing to be read.
  if (said.name == kCompress) return Refuse(kSayNoCompression, out);
  window_.Close();
  if (tls_up(Side::kServer) || said.kind == Unit::Kind::kEnd) return Relay{.keep = true};
  // Stanzas are no login: whoever sends some first may still ask for TLS behind them.
  old_login_ = IsOldLogin(said);
  out.server() += bytes;
  return Read{};
}

Act Xmpp::ServerInFilter(std::string_view bytes, Out& out) {
  const Unit& said = unit(Side::kServer);
  if (said.kind == Unit::Kind::kHeader) {
    answered_ = WrittenName(bytes, said.tag);
    awaited_ = Awaited::kFeatures;
    out.client() += bytes;
    const bool features_follow = !said.version.empty() && !wants_.version.empty();
    return features_follow ? Act(Read{}) : Relay{};
  }
  if (said.name == kFeatures) {
    awaited_ = Awaited::kSuccess;
    out.client() += Edited(bytes, out);
    return Read{};
  }
  out.client() += bytes;
  const bool over = said.kind == Unit::Kind::kEnd || said.name == kError || LetsIn(said);
  return over ? Act(Relay{}) : Read{};
}

// By SASL, by XEP-0078 (whose answer is empty), or by dialback (XEP-0220).
bool Xmpp::LetsIn(const Unit& said) const {
  return SaslIn(said) == Sasl::kSuccess || said.name == kDialbackResult ||
         (old_login_ && said.name == kIq && said.children.empty());
}

Act Xmpp::Refuse(std::string_view text, Out& out) {
  if (++refusals_ > kMaxCommands) {
    return Fail{{End::kLimit, Blame::kClient, "too much was refused"}};
  }
  out.client() += text;
  return Read{};
}

std::string Xmpp::Edited(std::string_view features, Out& out) {
  if (OffersChannelBinding(features)) out.Note(kChannelBindingNote);
  return WithStarttls(features, unit(Side::kServer), MayUpgrade());
}

// ---- the end

std::string Xmpp::Goodbye(const Failure& failure) const {
  if (server_ == Server::kLeaving && failure.blame == Blame::kServer && !MustUpgrade()) {
    return held_ + EndTag(answered_);
  }
  std::string text;
  const bool began = client_ != Client::kHeader && !answered_.empty();
  if (!began) text = Header(content_, wants_.to.empty() ? env().host : wants_.to, wants_.from, env().nonce);
  std::string_view condition = ConditionOf(failure);
  if (failure.end == End::kProtocolError && failure.blame == Blame::kClient) {
    const StreamReader& reader = *readers_[Index(Side::kClient)];
    if (reader.bad()) condition = reader.restricted() ? "restricted-xml" : "not-well-formed";
    if (invalid_ != nullptr) condition = invalid_;
  }
  return text + StreamError(condition) + EndTag(began ? answered_ : "stream:stream");
}

// ---- the dialects

const Dialect kXmpp = {
    .name = "xmpp",
    .default_port = 5222,
    .alpn = "xmpp-client",
    .make_dialogue = [](Env env) -> std::unique_ptr<Dialogue> {
      return std::make_unique<Xmpp>("jabber:client", std::move(env));
    },
    .make_prober = [](const std::string&, Findings& findings) { return MakeXmppProber("jabber:client", findings); },
};

const Dialect kXmppServer = {
    .name = "xmpp-server",
    .default_port = 5269,
    .alpn = "xmpp-server",
    .make_dialogue = [](Env env) -> std::unique_ptr<Dialogue> {
      return std::make_unique<Xmpp>("jabber:server", std::move(env));
    },
    .make_prober = [](const std::string&, Findings& findings) { return MakeXmppProber("jabber:server", findings); },
};

}  // namespace starlock::protocol::xmpp
