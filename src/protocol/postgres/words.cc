#include "protocol/postgres/words.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/core/goodbye.h"
#include "protocol/text/words.h"

namespace starlock::protocol::postgres {
namespace {

constexpr size_t kMaxStartup = 10004;  // MAX_STARTUP_PACKET_LENGTH and the four bytes of the length
constexpr size_t kMaxCancel = 268;     // protocol 3.2 allows keys of 256 bytes

constexpr uint32_t kRequests = 1234U << 16U;  // the version field of requests that are no StartupMessage
constexpr uint32_t kCancelCode = kRequests | 5678U;
constexpr uint32_t kSslCode = kRequests | 5679U;
constexpr uint32_t kGssCode = kRequests | 5680U;

uint32_t Number(std::string_view in, size_t at) {
  uint32_t number = 0;
  for (const char c : in.substr(at, 4)) number = (number << 8U) | static_cast<uint8_t>(c);
  return number;
}

std::string Bytes(size_t number) {
  std::string bytes;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes += static_cast<char>((number >> shift) & 0xffU);
  return bytes;
}

// AuthenticationSASL: type, length, and the code of the authentication request.
constexpr size_t kSaslHead = 9;
constexpr uint32_t kSasl = 10;

bool IsSasl(std::string_view message) {
  return message.size() > kSaslHead && message[0] == 'R' && Number(message, 5) == kSasl;
}

/// Takes the next method from a list of C strings. An empty string ends the list.
std::string_view TakeMethod(std::string_view& list) {
  const std::string_view method = list.substr(0, list.find('\0'));
  list.remove_prefix(std::min(method.size() + 1, list.size()));
  return method;
}

bool HasItsLength(uint32_t code, size_t size) {
  if (code == kSslCode || code == kGssCode) return size == 8;
  return code != kCancelCode || (size > 12 && size <= kMaxCancel);
}

}  // namespace

Frame CutRequest(std::string_view in) {
  // A valid length starts with 0. TLS and HTTP start with another byte.
  if (!in.empty() && in[0] == '\x16') return Frame::Bad("TLS from the first byte: SSLRequest must come first");
  if (!in.empty() && in[0] != '\0') return Frame::Bad("not a startup packet");
  if (in.size() < 4) return Frame::Partial();
  const size_t size = Number(in, 0);
  if (size < 8 || size > kMaxStartup) return Frame::Bad("invalid length of startup packet");
  if (in.size() < 8) return Frame::Partial();
  if (!HasItsLength(Number(in, 4), size)) return Frame::Bad("a request with the wrong length");
  return in.size() < size ? Frame::Partial() : Frame::Whole(size);
}

Request Classify(std::string_view packet) {
  const uint32_t code = Number(packet, 4);
  switch (code) {
    case kCancelCode:
      return Request::kCancel;
    case kSslCode:
      return Request::kSsl;
    case kGssCode:
      return Request::kGss;
    default:
      return code >> 16U == kRequests >> 16U ? Request::kUnknown : Request::kStartup;
  }
}

Frame CutMessage(std::string_view in) {
  if (in.size() < 5) return Frame::Partial();
  const size_t size = Number(in, 1);
  if (size < 4 || size >= kMaxUnit) return Frame::Bad("not a message");
  return in.size() < size + 1 ? Frame::Partial() : Frame::Whole(size + 1);
}

bool OffersChannelBinding(std::string_view message) {
  if (!IsSasl(message)) return false;
  std::string_view list = message.substr(kSaslHead);
  while (!list.empty()) {
    if (BindsChannel(TakeMethod(list))) return true;
  }
  return false;
}

std::string WithoutChannelBinding(std::string_view message) {
  std::string rest;
  size_t left = 0;
  for (std::string_view list = message.substr(kSaslHead); !list.empty();) {
    const std::string_view before = list;
    const std::string_view method = TakeMethod(list);
    if (BindsChannel(method)) continue;
    left += method.empty() ? 0 : 1;
    rest += before.substr(0, before.size() - list.size());
  }
  if (left == 0) return std::string(message);
  return fmt::format("R{}{}{}", Bytes(rest.size() + kSaslHead - 1), Bytes(kSasl), rest);
}

std::string FatalError(std::string_view sqlstate, std::string_view text) {
  std::string fields;
  for (const auto& [type, value] : {std::pair{'S', "FATAL"sv}, {'V', "FATAL"sv}, {'C', sqlstate}, {'M', text}}) {
    fields += fmt::format("{}{}{}", type, value, '\0');
  }
  fields += '\0';
  return fmt::format("E{}{}", Bytes(fields.size() + 4), fields);
}

std::string Goodbye(const Env& /*env*/, const Failure& failure) {
  struct Words {
    std::string_view sqlstate;
    std::string_view text;
  };
  static constexpr ByGoodbye<Words> kWords = {
      .syntax = {"08P01", ""},
      .timeout = {"57014", "canceling authentication due to timeout"},
      .drained = {"57P01", "terminating connection: shutting down"},
      .limit = {"53300", "sorry, too many clients already"},
      .tls_required = {"08006", "TLS is required"},
      .no_tls = {"08006", "service not available: no secure connection"},
      .unavailable = {"08006", "service not available"},
  };
  const GoodbyeKind kind = GoodbyeFor(failure);
  if (kind == GoodbyeKind::kSyntax) return FatalError("08P01", failure.why);
  if (kind == GoodbyeKind::kTimeout && failure.blame == Blame::kServer) {
    return FatalError("08006", "service not available: timeout");
  }
  return FatalError(kWords[kind].sqlstate, kWords[kind].text);
}

}  // namespace starlock::protocol::postgres
