#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/host_port.h"
#include "base/log_level.h"
#include "base/spki_pin.h"
#include "base/tls_mode.h"
#include "base/tls_settings.h"
#include "base/words.h"

/// The configuration as plain structs, with its defaults, which hold for files and command lines alike.
/// A Config from the reader is complete: every name in it resolves, all rules between values hold, and inherited values
/// are filled in. The files that it names have not been opened.
namespace starlock::config {

using Milliseconds = std::chrono::milliseconds;

/// Where a value was written. Lines and columns count from 1. For a command line they are 0, and `file` is the option's
/// name (`--cert`).
struct Location {
  std::string file;
  int line = 0;
  int column = 0;

  /// `file:line:column`, or `--option`.
  std::string ToString() const;
  bool operator==(const Location&) const = default;
};

/// A file's path, and where the configuration names it, for errors.
struct File {
  std::string path;  ///< absolute, or relative to the working directory
  Location at;
};

struct LogSettings {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
  LogSessions sessions = LogSessions::kAll;
  std::optional<File> file;  ///< absent: stderr
};

/// A duration of 0 disables its limit.
struct Limits {
  uint32_t max_connections = 20000;         ///< 0: no limit
  uint32_t max_connections_per_client = 0;  ///< 0: no limit
  Milliseconds connect_timeout{10'000};
  Milliseconds negotiation_timeout{60'000};
  Milliseconds idle_timeout{30 * 60'000};
  Milliseconds drain_timeout{30'000};
};

struct Certificate {
  std::string name;
  File chain;   ///< PEM: the certificate, then its issuers
  File key;     ///< PEM
  Location at;  ///< of the name
};

struct ClientLeg {
  TlsMode mode = TlsMode::kOff;
  TlsSettings tls;
  std::vector<std::string> certificates;  ///< names, each in Config::certificates; at least one unless `mode` is kOff
  Location at;
};

struct ServerLeg {
  std::vector<HostPort> address;  ///< tried in order; at least one, no port is 0
  TlsMode mode = TlsMode::kOff;
  TlsSettings tls;
  std::optional<Verify> verify;            ///< as written; VerifyInForce() has the effective value
  std::optional<std::string> server_name;  ///< as written; ServerName() has the effective value
  std::optional<File> ca;                  ///< PEM; absent: the system's
  std::vector<SpkiPin> pins;
  Location at;

  /// `verify` if given, else kFull. An opportunistic leg without `verify` and `pins` has kNone. Pins are always checked
  /// in addition.
  Verify VerifyInForce() const;
  /// The name to verify and to send as SNI for `target`, one of `address`: `server_name`, else its host.
  const std::string& ServerName(const HostPort& target) const { return server_name ? *server_name : target.host; }
};

/// Which TLS sessions a client may use on its data connections.
enum class DataSession : uint8_t {
  kRequired,  ///< only those of its control connection
  kAny,       ///< also a new one
};

inline constexpr auto kDataSessionWords =
    std::to_array<Word<DataSession>>({{"required", DataSession::kRequired}, {"any", DataSession::kAny}});

/// How a listener accepts data connections, for protocols that have them (ftp).
struct DataSettings {
  uint16_t first_port = 0;  ///< 0: any free port
  uint16_t last_port = 0;
  std::string external_address;  ///< IPv4, announced to clients; empty: the one they connected to
  DataSession session = DataSession::kRequired;
};

struct Listener {
  std::string name;              ///< unique
  std::vector<HostPort> listen;  ///< at least one; port 0: any free port
  std::string protocol;          ///< the name of a dialect
  ClientLeg client;
  ServerLeg server;
  DataSettings data;
  Location at;         ///< of the listener
  Location listen_at;  ///< of its `listen`
};

struct Config {
  uint32_t workers = 0;  ///< 0: one per core
  LogSettings log;
  Limits limits;
  std::optional<File> ticket_keys;  ///< absent: generated at start and rotated
  std::vector<Certificate> certificates;
  std::vector<Listener> listeners;  ///< at least one

  /// The certificate of that name, or nullptr.
  const Certificate* FindCertificate(std::string_view name) const;
};

}  // namespace starlock::config
