#include "protocol/ldap/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "protocol/core/goodbye.h"
#include "protocol/ldap/ber.h"
#include "protocol/text/lines.h"

namespace starlock::protocol::ldap {
namespace {

using ber::Element;

constexpr uint8_t kInteger = 0x02;
constexpr uint8_t kOctets = 0x04;
constexpr uint8_t kBoolean = 0x01;
constexpr uint8_t kEnumerated = 0x0a;
constexpr uint8_t kSequence = 0x30;
constexpr uint8_t kSet = 0x31;
constexpr uint8_t kRequestName = 0x80;
constexpr uint8_t kSaslCredentials = 0xa3;
constexpr uint8_t kResponseName = 0x8a;
constexpr std::string_view kNotice = "1.3.6.1.4.1.1466.20036";

std::string LdapResult(Result result, std::string_view text) {
  return fmt::format("{}{}{}", ber::EncodeInteger(kEnumerated, static_cast<int32_t>(result)), ber::Encode(kOctets, ""),
                     ber::Encode(kOctets, text));
}

std::string Compose(int32_t id, Op op, std::string_view body) {
  return ber::Encode(kSequence, {ber::EncodeInteger(kInteger, id), ber::Encode(static_cast<uint8_t>(op), body)});
}

// With options (";…", RFC 4512 2.5.2) it is another attribute.
bool IsSupportedExtension(std::string_view type) {
  return EqualsNoCase(type, "supportedExtension") || type == "1.3.6.1.4.1.1466.101.120.7";
}

/// The elements around the attributes of an entry.
struct Entry {
  bool good = false;
  Element message, id, op, name, attributes;
  std::string_view behind;  ///< the controls
};

Entry Open(std::string_view unit) {
  Entry entry;
  if (!ber::Take(unit, kSequence, entry.message)) return entry;
  std::string_view in = entry.message.content;
  if (!ber::Take(in, kInteger, entry.id) || !ber::Take(in, entry.op)) return entry;
  entry.behind = in;
  in = entry.op.content;
  entry.good = ber::Take(in, kOctets, entry.name) && ber::Take(in, kSequence, entry.attributes) && in.empty();
  return entry;
}

std::string Close(const Entry& entry, std::string_view attributes) {
  const std::string list = ber::EncodeLike(entry.attributes, {attributes});
  const std::string op = ber::EncodeLike(entry.op, {entry.name.whole, list});
  return ber::EncodeLike(entry.message, {entry.id.whole, op, entry.behind});
}

// The attribute with StartTLS as its last value, or without it. Empty if no value is left.
std::string Edit(const Element& attribute, const Element& type, const Element& values, bool with) {
  std::string kept;
  std::string_view in = values.content;
  bool all = true;
  for (Element value; ber::Take(in, kOctets, value);) {
    if (value.content == kStartTls) {
      all = false;
    } else {
      kept += value.whole;
    }
  }
  if (!in.empty()) return std::string(attribute.whole);
  if (all && !with) return std::string(attribute.whole);
  if (with) kept += ber::Encode(kOctets, kStartTls);
  if (kept.empty()) return {};
  return ber::EncodeLike(attribute, {type.whole, ber::EncodeLike(values, {kept})});
}

std::string Rewrite(std::string_view unit, bool with, bool listed) {
  const Entry entry = Open(unit);
  if (!entry.good) return std::string(unit);
  std::string attributes;
  std::string_view in = entry.attributes.content;
  bool found = false;
  for (Element attribute; ber::Take(in, kSequence, attribute);) {
    Element type;
    Element values;
    std::string_view inner = attribute.content;
    const bool readable = ber::Take(inner, kOctets, type) && ber::Take(inner, kSet, values) && inner.empty();
    // An attribute without values is the answer to typesOnly: nothing to add or remove.
    if (!readable || !IsSupportedExtension(type.content) || values.content.empty()) {
      found = found || (readable && IsSupportedExtension(type.content));
      attributes += attribute.whole;
      continue;
    }
    attributes += Edit(attribute, type, values, with && !found);
    found = true;
  }
  if (!in.empty()) return std::string(unit);
  if (with && !found && listed) {
    const std::string values = ber::Encode(kSet, ber::Encode(kOctets, kStartTls));
    attributes += ber::Encode(kSequence, {ber::Encode(kOctets, "supportedExtension"), values});
  }
  return attributes == entry.attributes.content ? std::string(unit) : Close(entry, attributes);
}

// The operation of the final response to a request; kUnbindRequest: it has none.
Op ResponseTo(Op request) {
  switch (request) {
    case Op::kBindRequest:
      return Op::kBindResponse;
    case Op::kSearchRequest:
      return Op::kSearchResultDone;
    case Op::kModifyRequest:
      return Op::kModifyResponse;
    case Op::kAddRequest:
      return Op::kAddResponse;
    case Op::kDelRequest:
      return Op::kDelResponse;
    case Op::kModDnRequest:
      return Op::kModDnResponse;
    case Op::kCompareRequest:
      return Op::kCompareResponse;
    case Op::kExtendedRequest:
      return Op::kExtendedResponse;
    default:
      return Op::kUnbindRequest;
  }
}

}  // namespace

Frame CutMessage(std::string_view in) {
  return static_cast<uint8_t>(in.front()) == kSequence ? ber::Cut(in) : Frame::Bad("not an LDAP message");
}

Frame CutAnyLength(std::string_view in) {
  const ber::Header header = ber::ReadHeader(in);
  const bool long_one = header.kind == Frame::Kind::kWhole && header.tag == kSequence && header.total() > kMaxUnit;
  if (!long_one) return CutMessage(in);
  return in.size() >= kHead ? Frame::Whole(in.size()) : Frame::Partial();
}

Message Parse(std::string_view unit) {
  Message message;
  const ber::Header outer = ber::ReadHeader(unit);
  if (outer.kind != Frame::Kind::kWhole || outer.tag != kSequence) return message;
  const bool whole = outer.total() <= unit.size();
  std::string_view in = unit.substr(outer.size, outer.length);
  Element id;
  if (!ber::Take(in, kInteger, id) || !ber::ToInteger(id.content, message.id)) return message;
  const ber::Header op = ber::ReadHeader(in);
  if (op.kind != Frame::Kind::kWhole || (whole && op.total() > in.size())) return message;
  message.op = static_cast<Op>(op.tag);
  message.body = in.substr(op.size, op.length);
  message.good = message.id >= 0;
  return message;
}

bool IsRequest(const Message& message) {
  constexpr Op kRequests[] = {Op::kBindRequest,    Op::kUnbindRequest,  Op::kSearchRequest, Op::kModifyRequest,
                              Op::kAddRequest,     Op::kDelRequest,     Op::kModDnRequest,  Op::kCompareRequest,
                              Op::kAbandonRequest, Op::kExtendedRequest};
  // Id 0 is reserved for the server (4.1.1.1). It is tolerated in Unbind, which only ends the session.
  const bool id_good = message.id > 0 || message.op == Op::kUnbindRequest;
  return message.good && id_good &&
         std::find(std::begin(kRequests), std::end(kRequests), message.op) != std::end(kRequests);
}

bool IsFinal(Op op) {
  constexpr Op kFinal[] = {Op::kBindResponse, Op::kSearchResultDone, Op::kModifyResponse,  Op::kAddResponse,
                           Op::kDelResponse,  Op::kModDnResponse,    Op::kCompareResponse, Op::kExtendedResponse};
  return std::find(std::begin(kFinal), std::end(kFinal), op) != std::end(kFinal);
}

StartTlsRequest AsStartTls(const Message& message) {
  std::string_view in = message.body;
  Element name;
  if (message.op != Op::kExtendedRequest) return {};
  if (!ber::Take(in, kRequestName, name)) return {.unreadable = true};
  return {.is = name.content == kStartTls, .has_value = !in.empty()};
}

RootDseSearch AsRootDseSearch(const Message& message) {
  if (message.op != Op::kSearchRequest) return {};
  std::string_view in = message.body;
  Element base;
  Element scope;
  Element skipped;
  Element types_only;
  Element attributes;
  const bool read = ber::Take(in, kOctets, base) && ber::Take(in, kEnumerated, scope) && ber::Take(in, skipped) &&
                    ber::Take(in, skipped) && ber::Take(in, skipped) && ber::Take(in, kBoolean, types_only) &&
                    ber::Take(in, skipped) && ber::Take(in, kSequence, attributes) && in.empty();
  RootDseSearch search;
  search.is = read && base.content.empty() && scope.content == std::string_view("\0", 1);
  if (!search.is || types_only.content != std::string_view("\0", 1)) return search;
  in = attributes.content;
  for (Element attribute; ber::Take(in, kOctets, attribute);) {
    if (attribute.content == "+" || IsSupportedExtension(attribute.content)) search.lists_extensions = true;
  }
  return search;
}

bool BindsWithoutLayer(const Message& message) {
  constexpr uint8_t kSimple = 0x80;
  constexpr std::string_view kWithoutLayer[] = {"EXTERNAL", "PLAIN", "LOGIN", "ANONYMOUS", "CRAM-MD5", "OAUTHBEARER"};
  std::string_view in = message.body;
  Element skipped;
  Element credentials;
  Element mechanism;
  if (message.op != Op::kBindRequest || !ber::Take(in, skipped) || !ber::Take(in, kOctets, skipped) ||
      !ber::Take(in, credentials)) {
    return false;
  }
  if (credentials.tag == kSimple) return true;
  in = credentials.content;
  return credentials.tag == kSaslCredentials && ber::Take(in, kOctets, mechanism) &&
         (EqualsNoCase(mechanism.content.substr(0, 6), "SCRAM-") ||
          std::any_of(std::begin(kWithoutLayer), std::end(kWithoutLayer),
                      [&mechanism](std::string_view known) { return EqualsNoCase(mechanism.content, known); }));
}

bool IsNoticeOfDisconnection(const Message& message) {
  return message.good && message.id == 0 && message.op == Op::kExtendedResponse &&
         message.body.find(kNotice) != std::string_view::npos;
}

bool BindsExternally(const Message& message) {
  std::string_view in = message.body;
  Element skipped;
  Element sasl;
  Element mechanism;
  if (message.op != Op::kBindRequest || !ber::Take(in, skipped) || !ber::Take(in, kOctets, skipped) ||
      !ber::Take(in, kSaslCredentials, sasl)) {
    return false;
  }
  in = sasl.content;
  return ber::Take(in, kOctets, mechanism) && mechanism.content == "EXTERNAL";
}

int ResultOf(const Message& message) {
  std::string_view in = message.body;
  Element code;
  Element matched;
  Element text;
  int32_t value = 0;
  const bool read = ber::Take(in, kEnumerated, code) && ber::Take(in, kOctets, matched) && ber::Take(in, kOctets, text);
  return read && ber::ToInteger(code.content, value) ? value : -1;
}

std::string Answer(const Message& request, Result result, std::string_view text) {
  const Op op = ResponseTo(request.op);
  return op == Op::kUnbindRequest ? std::string() : Compose(request.id, op, LdapResult(result, text));
}

std::string StartTlsCall(int32_t id) { return Compose(id, Op::kExtendedRequest, ber::Encode(kRequestName, kStartTls)); }

std::string UnbindCall(int32_t id) { return Compose(id, Op::kUnbindRequest, ""); }

std::string RootDseCall(int32_t id) {
  constexpr uint8_t kPresent = 0x87;
  std::string attributes;
  for (const char* name : {"supportedExtension", "supportedSASLMechanisms", "supportedLDAPVersion", "vendorName",
                           "vendorVersion", "namingContexts"}) {
    attributes += ber::Encode(kOctets, name);
  }
  const std::string zero = ber::EncodeInteger(kInteger, 0);
  const std::string enumerated_zero = ber::EncodeInteger(kEnumerated, 0);
  return Compose(id, Op::kSearchRequest,
                 fmt::format("{}{}{}{}{}{}{}{}", ber::Encode(kOctets, ""), enumerated_zero, enumerated_zero, zero, zero,
                             ber::Encode(kBoolean, std::string_view("\0", 1)), ber::Encode(kPresent, "objectClass"),
                             ber::Encode(kSequence, attributes)));
}

std::string Goodbye(const Env& /*env*/, const Failure& failure) {
  const GoodbyeKind kind = GoodbyeFor(failure);
  const bool syntax = kind == GoodbyeKind::kSyntax;
  const Result result = syntax ? Result::kProtocolError : Result::kUnavailable;
  const std::string_view text = syntax ? std::string_view(failure.why) : GoodbyeText(kind);
  const std::string name = ber::Encode(kResponseName, kNotice);
  return Compose(0, Op::kExtendedResponse, fmt::format("{}{}", LdapResult(result, text), name));
}

std::string WithStartTls(std::string_view unit, bool listed) { return Rewrite(unit, true, listed); }

std::string WithoutStartTls(std::string_view unit) { return Rewrite(unit, false, false); }

std::vector<Attribute> AttributesOf(const Message& entry) {
  std::vector<Attribute> found;
  std::string_view in = entry.body;
  Element name;
  Element list;
  if (entry.op != Op::kSearchResultEntry || !ber::Take(in, kOctets, name) || !ber::Take(in, kSequence, list)) {
    return found;
  }
  in = list.content;
  for (Element attribute; ber::Take(in, kSequence, attribute);) {
    Element type;
    Element values;
    std::string_view inner = attribute.content;
    if (!ber::Take(inner, kOctets, type) || !ber::Take(inner, kSet, values)) break;
    found.push_back({type.content, {}});
    inner = values.content;
    for (Element value; ber::Take(inner, kOctets, value);) found.back().values.push_back(value.content);
  }
  return found;
}

}  // namespace starlock::protocol::ldap
