#include "cli/demo.h"

#include <iostream>

namespace starlock::cli {

int Demo(const DemoOptions& /*options*/) {
  std::cerr << "starlock: demo is not there yet\n";
  return 1;
}

}  // namespace starlock::cli
