#include "demo/dots.h"

namespace starlock::demo {
namespace {

constexpr std::string_view kFinalLine = ".\r\n";
constexpr std::string_view kEnd = "\r\n.\r\n";
constexpr std::string_view kDotAtStart = "\n.";

}  // namespace

std::string DotStuff(std::string_view message) {
  std::string stuffed;
  stuffed.reserve(message.size() + 16);
  if (message.starts_with('.')) stuffed += '.';
  for (size_t lf = 0; (lf = message.find(kDotAtStart)) != std::string_view::npos; message.remove_prefix(lf + 1)) {
    stuffed.append(message.substr(0, lf + 1)) += '.';
  }
  return stuffed.append(message).append(kFinalLine);
}

std::string DotUnstuff(std::string_view stuffed) {
  stuffed.remove_suffix(kFinalLine.size());
  std::string message;
  message.reserve(stuffed.size());
  if (stuffed.starts_with('.')) stuffed.remove_prefix(1);
  for (size_t lf = 0; (lf = stuffed.find(kDotAtStart)) != std::string_view::npos; stuffed.remove_prefix(lf + 2)) {
    message.append(stuffed.substr(0, lf + 1));
  }
  return message.append(stuffed);
}

protocol::Frame CutDotStuffed(std::string_view in) {
  const size_t end = in.find(kEnd);
  return end == std::string_view::npos ? protocol::Frame::Partial() : protocol::Frame::Whole(end + kEnd.size());
}

}  // namespace starlock::demo
