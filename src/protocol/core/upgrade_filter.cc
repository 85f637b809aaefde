#include "protocol/core/upgrade_filter.h"

namespace starlock::protocol {

Act UpgradeFilter::OnStarttls(const StarttlsWords& words, bool has_argument, Out& out) {
  switch (window_.Judge(prologue_.client_tls)) {
    case UpgradeWindow::Refusal::kActive:
      return Refuse(words.active, out);
    case UpgradeWindow::Refusal::kOff:
      return Refuse(words.off, out);
    case UpgradeWindow::Refusal::kTooLate:
      return Refuse(words.too_late, out);
    case UpgradeWindow::Refusal::kNone:
      break;
  }
  if (has_argument) return Refuse(words.has_argument, out);
  if (Busy()) return Wait{};
  out.client() += words.go_ahead;
  return Upgrade{Side::kClient};
}

Act UpgradeFilter::Refuse(std::string_view text, Out& out) {
  if (AnswersInOrder() && Busy()) return Wait{};
  if (++refusals_ > kMaxCommands) return Fail{{End::kLimit, Blame::kClient, "too many commands were refused"}};
  out.client() += text;
  return Read{};
}

}  // namespace starlock::protocol
