#include <iostream>

#include "cli/check.h"
#include "cli/options.h"
#include "cli/process.h"
#include "cli/run.h"
#include "session/dialect_rules.h"

namespace starlock::cli {
namespace {

int Run(const RunOptions& options) {
  const auto dialects = session::DialectRulesForConfig();
  const auto loaded =
      options.file.empty() ? config::FromFlags(options.flags, dialects) : config::LoadFile(options.file, dialects);
  const char* prefix = options.file.empty() ? "starlock run: " : "";
  for (const config::Diagnostic& error : loaded.errors) std::cerr << prefix << error.ToString() << "\n";
  if (!loaded.ok()) return 2;
  return RunProxy(*loaded.config, loaded.warnings);
}

struct Dispatch {
  int operator()(const Answer& answer) const {
    (answer.status == 0 ? std::cout : std::cerr) << answer.text;
    return answer.status;
  }
  int operator()(const RunOptions& options) const { return Run(options); }
  int operator()(const CheckOptions& options) const { return Check(options.file); }
  int operator()(const ProbeOptions& options) const { return Probe(options); }
  int operator()(const demo::Options& options) const { return demo::Run(options); }
};

}  // namespace
}  // namespace starlock::cli

int main(int argc, char** argv) {
  starlock::cli::OpenStandardDescriptors();
  starlock::cli::IgnoreWriteSignals();
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const int status = std::visit(starlock::cli::Dispatch{}, starlock::cli::ParseCommandLine(arguments));
  std::cout.flush();
  return status == 0 && !std::cout ? 1 : status;
}
