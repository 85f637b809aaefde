#pragma once

#include <span>

#include "config/map_reader.h"

/// The parts of a configuration file, each read from its map into its struct, with every rule that it alone breaks.
namespace starlock::config {

void ReadLog(const MapReader& root, LogSettings& log);
void ReadLimits(const MapReader& root, Limits& limits);
/// `tls`: what every leg begins with, and `ticket_keys`.
void ReadTls(const MapReader& root, TlsSettings& tls, std::optional<File>& ticket_keys);
/// `min_version`, `max_version` and `groups` of any map that may have them.
void ReadTlsSettings(const MapReader& map, TlsSettings& tls);
void ReadCertificates(const MapReader& root, std::vector<Certificate>& certificates);
/// `listeners`, last of all: a leg begins with `tls`, and its certificates are looked up in `config`.
void ReadListeners(const MapReader& root, const TlsSettings& tls, std::span<const DialectRules> dialects,
                   Config& config);

/// A path of the file, taken from the file's own folder where it is relative.
std::optional<File> ReadPath(const MapReader& map, std::string_view key);

/// Whether `a` and `b` cannot both be bound: the same address and port, unless that is 0.
bool Collide(const HostPort& a, const HostPort& b);

}  // namespace starlock::config
