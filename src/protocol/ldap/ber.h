#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/core/dialogue.h"

/// BER as LDAP restricts it (RFC 4511 5.1): definite lengths only, low tag numbers, lengths of at most four octets.
/// Long forms that are longer than they need be are normal (Active Directory says 3084…).
namespace starlock::protocol::ber {

/// The tag and the length in front of an element.
struct Header {
  Frame::Kind kind = Frame::Kind::kPartial;  ///< kPartial, kWhole, kBad
  uint8_t tag = 0;
  size_t size = 0;    ///< of the header itself
  size_t length = 0;  ///< of what follows it
  const char* why = "";

  size_t total() const { return size + length; }
};

Header ReadHeader(std::string_view in);

/// One element, header and all, of at most kMaxUnit bytes.
Frame Cut(std::string_view in);

struct Element {
  uint8_t tag = 0;
  std::string_view whole;    ///< header and all
  std::string_view content;  ///< what the header announces
};

/// Takes the element at the front of `in`. False: there is none that is whole and well formed, and nothing is taken.
bool Take(std::string_view& in, Element& element);
/// The same, where it must have this tag.
bool Take(std::string_view& in, uint8_t tag, Element& element);

/// An INTEGER or ENUMERATED of at most four octets, negative ones included. False: longer, or empty.
bool ToInteger(std::string_view content, int32_t& value);

/// An element with the shortest length there is.
std::string Encode(uint8_t tag, std::string_view content);
/// `old` with another content, and a length of as many octets as it had where that is enough.
std::string EncodeLike(const Element& old, std::string_view content);
std::string EncodeInteger(uint8_t tag, int32_t value);

}  // namespace starlock::protocol::ber
