#include "config/reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "config/sections.h"
#include "config/values.h"

namespace starlock::config {
namespace {

constexpr Key kRootKeys[] = {{"workers"},      {"log"},       {"limits"},     {"tls"},
                             {"certificates"}, {"listeners"}, {"admin", true}};
// One byte more than the parser takes, so that it is the one to say what is too large.
constexpr size_t kMostRead = (1 << 20) + 1;

// Reads a file, or what else can be read (a pipe from a shell). 0, or errno.
int ReadAll(const std::string& path, std::string& text) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  int error = 0;
  char block[16384];
  while (text.size() < kMostRead) {
    const ssize_t got = read(fd, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) error = errno;
    if (got <= 0) break;
    text.append(block, static_cast<size_t>(got));
  }
  close(fd);
  return error;
}

Loaded Finish(Report& report, Config config) {
  Loaded loaded;
  if (!report.failed()) loaded.config = std::move(config);
  loaded.errors = report.TakeErrors();
  loaded.warnings = report.TakeWarnings();
  return loaded;
}

}  // namespace

std::string Diagnostic::ToString() const {
  std::string line = at.ToString() + ": " + message;
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  std::replace_if(line.begin(), line.end(), is_control, '?');
  return line;
}

Loaded LoadFile(const std::string& path, std::span<const DialectRules> dialects) {
  std::string text;
  if (const int error = ReadAll(path, text)) {
    Loaded loaded;
    loaded.errors.push_back({{path, 0, 0}, std::string("cannot be read: ") + std::strerror(error)});
    return loaded;
  }
  return LoadText(text, path, dialects);
}

Loaded LoadText(std::string_view text, const std::string& path, std::span<const DialectRules> dialects) {
  Diagnostic error;
  const auto tree = ParseYaml(text, path, error);
  if (!tree) {
    Loaded loaded;
    loaded.errors.push_back(std::move(error));
    return loaded;
  }
  Report report(path);
  Config config;
  TlsSettings tls;
  const MapReader root(report, *tree, "the configuration", kRootKeys);
  root.Read("workers", ParseWorkers, config.workers);
  ReadLog(root, config.log);
  ReadLimits(root, config.limits);
  ReadTls(root, tls, config.ticket_keys);
  ReadCertificates(root, config.certificates);
  ReadListeners(root, tls, dialects, config);
  return Finish(report, std::move(config));
}

}  // namespace starlock::config
