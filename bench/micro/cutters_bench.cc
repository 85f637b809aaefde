// Cutters, which find the end of each unit of a negotiation.

#include <benchmark/benchmark.h>

#include <string>

#include "protocol/text/lines.h"
#include "protocol/text/literals.h"

namespace {

using starlock::protocol::Frame;

std::string Lines(size_t count, const std::string& line) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += line;
  return text;
}

template <typename Cut>
void Run(benchmark::State& state, const std::string& unit, const Cut& cut) {
  if (cut(unit).kind != Frame::Kind::kWhole) return state.SkipWithError("the unit is not complete");
  for (auto _ : state) benchmark::DoNotOptimize(cut(unit));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(unit.size()));
}

// Runs a cutter on input that it has not scanned before.
auto Fresh(Frame (*cut)(std::string_view in, starlock::protocol::Scan& scan)) {
  return [cut](std::string_view in) {
    starlock::protocol::Scan scan;
    return cut(in, scan);
  };
}

void BM_CutLine(benchmark::State& state) {
  Run(state, "MAIL FROM:<someone@example.org> SIZE=1000\r\n",
      [](std::string_view in) { return starlock::protocol::CutLine(in); });
}
BENCHMARK(BM_CutLine);

void BM_CutSmtpReply(benchmark::State& state) {
  Run(state, Lines(10, "250-SOMETHING that is offered\r\n") + "250 HELP\r\n", Fresh(starlock::protocol::CutSmtpReply));
}
BENCHMARK(BM_CutSmtpReply);

void BM_CutWithLiterals(benchmark::State& state) {
  Run(state, "a1 LOGIN {4+}\r\nuser {6+}\r\nsecret\r\n", Fresh(starlock::protocol::CutWithLiterals));
}
BENCHMARK(BM_CutWithLiterals);

void BM_CutDotted(benchmark::State& state) {
  Run(state, "+OK\r\n" + Lines(12, "CAPABILITY with details\r\n") + ".\r\n", Fresh(starlock::protocol::CutDotted));
}
BENCHMARK(BM_CutDotted);

void BM_CutBody(benchmark::State& state) {
  Run(state, Lines(300, "a line of a message of many such lines\r\n"),
      [](std::string_view in) { return starlock::protocol::CutBody(in, true); });
}
BENCHMARK(BM_CutBody);

}  // namespace
