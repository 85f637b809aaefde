#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/core/upgrade_filter.h"
#include "protocol/ldap/words.h"

namespace starlock::protocol::ldap {

/// What the filter must know of an operation to interpret its responses.
struct Asked {
  Op op = {};
  RootDseSearch root_dse;
};

/// Reads LDAP beyond the meeting point, while the client may still upgrade or the server leg is plaintext. It ends with
/// a successful Bind. Messages of any length cross byte for byte, with two exceptions: StartTLS is answered here, and
/// entries of the root DSE list StartTLS according to the client leg.
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
  /// Whether nothing needs to be read any more. The server itself refuses a StartTLS inside its TLS.
  bool Done() const { return prologue().server_tls && !on_offer() && !Busy(); }

  size_t rest_[2] = {0, 0};  ///< by Side: missing bytes of a message that passes in pieces
};

}  // namespace starlock::protocol::ldap
