#pragma once

#include <cstdint>

namespace starlock::bench {

/// All of IPv4 loopback, non-blocking, TCP_NODELAY. They fail the program.
int Listen(uint16_t port);
uint16_t PortOf(int listener);
/// -1: there is nobody to accept now.
int Accept(int listener);
/// Begins to connect; whether it could shows when the socket is ready.
int Connect(uint16_t port);
/// Whether a connect that was under way has worked.
bool Connected(int fd);
/// As many descriptors as this process may have.
void RaiseDescriptors();

}  // namespace starlock::bench
