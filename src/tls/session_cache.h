#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <span>
#include <vector>

namespace starlock::tls {

/// The latest resumable sessions with one server. Small, because few are needed at once, and each holds keys.
class SessionCache {
 public:
  static constexpr size_t kMax = 8;

  void Add(bssl::UniquePtr<SSL_SESSION> session);
  /// The newest session, or nullptr. A TLS 1.3 session is used only once (RFC 8446, C.4); one of TLS 1.2 stays.
  bssl::UniquePtr<SSL_SESSION> Take();
  /// The same, but the last session always stays: for a peer that requires resumption, reusing a session is better than
  /// having none.
  bssl::UniquePtr<SSL_SESSION> TakeAllButLast();
  /// The session with that id, or nullptr.
  bssl::UniquePtr<SSL_SESSION> Find(std::span<const uint8_t> id) const;
  void Clear() { sessions_.clear(); }
  size_t size() const { return sessions_.size(); }

 private:
  std::vector<bssl::UniquePtr<SSL_SESSION>> sessions_;  ///< the newest is the last
};

}  // namespace starlock::tls
