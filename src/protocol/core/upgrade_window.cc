#include "protocol/core/upgrade_window.h"

namespace starlock::protocol {

UpgradeWindow::Refusal UpgradeWindow::Judge(bool in_tls) const {
  if (in_tls) return Refusal::kActive;
  if (client_ == TlsMode::kOff) return Refusal::kOff;
  return open(in_tls) ? Refusal::kNone : Refusal::kTooLate;
}

}  // namespace starlock::protocol
