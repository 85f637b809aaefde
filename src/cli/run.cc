#include "cli/run.h"

#include <iostream>

namespace starlock::cli {

int RunProxy(const config::Config& /*config*/) {
  std::cerr << "starlock: run is not there yet\n";
  return 1;
}

}  // namespace starlock::cli
