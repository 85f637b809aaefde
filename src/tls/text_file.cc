#include "tls/text_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/mem.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace starlock::tls {
namespace {

constexpr size_t kMaxSize = 16 * 1024 * 1024;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Error Failed(const std::string& path, int number) {
  return {ErrorCode::kInvalid, fmt::format("{}: {}", path, std::generic_category().message(number))};
}

}  // namespace

Result<std::string> ReadTextFile(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return Failed(path, errno);
  std::string text;
  std::array<char, 4096> part{};
  for (;;) {
    const ssize_t n = read(file.get(), part.data(), part.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Failed(path, errno);
    if (n == 0) break;
    text.append(part.data(), static_cast<size_t>(n));
    if (text.size() > kMaxSize) return Error{ErrorCode::kInvalid, fmt::format("{}: larger than 16 MiB", path)};
  }
  OPENSSL_cleanse(part.data(), part.size());  // it may hold a private key
  return text;
}

}  // namespace starlock::tls
