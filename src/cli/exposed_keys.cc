#include "cli/exposed_keys.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <string_view>

namespace starlock::cli {
namespace {

void Inspect(const config::File& file, std::string_view what, std::vector<config::Diagnostic>& warnings) {
  struct stat status {};
  if (stat(file.path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return;
  const auto mode = status.st_mode & 07777U;
  if ((mode & (S_IROTH | S_IWOTH)) == 0) return;
  warnings.push_back(
      {file.at, fmt::format("every user of this system can {} {} {} (mode {:04o}); use chmod o= {}",
                            (mode & S_IROTH) != 0 ? "read" : "change", what, file.path, mode, file.path)});
}

}  // namespace

std::vector<config::Diagnostic> FindExposedKeys(const config::Config& config) {
  std::vector<config::Diagnostic> warnings;
  for (const config::Certificate& certificate : config.certificates) {
    Inspect(certificate.key, "the private key", warnings);
  }
  if (config.ticket_keys) Inspect(*config.ticket_keys, "the ticket keys", warnings);
  return warnings;
}

}  // namespace starlock::cli
