#pragma once

namespace starlock::net {

/// Prepares the TCP socket `fd` for a stream: non-blocking, TCP_NODELAY, keep-alive, and urgent data in-band as RFC
/// 6093 recommends (FTP sends ABOR as urgent data). Sockets accepted from a listening one inherit all but non-blocking.
void PrepareSocket(int fd);

}  // namespace starlock::net
