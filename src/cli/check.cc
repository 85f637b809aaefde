#include "cli/check.h"

#include <iostream>

#include "base/text.h"
#include "cli/expiry.h"
#include "config/reader.h"
#include "proxy/credentials.h"
#include "session/dialect_rules.h"

namespace starlock::cli {
namespace {

void PrintErrors(const std::vector<config::Diagnostic>& errors) {
  for (const config::Diagnostic& error : errors) std::cerr << error.ToString() << "\n";
}

void PrintWarnings(std::vector<config::Diagnostic> warnings) {
  for (config::Diagnostic& warning : warnings) {
    warning.message.insert(0, "warning: ");
    std::cerr << warning.ToString() << "\n";
  }
}

}  // namespace

int Check(const std::string& file) {
  const config::Loaded loaded = config::LoadFile(file, session::DialectRulesForConfig());
  PrintErrors(loaded.errors);
  PrintWarnings(loaded.warnings);
  if (!loaded.ok()) return 2;
  const auto files = proxy::LoadCredentials(*loaded.config);
  // Names in a certificate are not trusted.
  for (const std::string& line : DescribeCertificates(*loaded.config, files.credentials)) {
    std::cout << WithoutControls(line) << "\n";
  }
  PrintErrors(files.errors);
  PrintWarnings(FindExpiring(*loaded.config, files.credentials, std::chrono::system_clock::now()));
  if (!files.errors.empty()) return 2;
  const size_t listeners = loaded.config->listeners.size();
  std::cout << file << ": valid, " << listeners << (listeners == 1 ? " listener\n" : " listeners\n");
  return 0;
}

}  // namespace starlock::cli
