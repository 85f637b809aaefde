#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/host_port.h"
#include "base/terminal.h"
#include "cli/dates.h"
#include "protocol/core/probe.h"
#include "tls/peer_info.h"
#include "tls/tls_info.h"

namespace starlock::cli {

/// Why a probe stopped short.
struct ProbeFailure {
  protocol::End end = protocol::End::kInternal;
  std::string why;  ///< for a person; may quote the server's own text
};

/// What a probe has learnt, however far it came.
struct ProbeReport {
  std::string protocol;
  HostPort target;
  std::string address;  ///< what was connected to; empty: nothing
  protocol::Findings findings;
  std::optional<tls::TlsInfo> tls;  ///< absent: there was no TLS
  std::string server_name;          ///< what the certificate was to be valid for
  tls::PeerInfo peer;
  std::optional<ProbeFailure> failure;  ///< also where all was learnt, but the certificate was refused
};

/// What the certificates deserve to be warned of: those that have few days left. (One that has none left is refused.)
std::vector<std::string> Warnings(const ProbeReport& report, Time now);

/// The report for a person, ending in a line end. Holds no byte of the server's but printable ASCII.
std::string ToText(const ProbeReport& report, Time now, const Style& style);

/// The report as one JSON object in ASCII, with the keys that kProbeFooter promises.
std::string ToJson(const ProbeReport& report, Time now);

}  // namespace starlock::cli
