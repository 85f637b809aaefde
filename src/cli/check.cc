#include "cli/check.h"

#include <iostream>

#include "cli/inspect.h"
#include "cli/options.h"

namespace starlock::cli {

int Check(const std::string& file) {
  config::Loaded loaded = config::LoadFile(file, DialectsForConfig());
  for (const std::string& note : InspectFiles(loaded)) std::cout << note << "\n";
  for (const config::Diagnostic& error : loaded.errors) std::cerr << error.ToString() << "\n";
  for (config::Diagnostic warning : loaded.warnings) {
    warning.message.insert(0, "warning: ");
    std::cerr << warning.ToString() << "\n";
  }
  if (!loaded.ok()) return 2;
  const size_t listeners = loaded.config->listeners.size();
  std::cout << file << ": valid, " << listeners << (listeners == 1 ? " listener\n" : " listeners\n");
  return 0;
}

}  // namespace starlock::cli
