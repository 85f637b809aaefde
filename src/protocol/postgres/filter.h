#pragma once

#include <string_view>

#include "protocol/core/filter.h"
#include "protocol/core/negotiator.h"

namespace starlock::protocol::postgres {

/// Reads PostgreSQL beyond the meeting point where the server's leg has TLS, up to the server's first word about
/// authentication. Where the client's leg has none, SCRAM-SHA-256-PLUS is taken out of the methods that are offered
/// there, for libpq takes it for an attack to be offered channel binding where there is no channel. That is right here,
/// and only here: a client without TLS says that it does not support channel binding (RFC 5802 6, the gs2 flag `n`),
/// which a server takes from anyone. One with TLS that finds no -PLUS says that it supports it, but believes that the
/// server does not (`y`); and one that has offered it must then refuse, for somebody has cut the list short. So over
/// two TLS legs the list stays what it is. No other byte differs anywhere.
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
