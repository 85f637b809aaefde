#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "protocol/core/dialogue.h"

/// BER as LDAP restricts it (RFC 4511 5.1): definite lengths of at most four octets, and tags of one octet. A length
/// may have more octets than necessary (Active Directory sends 3084…).
namespace starlock::protocol::ldap::ber {

/// The tag and length of an element.
struct Header {
  Frame::Kind kind = Frame::Kind::kPartial;  ///< kPartial, kWhole, kBad
  uint8_t tag = 0;
  size_t size = 0;       ///< of the header
  size_t length = 0;     ///< of the content
  const char* why = "";  ///< kBad: what is wrong

  size_t total() const { return size + length; }
};

/// Reads the header at the start of `in`.
Header ReadHeader(std::string_view in);

/// Cuts one element with its header. An element longer than kMaxUnit is kBad.
Frame Cut(std::string_view in);

/// A whole element, as parts of the input.
struct Element {
  uint8_t tag = 0;
  std::string_view whole;    ///< with its header
  std::string_view content;  ///< without its header
};

/// Takes the element at the start of `in`. Returns false, and takes nothing, if there is no whole, well-formed element.
bool Take(std::string_view& in, Element& element);
/// The same for an element that must have this tag.
bool Take(std::string_view& in, uint8_t tag, Element& element);

/// Reads a signed INTEGER or ENUMERATED of one to four octets. Returns false for any other size.
bool ToInteger(std::string_view content, int32_t& value);

/// Encodes an element with the shortest form of its length.
std::string Encode(uint8_t tag, std::string_view content);
/// The same with the content in parts.
std::string Encode(uint8_t tag, std::initializer_list<std::string_view> parts);
/// Encodes `old` with new content in parts. The length keeps its number of octets if they suffice.
std::string EncodeLike(const Element& old, std::initializer_list<std::string_view> parts);
/// Encodes an INTEGER or ENUMERATED in its shortest form.
std::string EncodeInteger(uint8_t tag, int32_t value);

}  // namespace starlock::protocol::ldap::ber
