#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "protocol/core/dialogue.h"
#include "protocol/core/upgrade_window.h"
#include "protocol/xmpp/stream.h"

namespace starlock::protocol::xmpp {

/// XMPP's dialogue, both roles (xmpp.cc).
class Xmpp final : public Dialogue {
 public:
  Xmpp(std::string_view content, Env env)
      : Dialogue(std::move(env)), content_(content), window_(Dialogue::env().client) {
    ReadAnew(Side::kClient);
    ReadAnew(Side::kServer);
  }

 private:
  /// What the client's leg is at.
  enum class Client : uint8_t {
    kHeader,    ///< its header is awaited, or the upstream for it
    kRequired,  ///< our own features are shown: nothing but STARTTLS will do
    kFilter,    ///< it speaks with the upstream
  };
  /// What the server's leg is at.
  enum class Server : uint8_t {
    kNone,      ///< not dialled
    kDialled,   ///< being dialled, or its implicit TLS comes up
    kIdle,      ///< connected: a stream will be opened once the client's header is there
    kHeader,    ///< our stream is opened: the answer to it is awaited
    kFeatures,  ///< and then the features
    kGoAhead,   ///< STARTTLS is asked for
    kLeaving,   ///< it said a stream error instead of features
    kReady,     ///< the meeting point
  };
  /// What the filter awaits of the upstream.
  enum class Awaited : uint8_t { kHeader, kFeatures, kSuccess };

  Frame Cut(Side side, std::string_view in, Scan& scan) override;
  Act On(Side side, std::string_view bytes, Out& out) override;
  Act On(Event event, Side side, Out& out) override;
  std::string Goodbye(const Failure& failure) const override;
  bool RefusedForWantOfTls() const override { return refused_; }

  // The server role, which faces the client.
  Act OnClient(std::string_view bytes, Out& out);
  Act OnClientHeader(std::string_view header, Out& out);
  Act BeforeTls(Out& out);
  Act ClientTlsUp();

  // The client role, which faces the upstream.
  Act OpenStream(Out& out);
  Act OnServer(std::string_view bytes, Out& out);
  Act OnServerHeader(std::string_view bytes, Out& out);
  Act OnFeatures(std::string_view bytes, Out& out);
  Act OnGoAhead(Out& out);
  Act NotOffered(Out& out);
  Act ServerReady();
  Act DialUpstream();
  Act DialInPlaintext(const char* note, Out& out);

  // Both, once they have met.
  Act Meet(std::string_view header, Out& out);
  Act ClientInFilter(std::string_view bytes, Out& out);
  Act ServerInFilter(std::string_view bytes, Out& out);

  bool LetsIn(const Unit& said) const;

  Act Refuse(std::string_view text, Out& out);
  std::string Edited(std::string_view features, Out& out);
  const Unit& unit(Side side) const { return readers_[Index(side)]->unit(); }
  void ReadAnew(Side side) { readers_[Index(side)] = std::make_unique<StreamReader>(); }
  bool MustUpgrade() const { return env().client == TlsMode::kRequired && !tls_up(Side::kClient); }
  bool MayUpgrade() const { return window_.open(tls_up(Side::kClient)); }

  const std::string_view content_;  ///< jabber:client or jabber:server
  std::unique_ptr<StreamReader> readers_[2];
  Client client_ = Client::kHeader;
  Server server_ = Server::kNone;
  Awaited awaited_ = Awaited::kHeader;
  std::string header_;    ///< the client's, as it came last; empty: it has not come in what its leg goes through
  Unit wants_;            ///< what it says
  std::string held_;      ///< what the upstream answered where TLS was not to be had: the client's to read
  std::string answered_;  ///< the name in the header that the client has been sent; empty: none yet
  bool opened_ = false;   ///< a stream was opened in what the server's leg goes through
  UpgradeWindow window_;
  bool refused_ = false;    ///< something was refused for want of TLS
  bool old_login_ = false;  ///< the client's last stanza was one of jabber:iq:auth
  int refusals_ = 0;
  const char* invalid_ = nullptr;  ///< the stream error for a header that is none
};

}  // namespace starlock::protocol::xmpp
