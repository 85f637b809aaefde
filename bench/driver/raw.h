#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "driver/channel.h"

/// The protocol for bulk transfer and small exchanges: a sequence of requests with a header of 16 bytes and a payload.
///
///   D  the server sends `size` bytes
///   U  the client sends `size` bytes; the server answers "OKOKOKOK", or "BADBADBA" if the bytes were wrong
///   P  the client sends `size` bytes (at most kMaxPing), the server sends them back
namespace starlock::bench::raw {

inline constexpr size_t kHeader = 16;
inline constexpr size_t kMaxPing = 16384;
inline constexpr std::string_view kGood = "OKOKOKOK";
inline constexpr std::string_view kBad = "BADBADBA";

struct Request {
  char what = 'P';
  bool check = false;   ///< compare every byte; not for measurements
  uint16_t record = 0;  ///< bytes per TLS record for D; 0: 16384
  uint64_t size = 0;

  std::string Encode() const {
    std::string text(kHeader, '\0');
    text[0] = what;
    text[1] = check ? 1 : 0;
    std::memcpy(text.data() + 2, &record, sizeof record);
    std::memcpy(text.data() + 8, &size, sizeof size);
    return text;
  }
  static Request Decode(const char* text) {
    Request request;
    request.what = text[0];
    request.check = text[1] != 0;
    std::memcpy(&request.record, text + 2, sizeof request.record);
    std::memcpy(&request.size, text + 8, sizeof request.size);
    return request;
  }
};

/// The payload of D and U. With `check` the bytes depend on their position, so that a lost, repeated or swapped piece
/// is detected. Without it, every batch is the same aligned block, which is the cheapest to copy from.
class Pattern {
 public:
  Pattern();
  /// kBatch bytes for the position `at`.
  std::string_view At(uint64_t at, bool check) const { return {text_.data() + (check ? at % kPeriod : 0), kBatch}; }
  bool Is(uint64_t at, std::string_view bytes) const {
    return std::memcmp(text_.data() + at % kPeriod, bytes.data(), bytes.size()) == 0;
  }

 private:
  static constexpr size_t kPeriod = 262139;  // a prime
  std::string text_;
};

/// Sends or receives the payload of one D or U.
class Transfer {
 public:
  Transfer(const Pattern& pattern, const Request& request) : pattern_(pattern), request_(request) {}

  /// kOk: the payload is complete. One call moves about kBatch bytes, then returns kAgain and sets `more`.
  Channel::Io Send(Channel& channel, bool& more);
  Channel::Io Receive(Channel& channel, bool& more);
  bool good() const { return good_; }

 private:
  const Pattern& pattern_;
  Request request_;
  uint64_t done_ = 0;
  bool good_ = true;
};

}  // namespace starlock::bench::raw
