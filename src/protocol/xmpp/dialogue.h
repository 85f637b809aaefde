#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/core/dialogue.h"
#include "protocol/xmpp/filter.h"
#include "protocol/xmpp/stream.h"

namespace starlock::protocol::xmpp {

/// The dialogue of XMPP, both roles (RFC 6120 5).
///
/// A stream starts with the client's header, which names the server. So the upstream is dialled once that header has
/// arrived, and the header is kept until the server leg is ready for it. Then one of three things happens:
/// - it is answered with our own features, if the client must upgrade;
/// - it is left to the relay, if nothing needs to be read any more;
/// - it is passed on, and the filter starts.
///
/// A stream can be restarted only after TLS or SASL. If a stream was opened on the upstream's connection before the
/// client upgraded, the upstream is dialled again.
class XmppDialogue final : public Dialogue {
 public:
  /// `content`: jabber:client or jabber:server.
  XmppDialogue(std::string_view content, Env env)
      : Dialogue(std::move(env)), content_(content), filter_(Dialogue::env().client) {
    ReadAnew(Side::kClient);
    ReadAnew(Side::kServer);
  }

 private:
  /// The state of the client leg.
  enum class Client : uint8_t {
    kHeader,    ///< waiting for its header, or for the upstream that it names
    kRequired,  ///< it got our own features: only STARTTLS is accepted
    kFilter,    ///< its stanzas go to the upstream
  };
  /// The state of the server leg.
  enum class Server : uint8_t {
    kNone,      ///< not dialled
    kDialled,   ///< being dialled, or its implicit TLS is starting
    kIdle,      ///< connected: our stream waits for the client's header
    kHeader,    ///< our stream is open: waiting for the server's header
    kFeatures,  ///< waiting for the features
    kGoAhead,   ///< waiting for the reply to STARTTLS
    kLeaving,   ///< it sent a stream error instead of features
    kReady,     ///< at the meeting point
  };

  Frame Cut(Side side, std::string_view in, Scan& scan) override;
  Act On(Side side, std::string_view bytes, Out& out) override;
  Act On(Event event, Side side, Out& out) override;
  std::string Goodbye(const Failure& failure) const override;
  Blame waiting_for() const override;
  bool RefusedForWantOfTls() const override { return refused_; }

  // The server role, which faces the client.
  Act OnClient(std::string_view bytes, Out& out);
  Act OnClientHeader(std::string_view header, Out& out);
  Act BeforeTls(Out& out);
  Act ClientTlsUp();

  // The client role, which faces the upstream.
  Act OnServer(std::string_view bytes, Out& out);
  Act OnServerHeader(std::string_view bytes, Out& out);
  Act OnFeatures(std::string_view bytes, Out& out);
  Act OnGoAhead(Out& out);
  Act NotOffered(Out& out);
  Act OpenStream(Out& out);
  Act ServerReady();
  Act DialUpstream();

  Act Meet(std::string_view header, Out& out);
  const Unit& unit(Side side) const { return readers_[Index(side)]->unit(); }
  void ReadAnew(Side side) { readers_[Index(side)] = std::make_unique<StreamReader>(); }
  bool MustUpgrade() const { return env().client == TlsMode::kRequired && !tls_up(Side::kClient); }
  TlsLegs tls() const { return {tls_up(Side::kClient), tls_up(Side::kServer)}; }

  const std::string_view content_;  ///< jabber:client or jabber:server
  std::unique_ptr<StreamReader> readers_[2];
  Client client_ = Client::kHeader;
  Server server_ = Server::kNone;
  StreamFilter filter_;
  std::string header_;             ///< the client's latest header; empty: none since the leg started or upgraded
  Unit wants_;                     ///< the same header, parsed
  std::string held_;               ///< what a server without TLS sent us and the client must get
  std::string answered_;           ///< the name in the header that the client was sent; empty: none yet
  bool opened_ = false;            ///< a stream was opened on the server leg since it was dialled or upgraded
  bool refused_ = false;           ///< a command was refused because TLS is required
  const char* invalid_ = nullptr;  ///< the stream error for an invalid header
};

}  // namespace starlock::protocol::xmpp
