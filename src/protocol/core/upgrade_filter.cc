#include "protocol/core/upgrade_filter.h"

namespace starlock::protocol {

Frame UpgradeFilter::Cut(Side side, std::string_view in, Scan& scan) {
  if (side == Side::kClient && Held()) return Frame::Whole(in.size());
  const Frame frame = CutUnit(side, in, scan);
  if (side == Side::kServer) server_in_unit_ = frame.kind == Frame::Kind::kPartial;
  return frame;
}

Act UpgradeFilter::On(Side side, std::string_view unit, Out& out) {
  static constexpr const char* kSpoke = "the server spoke inside the client's TLS before the client did";
  if (side == Side::kServer) {
    if (window_.silent() && !MaySpeakUnasked(unit)) return Fail{{End::kProtocolError, Blame::kServer, kSpoke}};
    return OnServerUnit(unit, out);
  }
  const size_t before = out.server().size();
  Act act = OnClientUnit(unit, out);
  const bool crossed = out.server().size() > before;
  if (!crossed) return act;
  if (window_.silent() && server_in_unit_) {
    out.server().resize(before);
    return Fail{{End::kProtocolError, Blame::kServer, kSpoke}};
  }
  window_.BreakSilence();
  if (on_offer() && !IsHarmless(unit)) window_.Close();
  return act;
}

Act UpgradeFilter::OnStarttls(const StarttlsWords& words, bool has_argument, Out& out) {
  if (server_in_unit_ && !Busy()) window_.Close();  // what has begun answers no question
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
  if (Busy()) return Wait{.upgrade = true};
  if (!prologue_.server_tls) window_.Silence();
  out.client() += words.go_ahead;
  return Upgrade{Side::kClient};
}

Act UpgradeFilter::Refuse(std::string_view text, Out& out) {
  if ((AnswersInOrder() && Busy()) || !BetweenUnits()) return Wait{};
  if (++refusals_ > kMaxCommands) return Fail{{End::kLimit, Blame::kClient, "too many commands were refused"}};
  out.client() += text;
  return Read{};
}

}  // namespace starlock::protocol
