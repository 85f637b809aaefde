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

/// Why a probe failed.
struct ProbeFailure {
  protocol::End end = protocol::End::kInternal;
  std::string why;  ///< for a person; may quote the server
};

/// The results of a probe, which may be partial.
struct ProbeReport {
  std::string protocol;
  HostPort target;
  std::string address;  ///< the address connected to; empty: no connection
  protocol::Findings findings;
  std::optional<tls::TlsInfo> tls;  ///< absent: no TLS
  std::string server_name;          ///< the name to verify
  tls::PeerInfo peer;
  std::optional<ProbeFailure> failure;  ///< set also if only the certificate was refused
};

/// Warnings about certificates that expire soon. An expired one is not among them: it fails verification.
std::vector<std::string> Warnings(const ProbeReport& report, Time now);

/// The report as text, with a final line end. Text from the server is escaped to printable ASCII.
std::string ToText(const ProbeReport& report, Time now, const Style& style);

/// The report as one JSON object in ASCII, with the keys that kProbeFooter promises.
std::string ToJson(const ProbeReport& report, Time now);

}  // namespace starlock::cli
