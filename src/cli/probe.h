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

/// What --help says below the options. The keys stay as they are, and the place to add one is the end.
inline constexpr const char* kProbeFooter =
    R"(Exit status: 0 all was learnt, and the certificate is good (or --insecure); 1 there
was no connection, no TLS or no good certificate (what was learnt is printed all the
same); 2 the command line is wrong.

The keys of --json, null where nothing is known:
  protocol, target, address, greeting
  capabilities_before, capabilities_after   lists, before and inside TLS
  starttls                                  true or false: whether the server offers it
  tls             version, cipher, group (null: none)
  chain           a list, the server's own certificate first: subject, issuer, names,
                  not_before, not_after, days_left, key_type, pin
  verification    result (passed, failed, not_verified), reason, server_name
  warnings        a list of sentences, of certificates that expire within 14 days
  error           end (timeout, starttls_not_offered, verify_failed and so on, as in
                  the session record), message)";

/// Prints what a server offers before and after TLS. The process's exit status: 1 where it could not connect, found no
/// TLS or could not verify; what was learnt is printed all the same.
int Probe(const ProbeOptions& options);

}  // namespace starlock::cli
