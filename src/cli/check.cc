#include "cli/check.h"

#include <iostream>

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

// A name in a certificate is somebody else's text.
void PrintLine(std::string line) {
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  std::cout << line << "\n";
}

}  // namespace

int Check(const std::string& file) {
  const config::Loaded loaded = config::LoadFile(file, session::DialectRulesForConfig());
  PrintErrors(loaded.errors);
  PrintWarnings(loaded.warnings);
  if (!loaded.ok()) return 2;
  const auto files = proxy::LoadCredentials(*loaded.config);
  for (std::string& line : DescribeCertificates(*loaded.config, files.credentials)) PrintLine(std::move(line));
  PrintErrors(files.errors);
  PrintWarnings(FindExpiring(*loaded.config, files.credentials, std::chrono::system_clock::now()));
  if (!files.errors.empty()) return 2;
  const size_t listeners = loaded.config->listeners.size();
  std::cout << file << ": valid, " << listeners << (listeners == 1 ? " listener\n" : " listeners\n");
  return 0;
}

}  // namespace starlock::cli
