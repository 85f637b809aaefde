#pragma once

#include <string>

#include "base/host_port.h"

namespace starlock::cli {

struct ProbeOptions {
  std::string protocol;     ///< one of the dialects
  HostPort target;          ///< the port is the protocol's own where none was given, never 0
  bool json = false;        ///< one JSON object on stdout rather than text
  std::string ca;           ///< PEM; empty: the system's
  bool insecure = false;    ///< verify nothing; never beside `ca`
  std::string server_name;  ///< what is verified and sent as SNI; empty: the target's host
};

/// Prints what a server offers before and after TLS. The process's exit status: 1 where it could not connect, found no
/// TLS or could not verify; what was learnt is printed all the same.
int Probe(const ProbeOptions& options);

}  // namespace starlock::cli
