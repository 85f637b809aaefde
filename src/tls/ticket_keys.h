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

/// The keys of session tickets (RFC 5077, 4), shared by all workers and, through a file, by several machines.
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

  /// Reads lines of base64, 48 bytes each. The first key encrypts; all decrypt. Empty lines and lines that begin with
  /// `#` are skipped. kInvalid: `file:line: problem`, without any content of the file.
  static Result<std::shared_ptr<TicketKeys>> Load(const std::string& path);
  /// Random keys, replaced every `rotation`; the previous one still decrypts.
  static std::shared_ptr<TicketKeys> Generate(std::chrono::seconds rotation = kRotation,
                                              Clock clock = &std::chrono::steady_clock::now);

  /// The key for new tickets.
  Key current();
  struct Found {
    Key key;
    bool renew;  ///< it is not the current one: issue a new ticket
  };
  /// The key with that public name; nullopt: unknown, or too old.
  std::optional<Found> Find(std::span<const uint8_t> name);

 private:
  TicketKeys(std::vector<Key> keys, std::chrono::seconds rotation, Clock clock);
  void RotateLocked();

  std::mutex mutex_;
  std::vector<Key> keys_;                ///< the first is current
  const std::chrono::seconds rotation_;  ///< 0: never
  const Clock clock_;
  std::chrono::steady_clock::time_point made_;  ///< when the first key was made
};

}  // namespace starlock::tls
