#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/core/upgrade_filter.h"
#include "protocol/ldap/words.h"

namespace starlock::protocol::ldap {

/// What of an operation its responses must be judged by.
struct Asked {
  Op op = {};
  RootDseSearch root_dse;
};

/// Reads LDAP beyond the meeting point: while the client may still upgrade, and while the server's leg is plaintext,
/// until a Bind has succeeded. Every message crosses byte for byte, whatever its length, but for StartTLS, which is
/// answered here, and entries of the root DSE, which show StartTLS as it is on the client's leg.
class LdapFilter final : public TaggedFilter<int32_t, Asked> {
 public:
  explicit LdapFilter(const Prologue& prologue) : TaggedFilter(prologue) {}

  Frame Cut(Side side, std::string_view in, Scan& scan) override;
  Act On(Side side, std::string_view unit, Out& out) override;

 private:
  Act OnCommand(std::string_view unit, Out& out) override;
  Act OnReply(std::string_view unit, Out& out) override;
  Act OnStartTlsRequest(const Message& request, bool has_value, Out& out);
  void Abandon(const Message& request);
  void ShowEntry(const RootDseSearch& search, std::string_view unit, Out& out) const;
  /// Nothing is left to be read for: StartTLS is the server's own to refuse, inside its TLS.
  bool Done() const { return prologue().server_tls && !on_offer() && !Busy(); }

  size_t rest_[2] = {0, 0};  ///< of a message that is longer than a unit, and passes piece by piece
};

}  // namespace starlock::protocol::ldap
