#pragma once

#include <cstdint>

namespace starlock::bench {

/// Sockets on 127.0.0.1, non-blocking, with TCP_NODELAY. An unexpected failure ends the program.

/// Port 0: the kernel chooses one.
int Listen(uint16_t port);
uint16_t PortOf(int listener);
/// -1: no connection is waiting.
int Accept(int listener);
/// Starts to connect. When the socket is ready, Connected tells the result.
int Connect(uint16_t port);
/// Whether the connect succeeded.
bool Connected(int fd);
/// Raises the limit of open descriptors as far as this process may.
void RaiseDescriptors();

}  // namespace starlock::bench
