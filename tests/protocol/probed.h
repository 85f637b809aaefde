#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/core/probe.h"
#include "protocol/dialects.h"
#include "support/act_kind.h"

namespace starlock::test {

/// A probe of one protocol, and what it says to a server that says what it is fed.
class Probed {
 public:
  /// `piece`: how many bytes come in one read, at most.
  explicit Probed(std::string_view protocol, size_t piece = SIZE_MAX)
      : piece_(piece), probe_(protocol::MakeProbe(*protocol::FindDialect(protocol), "probe.example", findings)) {
    step = probe_->Notify(protocol::Event::kUpstreamUp, protocol::Side::kServer, out_);
  }

  void Feed(std::string_view bytes) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece_, bytes.size()))) Read(bytes.substr(0, piece_));
  }

  void TlsUp() {
    EXPECT_EQ(KindOf(step.act), ActKind::kTlsServer);
    EXPECT_EQ(input_, "");
    step = probe_->Notify(protocol::Event::kTlsUp, protocol::Side::kServer, out_);
  }

  std::string Said() { return std::exchange(out_.server(), {}); }

  protocol::Findings findings;
  protocol::Step step;

 private:
  void Read(std::string_view bytes) {
    input_ += bytes;
    while (KindOf(step.act) == ActKind::kRead) {
      step = probe_->Advance({}, input_, out_);
      if (step.used[1] == 0) break;
      input_.erase(0, step.used[1]);
    }
  }

  const size_t piece_;
  std::unique_ptr<protocol::Dialogue> probe_;
  protocol::Out out_;
  std::string input_;
};

}  // namespace starlock::test
