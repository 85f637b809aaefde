#include "cli/probe.h"

#include <cstdlib>
#include <iostream>

#include "cli/probe_run.h"

namespace starlock::cli {
namespace {

constexpr std::chrono::seconds kDeadline{10};

int Print(const ProbeOptions& options, const ProbeReport& report) {
  const auto now = std::chrono::system_clock::now();
  std::cout << (options.json ? ToJson(report, now) : ToText(report, now, Style::ForStdout())) << std::flush;
  for (const std::string& warning : Warnings(report, now)) {
    std::cerr << "starlock probe: warning: " << Printable(warning) << "\n";
  }
  if (report.failure) std::cerr << "starlock probe: " << Printable(report.failure->why) << "\n";
  return report.failure ? 1 : 0;
}

}  // namespace

int Probe(const ProbeOptions& options) {
  auto run = ProbeRun::Create(options);
  if (!run) {
    std::cerr << "starlock probe: " << Printable(run.error().detail) << "\n";
    return options.ca.empty() ? 1 : 2;
  }
  const int status = Print(options, (*run)->Run(kDeadline));
  // Destroying the loop would wait for a resolver that does not answer. There is nothing else to clean up.
  if ((*run)->resolving()) std::_Exit(status);
  return status;
}

}  // namespace starlock::cli
