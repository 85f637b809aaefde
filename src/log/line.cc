#include "log/line.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <nlohmann/json.hpp>

namespace starlock {
namespace {

using Json = nlohmann::ordered_json;

bool IsPrintable(char c) { return c >= 0x20 && c < 0x7f; }

bool NeedsQuotes(std::string_view text) {
  // A bare `-` stands for null.
  if (text.empty() || text == "-") return true;
  return std::any_of(text.begin(), text.end(), [](char c) {
    return !IsPrintable(c) || c == ' ' || c == '"' || c == '\'' || c == '\\' || c == '=';
  });
}

void AppendEscaped(std::string& line, std::string_view text, bool quoted) {
  for (const char c : text) {
    if (c == '\n') {
      line += "\\n";
    } else if (c == '\r') {
      line += "\\r";
    } else if (c == '\t') {
      line += "\\t";
    } else if (!IsPrintable(c)) {
      fmt::format_to(std::back_inserter(line), "\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      if (quoted && (c == '"' || c == '\\')) line += '\\';
      line += c;
    }
  }
}

void AppendValue(std::string& line, std::string_view text) {
  if (!NeedsQuotes(text)) {
    line += text;
    return;
  }
  line += '"';
  AppendEscaped(line, text, true);
  line += '"';
}

struct AppendText {
  std::string& line;

  void operator()(std::nullptr_t) const { line += '-'; }
  void operator()(bool value) const { line += value ? "true" : "false"; }
  void operator()(int64_t value) const { fmt::format_to(std::back_inserter(line), "{}", value); }
  void operator()(const std::string& value) const { AppendValue(line, value); }
  void operator()(const Compound& value) const {
    std::string text;
    for (const Compound::Part& part : value.parts) {
      if (!text.empty()) text += '/';
      text += part.value.empty() ? "-" : part.value;
    }
    AppendValue(line, text);
  }
};

struct ToJson {
  Json operator()(std::nullptr_t) const { return nullptr; }
  Json operator()(bool value) const { return value; }
  Json operator()(int64_t value) const { return value; }
  Json operator()(const std::string& value) const { return value; }
  Json operator()(const Compound& value) const {
    Json object = Json::object();
    for (const Compound::Part& part : value.parts) {
      object[std::string(part.key)] = part.value.empty() ? Json(nullptr) : Json(part.value);
    }
    return object;
  }
};

}  // namespace

std::string TextLine(const LinePrefix& prefix, std::string_view event, std::span<const Field> fields) {
  std::string line;
  if (!prefix.level.empty()) line = fmt::format("{} {} ", prefix.time, prefix.level);
  AppendEscaped(line, event, false);
  for (const Field& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    std::visit(AppendText{line}, field.value);
  }
  return line;
}

std::string JsonLine(const LinePrefix& prefix, std::string_view event, std::span<const Field> fields) {
  Json line;
  line["time"] = prefix.time;
  if (!prefix.level.empty()) line["level"] = prefix.level;
  line["event"] = event;
  for (const Field& field : fields) line[std::string(field.key)] = std::visit(ToJson{}, field.value);
  return line.dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::string TimeStamp() {
  const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto milliseconds = now.time_since_epoch().count() % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(now)),
                     milliseconds);
}

}  // namespace starlock
