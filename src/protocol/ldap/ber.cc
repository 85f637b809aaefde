#include "protocol/ldap/ber.h"

#include <fmt/format.h>

#include <algorithm>

namespace starlock::protocol::ldap::ber {
namespace {

constexpr uint8_t kLongForm = 0x80;
constexpr size_t kMaxLengthOctets = 4;

uint8_t Octet(std::string_view in, size_t at) { return static_cast<uint8_t>(in[at]); }

Header Bad(const char* why) { return {Frame::Kind::kBad, 0, 0, 0, why}; }

// A length with `octets` octets after the first; 0: the short form.
std::string Length(size_t length, size_t octets) {
  if (octets == 0) return {static_cast<char>(length)};
  std::string text(1, static_cast<char>(kLongForm | octets));
  for (size_t i = octets; i-- > 0;) text += static_cast<char>((length >> (8 * i)) & 0xff);
  return text;
}

size_t OctetsFor(size_t length) {
  if (length < kLongForm) return 0;
  size_t octets = 1;
  while ((length >> (8 * octets)) != 0) ++octets;
  return octets;
}

std::string EncodeIn(uint8_t tag, std::string_view content, size_t octets) {
  return fmt::format("{}{}{}", static_cast<char>(tag), Length(content.size(), octets), content);
}

std::string Joined(std::initializer_list<std::string_view> parts) { return fmt::format("{}", fmt::join(parts, "")); }

}  // namespace

Header ReadHeader(std::string_view in) {
  constexpr uint8_t kHighTag = 0x1f;
  Header header;
  if (in.empty()) return header;
  header.tag = Octet(in, 0);
  if ((header.tag & kHighTag) == kHighTag) return Bad("a tag longer than one octet");
  if (in.size() < 2) return header;
  const uint8_t first = Octet(in, 1);
  const size_t octets = first < kLongForm ? 0 : first & 0x7f;
  if (first == kLongForm) return Bad("an indefinite length");
  if (octets > kMaxLengthOctets) return Bad("a length longer than four octets");
  if (in.size() < 2 + octets) return header;
  header.length = octets == 0 ? first : 0;
  for (size_t i = 0; i < octets; ++i) header.length = header.length << 8 | Octet(in, 2 + i);
  header.size = 2 + octets;
  header.kind = Frame::Kind::kWhole;
  return header;
}

Frame Cut(std::string_view in) {
  const Header header = ReadHeader(in);
  if (header.kind == Frame::Kind::kBad) return Frame::Bad(header.why);
  if (header.kind != Frame::Kind::kWhole) return Frame::Partial();
  if (header.total() > kMaxUnit) return Frame::Bad("message too long");
  return header.total() <= in.size() ? Frame::Whole(header.total()) : Frame::Partial();
}

bool Take(std::string_view& in, Element& element) {
  const Header header = ReadHeader(in);
  if (header.kind != Frame::Kind::kWhole || header.total() > in.size()) return false;
  element = {header.tag, in.substr(0, header.total()), in.substr(header.size, header.length)};
  in.remove_prefix(header.total());
  return true;
}

bool Take(std::string_view& in, uint8_t tag, Element& element) {
  return !in.empty() && Octet(in, 0) == tag && Take(in, element);
}

bool ToInteger(std::string_view content, int32_t& value) {
  if (content.empty() || content.size() > sizeof(int32_t)) return false;
  uint32_t bits = Octet(content, 0) >= 0x80 ? ~uint32_t{0} : 0;
  for (size_t i = 0; i < content.size(); ++i) bits = bits << 8 | Octet(content, i);
  value = static_cast<int32_t>(bits);
  return true;
}

std::string Encode(uint8_t tag, std::string_view content) { return EncodeIn(tag, content, OctetsFor(content.size())); }

std::string Encode(uint8_t tag, std::initializer_list<std::string_view> parts) { return Encode(tag, Joined(parts)); }

std::string EncodeLike(const Element& old, std::initializer_list<std::string_view> parts) {
  const std::string content = Joined(parts);
  const size_t had = old.whole.size() - old.content.size() - 2;
  return EncodeIn(old.tag, content, std::max(had, OctetsFor(content.size())));
}

std::string EncodeInteger(uint8_t tag, int32_t value) {
  const auto bits = static_cast<uint32_t>(value);
  std::string content;
  for (int shift = 24; shift >= 0; shift -= 8) {
    const auto octet = static_cast<uint8_t>(bits >> shift);
    const bool leading = content.empty() && shift > 0;
    const bool next_high = shift > 0 && ((bits >> (shift - 8)) & 0x80) != 0;
    if (leading && ((octet == 0 && !next_high) || (octet == 0xff && next_high))) continue;
    content += static_cast<char>(octet);
  }
  return Encode(tag, content);
}

}  // namespace starlock::protocol::ldap::ber
