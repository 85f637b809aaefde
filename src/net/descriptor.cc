#include "net/descriptor.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace starlock::net {

void Descriptor::Close() {
  // Linux releases the descriptor even if close() fails, so it is never retried.
  if (fd_ >= 0) close(Release());
}

Error SystemError(ErrorCode code, std::string_view what, int number) {
  const char* description = strerrordesc_np(number);
  return {code, description != nullptr ? fmt::format("{}: {}", what, description)
                                       : fmt::format("{}: error {}", what, number)};
}

int TakeSocketError(int fd) {
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

}  // namespace starlock::net
