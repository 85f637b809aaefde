#include "protocol/xmpp/filter.h"

#include <fmt/format.h>

#include "protocol/core/limits.h"
#include "protocol/core/notes.h"
#include "protocol/xmpp/words.h"

namespace starlock::protocol::xmpp {

Act StreamFilter::OnClient(const Unit& unit, std::string_view bytes, TlsLegs tls, std::string_view answered, Out& out) {
  if (unit.kind == Unit::Kind::kSpace) {
    out.server() += bytes;
    return Read{};
  }
  // A client that does not wait for the features must get them before its stanza is answered.
  if (!has_features()) return Wait{.upgrade = unit.name == kStarttls && MayUpgrade(tls.client)};
  if (unit.name == kStarttls) {
    if (MayUpgrade(tls.client)) {
      out.client() += kSayProceed;
      return Upgrade{Side::kClient};
    }
    out.client() += fmt::format("{}{}", kSayTlsFailure, EndTag(answered));
    return Fail::Told(End::kClosed, Blame::kNone, "the client asked for TLS, which is not available to it");
  }
  // We could not read a compressed stream.
  if (unit.name == kCompress) return Refuse(kSayNoCompression, out);
  window_.Close();
  if ((tls.client && tls.server) || unit.kind == Unit::Kind::kEnd) return Relay{.keep = true};
  // A stanza is not a login: the client may still send STARTTLS after it, which must then be refused.
  old_login_ = IsOldLogin(unit);
  out.server() += bytes;
  return Read{};
}

Act StreamFilter::OnServer(const Unit& unit, std::string_view bytes, TlsLegs tls, bool wants_features,
                           std::string& answered, Out& out) {
  if (unit.kind == Unit::Kind::kHeader) {
    if (unit.name != kStream) {
      return Fail{{End::kProtocolError, Blame::kServer, "the server sent no stream header"}};
    }
    answered = WrittenName(bytes, unit.tag);
    awaited_ = Awaited::kFeatures;
    out.client() += bytes;
    const bool features_follow = !unit.version.empty() && wants_features;
    return features_follow ? Act(Read{}) : Relay{};
  }
  if (unit.name == kFeatures) {
    HaveFeatures();
    out.client() += Edited(bytes, unit, tls.client, out);
    return Read{};
  }
  out.client() += bytes;
  const bool over = unit.kind == Unit::Kind::kEnd || unit.name == kError || Authenticates(unit);
  return over ? Act(Relay{}) : Read{};
}

// By SASL, by XEP-0078 (whose result is empty), or by dialback (XEP-0220), whose result can also be a failure.
bool StreamFilter::Authenticates(const Unit& unit) const {
  return SaslIn(unit) == Sasl::kSuccess || (unit.name == kDialbackResult && unit.type == "valid") ||
         (old_login_ && unit.name == kIq && unit.type == "result" && unit.children.empty());
}

Act StreamFilter::Refuse(std::string_view text, Out& out) {
  if (++refusals_ > kMaxCommands) return Fail{{End::kLimit, Blame::kClient, "too many commands were refused"}};
  out.client() += text;
  return Read{};
}

std::string StreamFilter::Edited(std::string_view bytes, const Unit& features, bool client_tls, Out& out) const {
  if (OffersChannelBinding(bytes)) out.Note(kChannelBindingNote);
  return WithStarttls(bytes, features, MayUpgrade(client_tls));
}

}  // namespace starlock::protocol::xmpp
