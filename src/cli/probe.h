#pragma once

#include <string>

#include "base/host_port.h"

namespace starlock::cli {

struct ProbeOptions {
  std::string protocol;     ///< one of the dialects
  HostPort target;          ///< with the protocol's default port if none was given; never 0
  bool json = false;        ///< print one JSON object instead of text
  std::string ca;           ///< PEM; empty: the system's
  bool insecure = false;    ///< verify nothing; excludes `ca`
  std::string server_name;  ///< to verify and to send as SNI; empty: the target's host
};

/// The text of --help below the options. Scripts depend on the keys: never rename one.
inline constexpr const char* kProbeFooter =
    R"(Exit status: 0 success, and the certificate is valid (or --insecure); 1 no connection, no
TLS or no valid certificate (partial results are printed); 2 the command line is invalid.

The keys of --json; null if unknown:
  protocol, target, address, greeting
  capabilities_before, capabilities_after   lists, before and inside TLS
  starttls                                  true or false: whether the server offers TLS
  tls             version, cipher, group (null: none)
  chain           a list, server certificate first: subject, issuer, names,
                  not_before, not_after, days_left, key_type, pin
  verification    result (passed, failed, not_verified), reason, server_name
  warnings        a list of sentences about certificates that expire within 14 days
  error           end (timeout, starttls_not_offered, verify_failed and so on, as in
                  the session record), message)";

/// Prints what a server offers before and after TLS. Returns the exit status: 1 if there was no connection, no TLS or
/// no valid certificate; partial results are printed all the same.
int Probe(const ProbeOptions& options);

}  // namespace starlock::cli
