#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace starlock::config {

/// What the configuration must know of a protocol. The protocols themselves are in another layer.
struct DialectRules {
  std::string name;
  bool starttls = true;           ///< can upgrade; without an upgrade (`tcp`), a leg is `off` or `implicit`
  bool data_connections = false;  ///< has data connections beside the session (`ftp`)
};

/// One error or warning: where, what is wrong, and what would be right.
struct Diagnostic {
  Location at;
  std::string message;

  /// `file:line:column: message`, on one line and without control characters.
  std::string ToString() const;
};

/// The result of reading a configuration. `config` is set exactly if `errors` is empty, whatever `warnings` holds.
struct Loaded {
  std::optional<Config> config;
  std::vector<Diagnostic> errors;    ///< all that were found, in file order
  std::vector<Diagnostic> warnings;  ///< in file order

  bool ok() const { return config.has_value(); }
};

/// Reads a YAML file. Relative paths in it are relative to its folder.
Loaded LoadFile(const std::string& path, std::span<const DialectRules> dialects);

/// Reads YAML from memory. `path` is for messages and relative paths; it is not opened.
Loaded LoadText(std::string_view text, const std::string& path, std::span<const DialectRules> dialects);

/// The options of `run` without a file. Options that were not given are absent.
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

/// Makes one listener, named after its protocol, from options. A diagnostic's location is the option's name.
Loaded FromFlags(const Flags& flags, std::span<const DialectRules> dialects);

}  // namespace starlock::config
