#include "net/descriptor.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace starlock::net {

void Descriptor::Close() {
  // Linux has let go of the number even where close() fails, so it is never tried again.
  if (fd_ >= 0) close(Release());
}

Error SystemError(ErrorCode code, std::string_view what, int number) {
  const char* words = strerrordesc_np(number);
  std::string detail(what);
  detail += ": ";
  detail += words != nullptr ? words : "error " + std::to_string(number);
  return {code, std::move(detail)};
}

int TakeSocketError(int fd) {
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

}  // namespace starlock::net
