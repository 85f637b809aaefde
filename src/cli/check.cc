#include "cli/check.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <iostream>
#include <system_error>

#include "base/text.h"
#include "cli/expiry.h"
#include "cli/exposed_keys.h"
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

// What would keep `run` from opening the log file. Creates nothing.
std::vector<config::Diagnostic> InspectLogFile(const config::LogSettings& log) {
  if (!log.file) return {};
  const std::string& path = log.file->path;
  struct stat status {};
  std::string place = path;
  int access_needed = W_OK;
  if (stat(path.c_str(), &status) != 0) {
    const auto parent = std::filesystem::path(path).parent_path();
    place = parent.empty() ? "." : parent.string();
    access_needed = W_OK | X_OK;
  } else if (S_ISDIR(status.st_mode)) {
    return {{log.file->at, fmt::format("cannot open the log file {}: it is a folder", path)}};
  }
  if (access(place.c_str(), access_needed) == 0) return {};
  return {{log.file->at, fmt::format("cannot open the log file {}: {}", path, std::generic_category().message(errno))}};
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
  auto errors = InspectLogFile(loaded.config->log);
  errors.insert(errors.end(), files.errors.begin(), files.errors.end());
  PrintErrors(errors);
  PrintWarnings(FindExpiring(*loaded.config, files.credentials, std::chrono::system_clock::now()));
  PrintWarnings(FindExposedKeys(*loaded.config));
  if (!errors.empty()) return 2;
  const size_t listeners = loaded.config->listeners.size();
  std::cout << file << ": valid, " << listeners << (listeners == 1 ? " listener\n" : " listeners\n");
  return 0;
}

}  // namespace starlock::cli
