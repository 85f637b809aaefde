#include "session/data_ports.h"

#include <random>
#include <utility>

namespace starlock::session {

DataPorts::Lease::Lease(std::shared_ptr<DataPorts> ports, std::string client)
    : ports_(std::move(ports)), client_(std::move(client)) {}

DataPorts::Lease& DataPorts::Lease::operator=(Lease&& other) noexcept {
  if (ports_) ports_->Leave(client_);
  ports_ = std::move(other.ports_);
  client_ = std::move(other.client_);
  return *this;
}

DataPorts::Lease::~Lease() {
  if (ports_) ports_->Leave(client_);
}

DataPorts::DataPorts(uint16_t first, uint16_t last)
    : first_(first), count_(last - first + 1U), cursor_(std::random_device()() % count_) {}

Result<DataPorts::Bound> DataPorts::Bind(const std::shared_ptr<DataPorts>& ports, const std::string& host,
                                         const std::string& client) {
  if (ports && !ports->Enter(client)) {
    return Error{ErrorCode::kSystem, "the client already holds half of the data ports"};
  }
  Lease lease(ports, client);
  const uint32_t attempts = ports ? ports->count_ : 1;
  for (uint32_t i = 1;; ++i) {
    auto bound = net::BindGroup({host, ports ? ports->Next() : uint16_t{0}}, 1);
    if (bound) return Bound{std::move(bound->front()), std::move(lease)};
    if (i == attempts) return bound.error();
  }
}

bool DataPorts::Enter(const std::string& client) {
  const std::lock_guard lock(mutex_);
  uint32_t& held = held_[client];
  if (held >= (count_ + 1) / 2) return false;
  ++held;
  return true;
}

void DataPorts::Leave(const std::string& client) {
  const std::lock_guard lock(mutex_);
  const auto found = held_.find(client);
  if (found != held_.end() && --found->second == 0) held_.erase(found);
}

uint16_t DataPorts::Next() {
  const std::lock_guard lock(mutex_);
  const uint32_t at = cursor_;
  cursor_ = (cursor_ + 1) % count_;
  return static_cast<uint16_t>(first_ + at);
}

}  // namespace starlock::session
