#include "tls/session_cache.h"

#include <algorithm>
#include <utility>

namespace starlock::tls {

void SessionCache::Add(bssl::UniquePtr<SSL_SESSION> session) {
  if (sessions_.size() == kMax) sessions_.erase(sessions_.begin());
  sessions_.push_back(std::move(session));
}

bssl::UniquePtr<SSL_SESSION> SessionCache::Take() {
  if (sessions_.empty()) return nullptr;
  if (SSL_SESSION_should_be_single_use(sessions_.back().get()) == 0) return bssl::UpRef(sessions_.back());
  bssl::UniquePtr<SSL_SESSION> session = std::move(sessions_.back());
  sessions_.pop_back();
  return session;
}

bssl::UniquePtr<SSL_SESSION> SessionCache::TakeAllButLast() {
  return sessions_.size() == 1 ? bssl::UpRef(sessions_.back()) : Take();
}

bssl::UniquePtr<SSL_SESSION> SessionCache::Find(std::span<const uint8_t> id) const {
  for (const auto& session : sessions_) {
    unsigned size = 0;
    const uint8_t* own = SSL_SESSION_get_id(session.get(), &size);
    if (std::equal(own, own + size, id.begin(), id.end())) return bssl::UpRef(session);
  }
  return nullptr;
}

}  // namespace starlock::tls
