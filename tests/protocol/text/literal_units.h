#pragma once

#include <cctype>
#include <string>

namespace starlock::test {

/// Takes units off a stream as a peer of ManageSieve or ACAP does: lines, with the literals that their ends count.
class UnitStream {
 public:
  void Add(std::string_view bytes) { bytes_ += bytes; }

  /// True: `unit` holds the next whole unit. The scan is simple, for no peer of the tests ends a string in `}`.
  bool Take(std::string& unit) {
    size_t at = 0;
    for (;;) {
      const size_t end = bytes_.find("\r\n", at);
      if (end == std::string::npos) return false;
      const size_t count = CountBefore(end);
      if (count == std::string::npos) {
        unit = bytes_.substr(0, end + 2);
        bytes_.erase(0, end + 2);
        asked_ = 0;
        return true;
      }
      waits_ = bytes_[end - 2] != '+' && end + 2 > asked_;
      asked_at_ = end + 2;
      at = end + 2 + count;
      if (at > bytes_.size()) return false;
      waits_ = false;
    }
  }

  /// Whether a literal waits for its `+`; true once for each.
  bool WantsPlus() {
    if (!waits_) return false;
    waits_ = false;
    asked_ = asked_at_;
    return true;
  }

 private:
  // The count of octets in front of the line end at `end`; npos: none.
  size_t CountBefore(size_t end) const {
    if (end == 0 || bytes_[end - 1] != '}') return std::string::npos;
    return std::stoul(bytes_.substr(bytes_.rfind('{', end) + 1));
  }

  std::string bytes_;
  bool waits_ = false;
  size_t asked_at_ = 0;
  size_t asked_ = 0;
};

}  // namespace starlock::test
