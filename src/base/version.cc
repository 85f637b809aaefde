#include "base/version.h"

namespace starlock {

std::string_view Version() { return STARLOCK_VERSION; }

}  // namespace starlock
