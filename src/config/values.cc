#include "config/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "base/text.h"
#include "config/suggest.h"

namespace starlock::config {
namespace {

Error Invalid(std::string detail) { return {ErrorCode::kInvalid, std::move(detail)}; }

// The value of `text` in `words`. `what` describes the kind of value in errors: `a TLS mode`.
template <typename T, size_t size>
Result<T> ParseWord(std::string_view text, std::string_view what, const std::array<Word<T>, size>& words) {
  std::array<std::string_view, size> known;
  for (size_t i = 0; i < size; ++i) {
    if (words[i].text == text) return words[i].value;
    known[i] = words[i].text;
  }
  return Invalid(fmt::format("{} is not {}{}", InQuotes(text), what, Suggestion(text, known)));
}

// The number that `text` begins with; nullopt: none, or too large.
std::optional<uint64_t> LeadingNumber(std::string_view text, size_t& length) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  length = static_cast<size_t>(end - text.data());
  if (error != std::errc()) return std::nullopt;
  return number;
}

}  // namespace

Result<Milliseconds> ParseDuration(std::string_view text) {
  static constexpr auto kUnits =
      std::to_array<Word<uint64_t>>({{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}});
  static constexpr uint64_t kMost = 87'600ULL * 3'600'000;
  static constexpr std::string_view kRule = "a duration is an integer with ms, s, m or h, and only 0 may lack the unit";
  size_t length = 0;
  const auto number = LeadingNumber(text, length);
  if (length == 0) return Invalid(fmt::format("{} is not a duration; {}", InQuotes(text), kRule));
  const std::string_view unit = text.substr(length);
  if (unit.empty() && number == 0) return Milliseconds{0};
  if (unit.empty()) return Invalid(fmt::format("{} lacks its unit; {}", InQuotes(text), kRule));
  const auto* found = std::find_if(kUnits.begin(), kUnits.end(), [&](const auto& word) { return word.text == unit; });
  if (found == kUnits.end()) return Invalid(fmt::format("{} is not a duration; {}", InQuotes(text), kRule));
  if (!number || *number > kMost / found->value) {
    return Invalid(fmt::format("{} is too long; at most 87600h", InQuotes(text)));
  }
  return Milliseconds{static_cast<int64_t>(*number * found->value)};
}

Result<uint32_t> ParseCount(std::string_view text, uint32_t min, uint32_t max) {
  size_t length = 0;
  const auto number = LeadingNumber(text, length);
  const bool is_number = length > 0 && length == text.size();
  if (is_number && number && *number >= min && *number <= max) return static_cast<uint32_t>(*number);
  return Invalid(fmt::format("{} is {}; write a whole number from {} to {}", InQuotes(text),
                             is_number ? "out of range" : "not a number", min, max));
}

Result<uint32_t> ParseWorkers(std::string_view text) {
  if (text == "auto") return uint32_t{0};
  auto number = ParseCount(text, 1, 1024);
  if (!number) return Invalid(fmt::format("{}, or 'auto' for one per core", number.error().detail));
  return number;
}

Result<TlsMode> ParseTlsMode(std::string_view text) { return ParseWord(text, "a TLS mode", kTlsModeWords); }

Result<TlsVersion> ParseTlsVersion(std::string_view text) {
  if (text == "1.0" || text == "1.1") return Invalid(fmt::format("TLS {} is not supported; expected 1.2 or 1.3", text));
  return ParseWord(text, "a TLS version", kTlsVersionWords);
}

Result<Verify> ParseVerify(std::string_view text) { return ParseWord(text, "a way to verify", kVerifyWords); }

Result<DataSession> ParseDataSession(std::string_view text) {
  return ParseWord(text, "a rule for the TLS sessions of data connections", kDataSessionWords);
}

Result<LogLevel> ParseLogLevel(std::string_view text) {
  if (text == "warn") return LogLevel::kWarning;
  return ParseWord(text, "a log level", kLogLevelWords);
}

Result<LogFormat> ParseLogFormat(std::string_view text) { return ParseWord(text, "a log format", kLogFormatWords); }

Result<LogSessions> ParseLogSessions(std::string_view text) {
  return ParseWord(text, "a choice of sessions", kLogSessionsWords);
}

Result<std::string> ParseLogTarget(std::string_view text) {
  static constexpr std::string_view kFile = "file:";
  if (text == "stderr") return std::string();
  if (text == "syslog" || text == "journald") {
    return Invalid(fmt::format("{} is not supported yet; write stderr or file:PATH", InQuotes(text)));
  }
  if (!text.starts_with(kFile)) {
    return Invalid(fmt::format("{} is not a target of the log; write stderr or file:PATH", InQuotes(text)));
  }
  const std::string_view path = text.substr(kFile.size());
  if (path.empty() || path.find('\0') != std::string_view::npos) {
    return Invalid(
        fmt::format("{} lacks the path of a file; write it like file:/var/log/starlock.log", InQuotes(text)));
  }
  return std::string(path);
}

Result<KeyExchangeGroup> ParseGroup(std::string_view text) {
  // Other names of these groups, mostly OpenSSL's.
  static constexpr auto kOtherNames = std::to_array<Word<KeyExchangeGroup>>({
      {"prime256v1", KeyExchangeGroup::kP256},
      {"secp256r1", KeyExchangeGroup::kP256},
      {"P256", KeyExchangeGroup::kP256},
      {"secp384r1", KeyExchangeGroup::kP384},
      {"P384", KeyExchangeGroup::kP384},
      {"secp521r1", KeyExchangeGroup::kP521},
      {"P521", KeyExchangeGroup::kP521},
  });
  for (const auto& [other, group] : kOtherNames) {
    if (text == other) return Invalid(fmt::format("{} is not accepted; write '{}'", InQuotes(text), ToString(group)));
  }
  return ParseWord(text, "a known group", kKeyExchangeGroupWords);
}

Result<std::string> ParseProtocol(std::string_view text, std::span<const DialectRules> dialects) {
  std::vector<std::string_view> known;
  for (const DialectRules& dialect : dialects) {
    if (dialect.name == text) return dialect.name;
    known.emplace_back(dialect.name);
  }
  const std::string_view nearest = Nearest(text, known);
  const std::string meant = nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest);
  return Invalid(fmt::format("{} is not a known protocol{} (known: {})", InQuotes(text), meant, Choices(known)));
}

}  // namespace starlock::config
