#include "cli/dates.h"

#include <fmt/format.h>

#include <array>
#include <ctime>

namespace starlock::cli {

std::string DateTime(Time time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  std::array<char, 64> text{};
  if (gmtime_r(&seconds, &parts) == nullptr) return "";
  return {text.data(), std::strftime(text.data(), text.size(), "%FT%TZ", &parts)};
}

std::string Date(Time time) {
  const std::string text = DateTime(time);
  return text.substr(0, text.find('T'));
}

std::string Days(std::chrono::system_clock::duration span) {
  const auto count = std::chrono::floor<std::chrono::days>(span).count();
  return fmt::format("{} {}", count, count == 1 ? "day" : "days");
}

}  // namespace starlock::cli
