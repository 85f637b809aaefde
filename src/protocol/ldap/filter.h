#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "protocol/core/upgrade_filter.h"
#include "protocol/ldap/words.h"

namespace starlock::protocol::ldap {

/// What the filter must know of an operation to interpret its responses.
struct Asked {
  Op op = {};
  RootDseSearch root_dse;
  bool has_layer = false;  ///< a Bind after which a security layer of SASL may follow
};

/// Reads LDAP beyond the meeting point, unless both legs have TLS. StartTLS is legal at any time (RFC 4513 3.1.1), so
/// the filter stays until the end, except after a Bind with a SASL security layer, which we cannot read. Messages of
/// any length cross byte for byte, with two exceptions: StartTLS is answered here, and entries of the root DSE list
/// StartTLS according to the client leg.
class LdapFilter final : public TaggedFilter<int32_t, Asked> {
 public:
  explicit LdapFilter(const Prologue& prologue) : TaggedFilter(prologue) {}

  bool BetweenUnits() const override { return rest_[Index(Side::kServer)] == 0; }
  bool Established() const override { return true; }

  Act OnTlsUp() override;

 private:
  Frame CutUnit(Side side, std::string_view in, Scan& scan) override;
  Act OnClientUnit(std::string_view unit, Out& out) override;
  Act OnServerUnit(std::string_view unit, Out& out) override;
  bool IsHarmless(std::string_view unit) const override;
  bool MaySpeakUnasked(std::string_view unit) const override;
  Act OnCommand(std::string_view unit, Out& out) override;
  Act OnReply(std::string_view unit, Out& out) override;
  Act OnStartTlsRequest(const Message& request, bool has_value, Out& out);
  void Abandon(const Message& request);
  void ShowEntry(const RootDseSearch& search, std::string_view unit, Out& out) const;
  Act OnUnsolicited(const Message& answer, std::string_view unit, Out& out);
  bool IsAbandoned(int32_t id) const;
  bool IsStale(int32_t id) const;

  std::vector<int32_t> stale_;     ///< abandoned before the client's upgrade
  std::deque<int32_t> abandoned_;  ///< the latest operations that were abandoned; a response may be under way
  size_t rest_[2] = {0, 0};        ///< by Side: missing bytes of a message that passes in pieces
};

}  // namespace starlock::protocol::ldap
