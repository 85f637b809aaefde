#include "cli/probe.h"

#include <iostream>

namespace starlock::cli {

int Probe(const ProbeOptions& /*options*/) {
  std::cerr << "starlock: probe is not there yet\n";
  return 1;
}

}  // namespace starlock::cli
