#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace starlock::config {

/// What a configuration needs to know of a protocol. The protocols themselves are another layer's.
struct DialectRules {
  std::string name;
  bool starttls = true;           ///< has an upgrade; without one (`tcp`), a leg is `off` or `implicit`
  bool data_connections = false;  ///< has connections beside the session (`ftp`)
};

/// One thing that is wrong, or doubtful: what it is, and what would be right.
struct Diagnostic {
  Location at;
  std::string message;

  /// `file:line:column: message`.
  std::string ToString() const;
};

/// What became of reading. `config` is there exactly if `errors` is empty; `warnings` do not stand in its way.
struct Loaded {
  std::optional<Config> config;
  std::vector<Diagnostic> errors;  ///< all that were found, in the order of the file
  std::vector<Diagnostic> warnings;

  bool ok() const { return config.has_value(); }
};

/// Reads a YAML file. Relative paths in it are taken from its folder.
Loaded LoadFile(const std::string& path, std::span<const DialectRules> dialects);

/// Reads YAML from memory, as if it stood in the file `path`, which is not opened.
Loaded LoadText(std::string_view text, const std::string& path, std::span<const DialectRules> dialects);

/// What `run` may be told without a file; options that were not given are absent.
struct Flags {
  std::optional<std::string> protocol;
  std::optional<std::string> listen;
  std::optional<std::string> upstream;
  std::optional<std::string> upstream_tls;
  std::optional<std::string> client_tls;
  std::optional<std::string> cert;
  std::optional<std::string> key;
  std::optional<std::string> ca;
  std::optional<std::string> server_name;
  bool insecure = false;
};

/// One listener, named after its protocol, from options. A diagnostic's location is the option's name.
Loaded FromFlags(const Flags& flags, std::span<const DialectRules> dialects);

}  // namespace starlock::config
