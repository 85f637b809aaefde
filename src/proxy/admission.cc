#include "proxy/admission.h"

#include <limits>

namespace starlock::proxy {
namespace {

// Increments `counter`, unless it is `max` already.
bool Count(std::atomic<uint32_t>& counter, uint32_t max) {
  uint32_t now = counter.load(std::memory_order_relaxed);
  do {
    if (now >= max) return false;
  } while (!counter.compare_exchange_weak(now, now + 1, std::memory_order_relaxed));
  return true;
}

}  // namespace

Admission::Answer Admission::Enter(const std::string& client) {
  if (EnterClient(client)) {
    if (Count(serving_, max_connections_ == 0 ? std::numeric_limits<uint32_t>::max() : max_connections_)) {
      return Answer::kServe;
    }
    LeaveClient(client);
  }
  return Count(refusing_, kMaxRefusing) ? Answer::kRefuse : Answer::kDrop;
}

void Admission::Leave(const std::string& client, Answer answer) {
  if (answer == Answer::kRefuse) {
    refusing_.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  LeaveClient(client);
  serving_.fetch_sub(1, std::memory_order_relaxed);
}

bool Admission::EnterClient(const std::string& client) {
  if (max_per_client_ == 0) return true;
  const std::lock_guard lock(mutex_);
  uint32_t& count = clients_[client];
  if (count >= max_per_client_) return false;
  ++count;
  return true;
}

void Admission::LeaveClient(const std::string& client) {
  if (max_per_client_ == 0) return;
  const std::lock_guard lock(mutex_);
  const auto found = clients_.find(client);
  if (--found->second == 0) clients_.erase(found);
}

}  // namespace starlock::proxy
