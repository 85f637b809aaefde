#pragma once

#include <string_view>

#include "protocol/core/filter.h"
#include "protocol/core/negotiator.h"

namespace starlock::protocol::postgres {

/// Reads PostgreSQL beyond the meeting point if the server leg has TLS, up to the server's first authentication
/// request.
///
/// If the client leg is plaintext, SCRAM-SHA-256-PLUS is removed from the offered methods, because libpq treats channel
/// binding without TLS as an attack. This is safe only on a plaintext client leg. There the client states that it does
/// not support channel binding (RFC 5802 6, the gs2 flag `n`), which every server accepts. A client with TLS that sees
/// no -PLUS sends the flag `y`: it supports channel binding, but the server does not. A server that offered -PLUS must
/// refuse this as a downgrade. So between two TLS legs the list is not changed. No other byte is ever changed.
class PostgresFilter final : public Filter {
 public:
  explicit PostgresFilter(const Prologue& prologue) : prologue_(prologue) {}

  Frame Cut(Side side, std::string_view in, Scan& scan) override;
  Act On(Side side, std::string_view unit, Out& out) override;
  Act OnTlsUp() override { return Relay{}; }

 private:
  const Prologue& prologue_;
};

}  // namespace starlock::protocol::postgres
