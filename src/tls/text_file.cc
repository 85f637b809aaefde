#include "tls/text_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/mem.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

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

// A growing buffer that wipes what it leaves behind: a file may hold a private key.
class Text {
 public:
  ~Text() { OPENSSL_cleanse(text_.data(), text_.size()); }

  void Append(std::string_view part) {
    if (text_.size() + part.size() > text_.capacity()) {
      std::string larger;
      larger.reserve(2 * (text_.size() + part.size()));
      larger = text_;
      OPENSSL_cleanse(text_.data(), text_.size());
      text_.swap(larger);
    }
    text_ += part;
  }
  size_t size() const { return text_.size(); }
  std::string Take() { return std::exchange(text_, {}); }

 private:
  std::string text_;
};

// A block on the stack, wiped on every way out.
struct Block {
  ~Block() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
  std::array<char, 4096> bytes{};
};

Error Failed(const std::string& path, int number) {
  return {ErrorCode::kInvalid, fmt::format("{}: {}", path, std::generic_category().message(number))};
}

}  // namespace

Result<std::string> ReadTextFile(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return Failed(path, errno);
  Text text;
  Block block;
  for (;;) {
    const ssize_t n = read(file.get(), block.bytes.data(), block.bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Failed(path, errno);
    if (n == 0) break;
    text.Append({block.bytes.data(), static_cast<size_t>(n)});
    if (text.size() > kMaxSize) return Error{ErrorCode::kInvalid, fmt::format("{}: larger than 16 MiB", path)};
  }
  return text.Take();
}

}  // namespace starlock::tls
