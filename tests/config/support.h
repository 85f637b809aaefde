#pragma once

#include <string>
#include <vector>

#include "config/reader.h"

namespace starlock::config {

inline std::vector<DialectRules> TestDialects() { return {{"smtp", true}, {"lmtp", true}, {"tcp", false}}; }

/// A valid listener in parts; an empty part is left out.
struct Parts {
  std::string name = "name: front";
  std::string listen = "listen: 127.0.0.1:2525";
  std::string protocol = "protocol: smtp";
  std::string client = "client: {tls: off}";
  std::string server = "server: {address: 'mail.example.org:25', tls: off}";
};

inline std::string Item(const Parts& parts) {
  std::string yaml;
  for (const auto& part : {parts.name, parts.listen, parts.protocol, parts.client, parts.server}) {
    if (!part.empty()) yaml += (yaml.empty() ? "  - " : "    ") + part + "\n";
  }
  return yaml;
}

/// A complete configuration with one certificate, `mail`, and one listener.
inline std::string With(const Parts& parts) {
  return "certificates: {mail: {chain: c.pem, key: k.pem}}\nlisteners:\n" + Item(parts);
}
inline std::string WithClient(const std::string& keys) { return With({.client = "client: {" + keys + "}"}); }
inline std::string WithServer(const std::string& keys) { return With({.server = "server: {" + keys + "}"}); }
/// The given top-level keys and one listener.
inline std::string WithTop(const std::string& yaml) { return yaml + "\nlisteners:\n" + Item({}); }

}  // namespace starlock::config
