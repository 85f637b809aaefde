#pragma once

namespace starlock::net {

/// Makes the TCP socket `fd` as streams want theirs: non-blocking, without Nagle's delay, with keep-alive, and with
/// urgent bytes among the others, where RFC 6093 wants them (FTP's ABOR comes so). All but the first are inherited by
/// what a listening socket accepts.
void PrepareSocket(int fd);

}  // namespace starlock::net
