#include "config/reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "base/text.h"
#include "config/open_relay.h"
#include "config/sections.h"
#include "config/values.h"

namespace starlock::config {
namespace {

Error Unreadable(int number) {
  return {ErrorCode::kInvalid, fmt::format("cannot be read: {}", std::generic_category().message(number))};
}

// Reads a file, or anything else with a path (a pipe from a shell). Stops one byte beyond what ParseYaml accepts, which
// then reports that it is too large.
Result<std::string> ReadAll(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Unreadable(errno);
  std::string text;
  int error = 0;
  std::array<char, 16384> block{};
  while (text.size() <= kMaxYamlSize) {
    const ssize_t n = read(fd, block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) error = errno;
    if (n <= 0) break;
    text.append(block.data(), static_cast<size_t>(n));
  }
  close(fd);
  if (error != 0) return Unreadable(error);
  return text;
}

Loaded Failed(Diagnostic error) {
  Loaded loaded;
  loaded.errors.push_back(std::move(error));
  return loaded;
}

Loaded Finish(Report& report, Config config) {
  Loaded loaded;
  if (!report.failed()) {
    for (Diagnostic& warning : FindOpenRelays(config)) report.Warn(std::move(warning));
    loaded.config = std::move(config);
  }
  loaded.errors = report.TakeErrors();
  loaded.warnings = report.TakeWarnings();
  return loaded;
}

}  // namespace

std::string Diagnostic::ToString() const { return WithoutControls(fmt::format("{}: {}", at.ToString(), message)); }

Loaded LoadFile(const std::string& path, std::span<const DialectRules> dialects) {
  const auto text = ReadAll(path);
  if (!text) return Failed({{path, 0, 0}, text.error().detail});
  return LoadText(*text, path, dialects);
}

Loaded LoadText(std::string_view text, const std::string& path, std::span<const DialectRules> dialects) {
  const auto tree = ParseYaml(text, path);
  if (!tree) return Failed(tree.error());
  Report report(path);
  Config config;
  TlsSettings tls;
  const MapReader root(report, **tree, "the configuration", kRootKeys);
  root.Read("workers", ParseWorkers, config.workers);
  ReadLog(root, config.log);
  ReadLimits(root, config.limits);
  ReadTls(root, tls, config.ticket_keys);
  ReadCertificates(root, config.certificates);
  ReadListeners(root, tls, dialects, config);
  return Finish(report, std::move(config));
}

}  // namespace starlock::config
