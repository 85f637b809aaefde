#pragma once

#include <span>

#include "config/map_reader.h"

/// Each function reads one section of a configuration file into its struct and checks the rules within that section.
namespace starlock::config {

void ReadLog(const MapReader& root, LogSettings& log);
void ReadLimits(const MapReader& root, Limits& limits);
/// `tls`: the settings that every leg inherits, and `ticket_keys`.
void ReadTls(const MapReader& root, TlsSettings& tls, std::optional<File>& ticket_keys);
/// `min_version`, `max_version` and `groups`, of `tls` or of a leg.
void ReadTlsSettings(const MapReader& map, TlsSettings& tls);
void ReadCertificates(const MapReader& root, std::vector<Certificate>& certificates);
/// `listeners`, to be read last: legs inherit `tls`, and their certificates are looked up in `config`.
void ReadListeners(const MapReader& root, const TlsSettings& tls, std::span<const DialectRules> dialects,
                   Config& config);

/// The file at `path`, named by `node`. A relative path is relative to the configuration file's folder.
File FileOf(const MapReader& map, const std::string& path, const YamlNode& node);
/// The path under `key`. A relative path is relative to the configuration file's folder.
std::optional<File> ReadPath(const MapReader& map, std::string_view key);

/// Whether `a` and `b` cannot both be bound: same address and port, and the port is not 0.
bool Collide(const HostPort& a, const HostPort& b);

}  // namespace starlock::config
