#include "config/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "config/suggest.h"

namespace starlock::config {
namespace {

Error Invalid(std::string detail) { return {ErrorCode::kInvalid, std::move(detail)}; }

template <typename T>
using Word = std::pair<std::string_view, T>;

// The value that `words` has for `text`; `what` is the kind of thing, with its article.
template <typename T, size_t n>
Result<T> ParseWord(std::string_view text, std::string_view what, const std::array<Word<T>, n>& words) {
  std::vector<std::string_view> known;
  for (const auto& [word, value] : words) {
    if (word == text) return value;
    known.push_back(word);
  }
  return Invalid(Quoted(text) + " is not " + std::string(what) + Suggestion(text, known));
}

// The digits that `text` begins with, as a number; nullopt: none, or too many.
std::optional<uint64_t> LeadingNumber(std::string_view text, size_t& length) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  length = static_cast<size_t>(end - text.data());
  if (error != std::errc()) return std::nullopt;
  return number;
}

}  // namespace

Result<Milliseconds> ParseDuration(std::string_view text) {
  static constexpr std::array<Word<uint64_t>, 4> kUnits = {{{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}}};
  static constexpr uint64_t kMost = 87'600ULL * 3'600'000;
  const std::string rule = "; a duration is an integer with ms, s, m or h, and only 0 may lack the unit";
  size_t length = 0;
  const auto number = LeadingNumber(text, length);
  if (length == 0) return Invalid(Quoted(text) + " is not a duration" + rule);
  const std::string_view unit = text.substr(length);
  if (unit.empty() && number == 0) return Milliseconds{0};
  if (unit.empty()) return Invalid(Quoted(text) + " lacks its unit" + rule);
  const auto* found = std::find_if(kUnits.begin(), kUnits.end(), [&](const auto& word) { return word.first == unit; });
  if (found == kUnits.end()) return Invalid(Quoted(text) + " is not a duration" + rule);
  if (!number || *number > kMost / found->second) return Invalid(Quoted(text) + " is too long; at most 87600h");
  return Milliseconds{static_cast<int64_t>(*number * found->second)};
}

Result<uint32_t> ParseCount(std::string_view text, uint32_t min, uint32_t max) {
  size_t length = 0;
  const auto number = LeadingNumber(text, length);
  const std::string range = "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
  if (length == 0 || length != text.size()) return Invalid(Quoted(text) + " is not a number; write " + range);
  if (!number || *number < min || *number > max) return Invalid(Quoted(text) + " is out of range; write " + range);
  return static_cast<uint32_t>(*number);
}

Result<uint32_t> ParseWorkers(std::string_view text) {
  if (text == "auto") return uint32_t{0};
  auto number = ParseCount(text, 1, 1024);
  if (!number) return Invalid(number.error().detail + ", or 'auto' for one per core");
  return number;
}

Result<TlsMode> ParseTlsMode(std::string_view text) {
  return ParseWord<TlsMode, 4>(text, "a TLS mode",
                               {{{"off", TlsMode::kOff},
                                 {"opportunistic", TlsMode::kOpportunistic},
                                 {"required", TlsMode::kRequired},
                                 {"implicit", TlsMode::kImplicit}}});
}

Result<TlsVersion> ParseTlsVersion(std::string_view text) {
  if (text == "1.2") return TlsVersion::k12;
  if (text == "1.3") return TlsVersion::k13;
  if (text == "1.0" || text == "1.1") return Invalid("TLS " + std::string(text) + " is not spoken; write 1.2 or 1.3");
  return Invalid(Quoted(text) + " is not a TLS version; write 1.2 or 1.3");
}

Result<Verify> ParseVerify(std::string_view text) {
  return ParseWord<Verify, 3>(text, "a way to verify",
                              {{{"full", Verify::kFull}, {"chain", Verify::kChain}, {"none", Verify::kNone}}});
}

Result<LogLevel> ParseLogLevel(std::string_view text) {
  if (text == "warn") return LogLevel::kWarning;
  return ParseWord<LogLevel, 4>(text, "a log level",
                                {{{"debug", LogLevel::kDebug},
                                  {"info", LogLevel::kInfo},
                                  {"warning", LogLevel::kWarning},
                                  {"error", LogLevel::kError}}});
}

Result<LogFormat> ParseLogFormat(std::string_view text) {
  return ParseWord<LogFormat, 2>(text, "a log format", {{{"text", LogFormat::kText}, {"json", LogFormat::kJson}}});
}

Result<std::string> ParseGroup(std::string_view text) {
  static constexpr std::string_view kGroups[] = {"X25519MLKEM768", "X25519", "P-256", "P-384", "P-521"};
  // What else these are called, in OpenSSL's configuration above all.
  static constexpr std::array<Word<std::string_view>, 7> kOtherNames = {{{"prime256v1", "P-256"},
                                                                         {"secp256r1", "P-256"},
                                                                         {"P256", "P-256"},
                                                                         {"secp384r1", "P-384"},
                                                                         {"P384", "P-384"},
                                                                         {"secp521r1", "P-521"},
                                                                         {"P521", "P-521"}}};
  if (std::find(std::begin(kGroups), std::end(kGroups), text) != std::end(kGroups)) return std::string(text);
  for (const auto& [other, name] : kOtherNames) {
    if (text == other) return Invalid(Quoted(text) + " is called '" + std::string(name) + "' here");
  }
  return Invalid(Quoted(text) + " is not a group that is known here" + Suggestion(text, kGroups));
}

Result<std::string> ParsePin(std::string_view text) {
  static constexpr std::string_view kPrefix = "sha256/";
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::string rule = "; a pin is sha256/ and the base64 of the 32 bytes of a public key's hash";
  if (!text.starts_with(kPrefix)) return Invalid(Quoted(text) + " does not begin with sha256/" + rule);
  const std::string_view base64 = text.substr(kPrefix.size());
  // 32 bytes are 43 characters and one '=', and the 43rd carries two bits that must be 0.
  const std::string_view digits = base64.substr(0, std::min<size_t>(base64.size(), 43));
  if (const size_t bad = digits.find_first_not_of(kAlphabet); bad != std::string_view::npos) {
    return Invalid(Quoted(text) + " is not base64 at " + Quoted(digits.substr(bad, 1)) + rule);
  }
  if (base64.size() != 44 || base64.back() != '=' || kAlphabet.find(digits.back()) % 4 != 0) {
    return Invalid(Quoted(text) + " is not the base64 of 32 bytes" + rule);
  }
  return std::string(text);
}

Result<std::string> ParseProtocol(std::string_view text, std::span<const DialectRules> dialects) {
  std::vector<std::string_view> known;
  for (const DialectRules& dialect : dialects) {
    if (dialect.name == text) return dialect.name;
    known.emplace_back(dialect.name);
  }
  const std::string_view nearest = Nearest(text, known);
  const std::string meant = nearest.empty() ? "" : "; did you mean '" + std::string(nearest) + "'?";
  return Invalid(Quoted(text) + " is not a protocol that is known here" + meant + " (known: " + Choices(known) + ")");
}

}  // namespace starlock::config
