#include "cli/inspect.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace starlock::cli {
namespace {

void Look(const config::File& file, FileFindings& findings) {
  if (access(file.path.c_str(), R_OK) == 0) return;
  findings.errors.push_back({file.at, file.path + " cannot be read: " + std::strerror(errno)});
}

}  // namespace

FileFindings InspectFiles(const config::Config& config, std::chrono::system_clock::time_point /*now*/) {
  FileFindings findings;
  for (const config::Certificate& certificate : config.certificates) {
    Look(certificate.chain, findings);
    Look(certificate.key, findings);
  }
  for (const config::Listener& listener : config.listeners) {
    if (listener.server.ca) Look(*listener.server.ca, findings);
  }
  if (config.ticket_keys) Look(*config.ticket_keys, findings);
  return findings;
}

std::vector<std::string> InspectFiles(config::Loaded& loaded) {
  if (!loaded.ok()) return {};
  FileFindings found = InspectFiles(*loaded.config, std::chrono::system_clock::now());
  if (!found.errors.empty()) loaded.config.reset();
  loaded.errors.insert(loaded.errors.end(), found.errors.begin(), found.errors.end());
  loaded.warnings.insert(loaded.warnings.end(), found.warnings.begin(), found.warnings.end());
  return std::move(found.notes);
}

}  // namespace starlock::cli
