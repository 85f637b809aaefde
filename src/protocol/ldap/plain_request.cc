#include "protocol/ldap/plain_request.h"

#include <algorithm>

#include "protocol/ldap/ber.h"
#include "protocol/text/words.h"

namespace starlock::protocol::ldap {
namespace {

using ber::Element;

constexpr uint8_t kBoolean = 0x01;
constexpr uint8_t kInteger = 0x02;
constexpr uint8_t kOctets = 0x04;
constexpr uint8_t kEnumerated = 0x0a;
constexpr uint8_t kSequence = 0x30;
constexpr uint8_t kAbandonRequest = 0x50;
constexpr uint8_t kSearchRequest = 0x63;
constexpr uint8_t kPresent = 0x87;

// Takes an element with this tag whose length has its shortest form, or four octets.
bool TakePlain(std::string_view& in, uint8_t tag, Element& element) {
  if (!ber::Take(in, tag, element)) return false;
  const size_t header = element.whole.size() - element.content.size();
  constexpr size_t kFourOctets = 2 + 4;
  return header == kFourOctets || ber::Encode(tag, element.content).size() == element.whole.size();
}

// The same for a number of 0 or more in its shortest form.
bool TakeNumber(std::string_view& in, uint8_t tag) {
  Element element;
  int32_t value = 0;
  return TakePlain(in, tag, element) && ber::ToInteger(element.content, value) && value >= 0 &&
         ber::EncodeInteger(tag, value).size() == 2 + element.content.size();
}

// The name of an attribute, an object identifier, or one of the special names `*`, `+` and `1.1`.
bool IsPlainName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return IsLetterOrDigit(c) || std::string_view(".-;*+").find(c) != std::string_view::npos;
  });
}

bool TakePlainOp(std::string_view unit, uint8_t op, Element& element) {
  Element message;
  if (!TakePlain(unit, kSequence, message) || !unit.empty()) return false;
  std::string_view in = message.content;
  return TakeNumber(in, kInteger) && TakePlain(in, op, element) && in.empty();
}

}  // namespace

bool IsPlainRootDseSearch(std::string_view unit) {
  Element search;
  if (!TakePlainOp(unit, kSearchRequest, search)) return false;
  std::string_view in = search.content;
  Element base;
  Element scope;
  Element types_only;
  Element filter;
  Element attributes;
  const bool read = TakePlain(in, kOctets, base) && TakePlain(in, kEnumerated, scope) && TakeNumber(in, kEnumerated) &&
                    TakeNumber(in, kInteger) && TakeNumber(in, kInteger) && TakePlain(in, kBoolean, types_only) &&
                    TakePlain(in, kPresent, filter) && TakePlain(in, kSequence, attributes) && in.empty();
  if (!read || !base.content.empty() || scope.content != std::string_view("\0", 1)) return false;
  if (types_only.content.size() != 1 || !IsPlainName(filter.content)) return false;
  in = attributes.content;
  for (Element name; !in.empty();) {
    if (!TakePlain(in, kOctets, name) || !IsPlainName(name.content)) return false;
  }
  return true;
}

bool IsPlainAbandon(std::string_view unit) {
  Element abandon;
  int32_t id = 0;
  return TakePlainOp(unit, kAbandonRequest, abandon) && ber::ToInteger(abandon.content, id) &&
         ber::EncodeInteger(kInteger, id).size() == 2 + abandon.content.size();
}

}  // namespace starlock::protocol::ldap
