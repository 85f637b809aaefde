#pragma once

#include <cstdint>

#include "protocol/core/dialogue.h"

namespace starlock::test {

/// An act's type as a value, for a test to compare and to print.
enum class ActKind : uint8_t { kRead, kWait, kDial, kDialNext, kTlsClient, kTlsServer, kRelay, kFail };

inline ActKind KindOf(const protocol::Act& act) {
  if (protocol::Is<protocol::Wait>(act)) return ActKind::kWait;
  if (const auto* dial = std::get_if<protocol::Dial>(&act)) return dial->next ? ActKind::kDialNext : ActKind::kDial;
  if (const auto* upgrade = std::get_if<protocol::Upgrade>(&act)) {
    return upgrade->side == protocol::Side::kClient ? ActKind::kTlsClient : ActKind::kTlsServer;
  }
  if (protocol::Is<protocol::Relay>(act)) return ActKind::kRelay;
  return protocol::Is<protocol::Fail>(act) ? ActKind::kFail : ActKind::kRead;
}

/// The failure of an act that is a Fail; else an empty one.
inline protocol::Failure FailureOf(const protocol::Act& act) {
  const auto* fail = std::get_if<protocol::Fail>(&act);
  return fail != nullptr ? fail->failure : protocol::Failure{};
}

}  // namespace starlock::test
