#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "driver/channel.h"

/// The protocol of bulk and of small exchanges: requests of 16 bytes, one after another on a connection, each with its
/// payload.
///
///   D  the server sends `size` bytes
///   U  the client sends `size` bytes; answered with 8: "OKOKOKOK", or "BADBADBA" where they were not the right ones
///   P  the client sends `size` bytes (at most kMaxPing), the server sends them back
namespace starlock::bench::raw {

inline constexpr size_t kHeader = 16;
inline constexpr size_t kMaxPing = 16384;
inline constexpr std::string_view kGood = "OKOKOKOK";
inline constexpr std::string_view kBad = "BADBADBA";

struct Request {
  char what = 'P';
  bool check = false;   ///< every byte is looked at: for correctness, not for speed
  uint16_t record = 0;  ///< what D is cut into; 0: 16384
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

/// What D and U carry. Where it is checked the bytes depend on their place, so that a lost, doubled or swapped piece
/// shows; else every batch is the same aligned block, for a copy from it must cost the load as little as possible.
class Pattern {
 public:
  Pattern();
  /// Up to kBatch bytes for the place `at`.
  std::string_view At(uint64_t at, bool check) const { return {text_.data() + (check ? at % kPeriod : 0), kBatch}; }
  bool Is(uint64_t at, std::string_view bytes) const {
    return std::memcmp(text_.data() + at % kPeriod, bytes.data(), bytes.size()) == 0;
  }

 private:
  static constexpr size_t kPeriod = 262139;  // a prime
  std::string text_;
};

/// Sends or takes the payload of one D or U.
class Transfer {
 public:
  Transfer(const Pattern& pattern, const Request& request) : pattern_(pattern), request_(request) {}

  /// kOk: all is done. Sends at most about a megabyte a call, then says kAgain with `more`.
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
