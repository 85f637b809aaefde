#include "tls/ticket_keys.h"

#include <fmt/format.h>
#include <openssl/base64.h>
#include <openssl/mem.h>
#include <openssl/rand.h>

#include <algorithm>
#include <utility>

#include "tls/text_file.h"

namespace starlock::tls {
namespace {

using Key = TicketKeys::Key;

constexpr size_t kLineSize = TicketKeys::kKeySize / 3 * 4;

Key RandomKey() {
  std::array<uint8_t, TicketKeys::kKeySize> bytes{};
  RAND_bytes(bytes.data(), bytes.size());
  Key key(bytes);
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return key;
}

std::string_view Trim(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
  while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
  return line;
}

std::optional<Key> Decode(std::string_view line) {
  std::array<uint8_t, TicketKeys::kKeySize> bytes{};
  size_t size = 0;
  if (line.size() != kLineSize ||
      EVP_DecodeBase64(bytes.data(), &size, bytes.size(), reinterpret_cast<const uint8_t*>(line.data()), line.size()) !=
          1 ||
      size != bytes.size()) {
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return std::nullopt;
  }
  Key key(bytes);
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return key;
}

bool HasName(const Key& key, std::span<const uint8_t> name) {
  return std::equal(name.begin(), name.end(), key.name().begin(), key.name().end());
}

Result<std::vector<Key>> Parse(std::string_view text, const std::string& path) {
  std::vector<Key> keys;
  size_t number = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const std::string where = fmt::format("{}:{}", path, number);
    const auto key = Decode(line);
    if (!key) {
      return Error{ErrorCode::kInvalid, fmt::format("{}: must be the base64 of {} bytes (openssl rand -base64 {}), "
                                                    "which has {} characters",
                                                    where, TicketKeys::kKeySize, TicketKeys::kKeySize, kLineSize)};
    }
    for (const Key& other : keys) {
      if (HasName(other, key->name()))
        return Error{ErrorCode::kInvalid, fmt::format("{}: this key is listed twice", where)};
    }
    keys.push_back(*key);
  }
  if (keys.empty())
    return Error{ErrorCode::kInvalid,
                 fmt::format("{}: contains no key; write one per line, as the base64 of 48 bytes", path)};
  return keys;
}

}  // namespace

TicketKeys::Key::Key(std::span<const uint8_t, kKeySize> from) { std::copy(from.begin(), from.end(), bytes.begin()); }
TicketKeys::Key::~Key() { OPENSSL_cleanse(bytes.data(), bytes.size()); }

TicketKeys::TicketKeys(std::vector<Key> keys, std::chrono::seconds rotation, Clock clock)
    : keys_(std::move(keys)), rotation_(rotation), clock_(std::move(clock)), made_(clock_()) {}

Result<std::shared_ptr<TicketKeys>> TicketKeys::Load(const std::string& path) {
  auto text = ReadTextFile(path);
  if (!text.ok()) return text.error();
  auto keys = Parse(*text, path);
  OPENSSL_cleanse(text->data(), text->size());
  if (!keys.ok()) return keys.error();
  return std::shared_ptr<TicketKeys>(
      new TicketKeys(std::move(*keys), std::chrono::seconds(0), &std::chrono::steady_clock::now));
}

std::shared_ptr<TicketKeys> TicketKeys::Generate(std::chrono::seconds rotation, Clock clock) {
  return std::shared_ptr<TicketKeys>(new TicketKeys({RandomKey()}, rotation, std::move(clock)));
}

void TicketKeys::RotateLocked() {
  if (rotation_.count() == 0) return;
  const auto age = clock_() - made_;
  if (age < rotation_) return;
  // A key encrypts for one period and decrypts for one more.
  if (age < 2 * rotation_) {
    keys_.resize(1);
    made_ += rotation_;
  } else {
    keys_.clear();
    made_ += age;
  }
  keys_.insert(keys_.begin(), RandomKey());
}

TicketKeys::Key TicketKeys::current() {
  const std::lock_guard lock(mutex_);
  RotateLocked();
  return keys_.front();
}

std::optional<TicketKeys::Found> TicketKeys::Find(std::span<const uint8_t> name) {
  const std::lock_guard lock(mutex_);
  RotateLocked();
  for (size_t i = 0; i < keys_.size(); ++i) {
    if (HasName(keys_[i], name)) return Found{keys_[i], i != 0};
  }
  return std::nullopt;
}

}  // namespace starlock::tls
