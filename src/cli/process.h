#pragma once

namespace starlock::cli {

/// Opens /dev/null for each of the descriptors 0 to 2 that is closed. Otherwise a socket could get one of these
/// numbers, and what is written to stderr would go to a peer.
void OpenStandardDescriptors();

/// Ignores the signals that report a failed write, which then returns an error: SIGPIPE (the reader of a pipe is gone)
/// and SIGXFSZ (a file is larger than RLIMIT_FSIZE). They would kill the process and all its sessions.
void IgnoreWriteSignals();

/// Prepares the process for `run`, before it loads a private key: no core dump and no ptrace, because memory holds
/// private keys (in a sanitizer's build, ptrace stays possible: LeakSanitizer needs it); enough threads for name
/// look-ups, so that some names that hang do not stop the look-ups of others; SIGHUP, SIGUSR1 and SIGUSR2 are ignored
/// until they are watched.
void PrepareToRun();

/// While the process ends: SIGTERM and SIGINT end it at once with status 1, and other signals are ignored.
void LetSignalsEndProcess();

}  // namespace starlock::cli
