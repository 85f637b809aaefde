#include "protocol/core/upgrade_window.h"

#include <gtest/gtest.h>

namespace starlock::protocol {
namespace {

using Refusal = UpgradeWindow::Refusal;

constexpr TlsMode kAllModes[] = {TlsMode::kOff, TlsMode::kOpportunistic, TlsMode::kRequired, TlsMode::kImplicit};

TEST(UpgradeWindow, IsOpenOnlyToAnOpportunisticClientInPlaintext) {
  for (const TlsMode mode : kAllModes) {
    const UpgradeWindow window(mode);
    EXPECT_EQ(window.open(/*in_tls=*/false), mode == TlsMode::kOpportunistic) << ToString(mode);
    EXPECT_FALSE(window.open(/*in_tls=*/true)) << ToString(mode);
  }
}

TEST(UpgradeWindow, StaysClosed) {
  for (const TlsMode mode : kAllModes) {
    UpgradeWindow window(mode);
    window.Close();
    window.Close();
    EXPECT_FALSE(window.open(false)) << ToString(mode);
    EXPECT_FALSE(window.open(true)) << ToString(mode);
    EXPECT_NE(window.Judge(false), Refusal::kNone) << ToString(mode);
  }
}

TEST(UpgradeWindow, GrantsTheUpgradeWhileItIsOpen) {
  EXPECT_EQ(UpgradeWindow(TlsMode::kOpportunistic).Judge(false), Refusal::kNone);
}

TEST(UpgradeWindow, SaysWhyTheUpgradeIsNotGranted) {
  for (const TlsMode mode : kAllModes) {
    EXPECT_EQ(UpgradeWindow(mode).Judge(true), Refusal::kActive) << ToString(mode);
    UpgradeWindow closed(mode);
    closed.Close();
    EXPECT_EQ(closed.Judge(true), Refusal::kActive) << "TLS is the reason to name first: " << ToString(mode);
  }
  UpgradeWindow off(TlsMode::kOff);
  EXPECT_EQ(off.Judge(false), Refusal::kOff);
  off.Close();
  EXPECT_EQ(off.Judge(false), Refusal::kOff);
  UpgradeWindow late(TlsMode::kOpportunistic);
  late.Close();
  EXPECT_EQ(late.Judge(false), Refusal::kTooLate);
}

}  // namespace
}  // namespace starlock::protocol
