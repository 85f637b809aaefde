#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/core/act.h"
#include "protocol/core/out.h"
#include "protocol/core/upgrade_window.h"
#include "protocol/xmpp/stream.h"

namespace starlock::protocol::xmpp {

/// Which legs are inside TLS.
struct TlsLegs {
  bool client = false;
  bool server = false;
};

/// Reads both streams beyond the meeting point, unless both legs have TLS. It
/// ends with a successful login. It is a part of XmppDialogue, which owns the streams.
class StreamFilter {
 public:
  /// `client`: the mode of the client leg.
  explicit StreamFilter(TlsMode client) : window_(client) {}

  /// Handles a unit of the client's stream. `answered`: the name of the stream header that the client was sent.
  Act OnClient(const Unit& unit, std::string_view bytes, TlsLegs tls, std::string_view answered, Out& out);
  /// Handles a unit of the server's stream. `wants_features`: the client's header has a version, so it expects
  /// features. A stream header replaces `answered`.
  Act OnServer(const Unit& unit, std::string_view bytes, TlsLegs tls, bool wants_features, std::string& answered,
               Out& out);

  /// Refuses a stanza with `text`. More than kMaxCommands refusals end the session.
  Act Refuse(std::string_view text, Out& out);
  /// Features for the client: STARTTLS is listed while the client may upgrade.
  std::string Edited(std::string_view bytes, const Unit& features, bool client_tls, Out& out) const;
  bool MayUpgrade(bool client_tls) const { return window_.open(client_tls); }

  /// The server's features are known already, before the filter starts.
  void HaveFeatures() { awaited_ = Awaited::kSuccess; }
  bool has_features() const { return awaited_ == Awaited::kSuccess; }
  /// The client upgraded: both streams start anew.
  void Restart() { awaited_ = Awaited::kHeader; }

 private:
  /// What the upstream sends next.
  enum class Awaited : uint8_t { kHeader, kFeatures, kSuccess };

  bool Authenticates(const Unit& unit) const;

  UpgradeWindow window_;
  Awaited awaited_ = Awaited::kHeader;
  bool old_login_ = false;  ///< the client's latest stanza was a login of jabber:iq:auth
  int refusals_ = 0;
};

}  // namespace starlock::protocol::xmpp
