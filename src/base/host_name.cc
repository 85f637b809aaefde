#include "base/host_name.h"

#include <unistd.h>

#include <array>

namespace starlock {

std::string OwnHostName() {
  std::array<char, 256> name{};
  // POSIX leaves open whether a name that is cut ends in NUL, so the last byte is kept out of reach.
  if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

}  // namespace starlock
