#include "proxy/admission.h"

namespace starlock::proxy {
namespace {

// Refused sessions are short, but a flood of them must stay bounded too.
constexpr uint32_t kMaxRefusing = 1000;

}  // namespace

Admission::Answer Admission::Enter(const std::string& client) {
  const uint32_t connections = connections_.fetch_add(1, std::memory_order_relaxed) + 1;
  const bool room = max_connections_ == 0 || connections <= max_connections_;
  if (!room && connections - max_connections_ > kMaxRefusing) {
    connections_.fetch_sub(1, std::memory_order_relaxed);
    return Answer::kDrop;
  }
  const bool client_has_room = EnterClient(client);
  return room && client_has_room ? Answer::kServe : Answer::kRefuse;
}

bool Admission::EnterClient(const std::string& client) {
  if (max_per_client_ == 0) return true;
  const std::lock_guard lock(mutex_);
  return ++clients_[client] <= max_per_client_;
}

void Admission::Leave(const std::string& client) {
  connections_.fetch_sub(1, std::memory_order_relaxed);
  if (max_per_client_ == 0) return;
  const std::lock_guard lock(mutex_);
  const auto found = clients_.find(client);
  if (--found->second == 0) clients_.erase(found);
}

}  // namespace starlock::proxy
