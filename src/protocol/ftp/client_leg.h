#pragma once

#include <string_view>

#include "base/tls_mode.h"
#include "protocol/core/upgrade_window.h"
#include "protocol/ftp/states.h"
#include "protocol/ftp/words.h"

namespace starlock::protocol::ftp {

/// The client's control connection and its TLS. Answers AUTH, PBSZ and PROT (RFC 4217), which are never passed on.
class ClientLeg {
 public:
  explicit ClientLeg(TlsMode mode) : mode_(mode), window_(mode) {}

  /// The upstream's greeting is passed on.
  void Greet();
  void OnTlsUp() { control_.Become(InsideTls{}); }
  bool before_tls() const { return control_.Is<BeforeTls>(); }
  /// 234 was sent: the TLS handshake is next.
  bool upgrades() const { return control_.Is<ClientHandshake>(); }
  bool inside_tls() const { return control_.Is<InsideTls>(); }
  /// The leg is at its meeting point: commands are passed on.
  bool settled() const { return control_.Is<InPlaintext>() || control_.Is<InsideTls>(); }

  Answer OnAuth(std::string_view mechanism);
  Answer OnPbsz(std::string_view size);
  Answer OnProt(std::string_view level);

  /// A command that TLS may have had to protect is being processed: AUTH is refused from now on.
  void CloseWindow() { window_.Close(); }
  Offer offer() const;
  /// The client's protection level satisfies the leg's TLS mode.
  bool MayTransfer() const;
  /// Data connections of this leg use TLS.
  bool protects_data() const { return inside_tls() && data_.Is<ClientDataPrivate>(); }

  bool legal() const { return control_.legal() && data_.legal(); }

 private:
  TlsMode mode_;
  ClientControl control_;
  ClientData data_;
  UpgradeWindow window_;
};

}  // namespace starlock::protocol::ftp
