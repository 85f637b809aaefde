#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/host_port.h"
#include "base/log_level.h"
#include "base/tls_mode.h"

/// What a user may write, as plain structs. Defaults stand here once, for the file and for the command line alike.
/// A Config that the reader returned is whole: every name in it resolves, every rule between its values holds, and
/// what a leg inherits has been filled in. Files it names have not been opened.
namespace starlock::config {

using Milliseconds = std::chrono::milliseconds;

/// Where something was written. Lines and columns count from 1; 0 where it came from the command line, and `file` is
/// then the option's name (`--cert`).
struct Location {
  std::string file;
  int line = 0;
  int column = 0;

  /// `file:line:column`, or `--option`.
  std::string ToString() const;
  bool operator==(const Location&) const = default;
};

/// A file's path, and where it was named, for whoever fails to read it.
struct File {
  std::string path;  ///< absolute, or relative to the working directory
  Location at;
};

struct LogSettings {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
};

/// Durations: 0 switches the limit off.
struct Limits {
  uint32_t max_connections = 20000;         ///< 0: no limit
  uint32_t max_connections_per_client = 0;  ///< 0: no limit
  Milliseconds connect_timeout{10'000};
  Milliseconds negotiation_timeout{60'000};
  Milliseconds idle_timeout{30 * 60'000};
  Milliseconds drain_timeout{30'000};
};

enum class TlsVersion : uint8_t { k12, k13 };

/// `1.2`, `1.3`.
std::string_view ToString(TlsVersion version);

/// What one leg's TLS may agree on: the leg's own words, else those of `tls`, else these.
struct TlsSettings {
  TlsVersion min_version = TlsVersion::k12;
  TlsVersion max_version = TlsVersion::k13;
  std::vector<std::string> groups = {"X25519MLKEM768", "X25519", "P-256"};  ///< best first, never empty
};

struct Certificate {
  std::string name;
  File chain;   ///< PEM: the certificate, then what signed it
  File key;     ///< PEM
  Location at;  ///< of the name
};

/// How much of an upstream's certificate is checked.
enum class Verify : uint8_t { kFull, kChain, kNone };

/// `full`, `chain`, `none`.
std::string_view ToString(Verify verify);

/// A pin as written, `sha256/` and base64 of 32 bytes.
struct Pin {
  std::string text;
  Location at;
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
  std::optional<Verify> verify;            ///< as written; what holds is VerifyInForce()
  std::optional<std::string> server_name;  ///< as written; what holds is ServerName()
  std::optional<File> ca;                  ///< PEM; the system's where absent
  std::vector<Pin> pins;
  Location at;

  /// As written, else full; but an opportunistic leg checks nothing unless `verify` or `pins` was given. Pins are
  /// checked besides, in every case.
  Verify VerifyInForce() const;
  /// What is verified and sent as SNI when `target`, one of `address`, is the upstream: `server_name`, else its host.
  const std::string& ServerName(const HostPort& target) const { return server_name ? *server_name : target.host; }
};

/// Where a listener's data connections are awaited, in a protocol that has any (ftp).
struct DataSettings {
  uint16_t first_port = 0;  ///< 0: any free port
  uint16_t last_port = 0;
  std::string external_address;  ///< the IPv4 address that clients are told; empty: the one that they came to
};

struct Listener {
  std::string name;              ///< no two listeners share one
  std::vector<HostPort> listen;  ///< at least one; port 0: any free one
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
  std::optional<File> ticket_keys;  ///< absent: made at start and rotated
  std::vector<Certificate> certificates;
  std::vector<Listener> listeners;  ///< at least one

  /// The certificate of that name, or nullptr.
  const Certificate* FindCertificate(std::string_view name) const;
};

}  // namespace starlock::config
