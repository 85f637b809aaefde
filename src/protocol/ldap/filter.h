#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "protocol/core/filter.h"
#include "protocol/core/negotiator.h"
#include "protocol/ldap/words.h"

namespace starlock::protocol::ldap {

/// Reads LDAP beyond the meeting point: while the client may still upgrade, and while the server's leg is plaintext,
/// until a Bind has succeeded. Every message crosses byte for byte, whatever its length, but for StartTLS, which is
/// answered here, and entries of the root DSE, which show StartTLS as it is on the client's leg.
class LdapFilter final : public Filter {
 public:
  explicit LdapFilter(const Prologue& prologue) : prologue_(prologue) {}

  Act Begin() override { return Read{}; }
  Frame Cut(Side side, std::string_view in, Scan& scan) override;
  Act On(Side side, std::string_view unit, Out& out) override;
  Act OnTlsUp() override { return prologue_.server_tls ? Act(Relay{}) : Read{}; }

 private:
  /// An operation that the upstream has not answered yet.
  struct Asked {
    int32_t id = 0;
    Op op = {};
    RootDseSearch root_dse;
  };

  Act OnRequest(const Message& request, std::string_view unit, Out& out);
  Act OnStartTls(const Message& request, bool has_value, Out& out);
  Act OnAnswer(const Message& answer, std::string_view unit, Out& out);
  void Abandon(const Message& request);
  void ShowEntry(const RootDseSearch& search, std::string_view unit, Out& out) const;
  bool OnOffer() const {
    return prologue_.env.client == TlsMode::kOpportunistic && !prologue_.client_tls && window_open_;
  }
  /// Nothing is left to be read for: StartTLS is the server's own to refuse, inside its TLS.
  bool Done() const { return prologue_.server_tls && !window_open_ && outstanding_.empty(); }

  const Prologue& prologue_;
  std::vector<Asked> outstanding_;
  size_t rest_[2] = {0, 0};  ///< of a message that is longer than a unit, and passes piece by piece
  int refusals_ = 0;
  bool noted_ = false;       ///< the operator has been told about EXTERNAL
  bool window_open_ = true;  ///< nothing has crossed but whole searches of the root DSE
};

}  // namespace starlock::protocol::ldap
