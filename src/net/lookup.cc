#include "net/lookup.h"

#include <fmt/format.h>
#include <netdb.h>
#include <uv.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "net/loop_impl.h"

namespace starlock::net {
namespace {

class UvLookup;

// One pending look-up. It cannot be cancelled once a thread works on it, so it may outlive its UvLookup.
struct Request {
  uv_getaddrinfo_t uv{};
  UvLookup* asker = nullptr;
  Loop* loop = nullptr;
  std::string host;
  Lookup::OnFound on_found;
};

class UvLookup final : public Lookup {
 public:
  explicit UvLookup(Loop& loop) : loop_(loop) {}
  ~UvLookup() override;
  void Start(const std::string& host, OnFound on_found) override;

 private:
  static void OnAnswer(uv_getaddrinfo_t* uv, int status, addrinfo* found);

  Loop& loop_;
  std::unordered_set<Request*> requests_;
  std::shared_ptr<UvLookup> self_{this, [](UvLookup*) {}};  ///< expires with this object; does not own it
};

Error Failure(const std::string& host, int status) {
  return {ErrorCode::kResolveFailed, fmt::format("'{}': {}", host, uv_strerror(status))};
}

Result<std::vector<SocketAddress>> Addresses(const std::string& host, const addrinfo* found) {
  std::vector<SocketAddress> addresses;
  for (; found != nullptr; found = found->ai_next) {
    if (found->ai_family != AF_INET && found->ai_family != AF_INET6) continue;
    const SocketAddress address(found->ai_addr, found->ai_addrlen);
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) addresses.push_back(address);
  }
  if (addresses.empty()) return Failure(host, UV_EAI_NODATA);
  return addresses;
}

UvLookup::~UvLookup() {
  for (Request* request : requests_) {
    request->asker = nullptr;
    uv_cancel(reinterpret_cast<uv_req_t*>(&request->uv));
  }
}

void UvLookup::Start(const std::string& host, OnFound on_found) {
  auto request = std::make_unique<Request>();
  request->asker = this;
  request->loop = &loop_;
  request->host = host;
  request->on_found = std::move(on_found);
  request->uv.data = request.get();
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  const int status = uv_getaddrinfo(&loop_.impl().uv, &request->uv, OnAnswer, request->host.c_str(), nullptr, &hints);
  if (status == 0) {
    ++loop_.impl().lookups;
    requests_.insert(request.release());
    return;
  }
  // Refused immediately (not a valid name, no memory): reported from the loop, like any other answer.
  loop_.Defer([self = std::weak_ptr(self_), failure = Failure(host, status), tell = std::move(request->on_found)] {
    if (!self.expired()) tell(failure);
  });
}

void UvLookup::OnAnswer(uv_getaddrinfo_t* uv, int status, addrinfo* found) {
  const std::unique_ptr<Request> request(static_cast<Request*>(uv->data));
  --request->loop->impl().lookups;
  if (request->asker != nullptr) {
    request->asker->requests_.erase(request.get());
    request->on_found(status == 0 ? Addresses(request->host, found) : Failure(request->host, status));
  }
  uv_freeaddrinfo(found);
}

}  // namespace

std::unique_ptr<Lookup> SystemLookup(Loop& loop) { return std::make_unique<UvLookup>(loop); }

}  // namespace starlock::net
