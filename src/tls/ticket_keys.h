#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace starlock::tls {

/// The keys that seal session tickets (RFC 5077, 4), shared by all workers, and through a file by machines.
/// Thread-safe.
class TicketKeys {
 public:
  static constexpr size_t kNameSize = 16;
  static constexpr size_t kKeySize = 48;
  static constexpr std::chrono::hours kRotation{12};
  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  /// One key: a public name, an HMAC-SHA256 key and an AES-128 key, in this order.
  struct Key {
    Key() = default;
    explicit Key(std::span<const uint8_t, kKeySize> from);
    Key(const Key&) = default;
    Key& operator=(const Key&) = default;
    ~Key();  ///< wipes

    std::span<const uint8_t> name() const { return std::span(bytes).first(kNameSize); }
    std::span<const uint8_t> hmac() const { return std::span(bytes).subspan(16, 16); }
    std::span<const uint8_t> aes() const { return std::span(bytes).subspan(32, 16); }
    std::array<uint8_t, kKeySize> bytes{};
  };

  /// Lines of base64 of 48 bytes each; the first key encrypts, all decrypt. Empty lines and lines that begin with `#`
  /// are skipped. kInvalid: `file:line: what is wrong`, without any of its content.
  static Result<std::shared_ptr<TicketKeys>> Load(const std::string& path);
  /// Random keys, renewed every `rotation`; the one before still decrypts.
  static std::shared_ptr<TicketKeys> Generate(std::chrono::seconds rotation = kRotation,
                                              Clock clock = &std::chrono::steady_clock::now);

  /// The key that seals a ticket now.
  Key current();
  struct Found {
    Key key;
    bool renew;  ///< it no longer is the one that seals
  };
  std::optional<Found> Find(std::span<const uint8_t> name);

 private:
  TicketKeys(std::vector<Key> keys, std::chrono::seconds rotation, Clock clock);
  void RotateLocked();

  std::mutex mutex_;
  std::vector<Key> keys_;                ///< the first seals
  const std::chrono::seconds rotation_;  ///< 0: never
  const Clock clock_;
  std::chrono::steady_clock::time_point made_;  ///< when the first was
};

}  // namespace starlock::tls
