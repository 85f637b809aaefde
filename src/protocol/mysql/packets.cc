#include "protocol/mysql/packets.h"

#include <algorithm>
#include <array>

namespace starlock::protocol::mysql {
namespace {

constexpr uint8_t kOkByte = 0x00;
constexpr uint8_t kMoreDataByte = 0x01;
constexpr uint8_t kSwitchByte = 0xfe;
constexpr uint8_t kErrorByte = 0xff;
constexpr uint8_t kProtocolVersion = 10;
constexpr size_t kNone = std::string_view::npos;

uint8_t ByteAt(std::string_view bytes, size_t at) { return static_cast<uint8_t>(bytes[at]); }

// A little-endian number of `size` bytes. `bytes` must hold them.
uint32_t NumberAt(std::string_view bytes, size_t at, size_t size) {
  uint32_t number = 0;
  for (size_t i = 0; i < size; ++i) number |= static_cast<uint32_t>(ByteAt(bytes, at + i)) << (8 * i);
  return number;
}

void AppendNumber(std::string& to, uint32_t number, size_t size) {
  for (size_t i = 0; i < size; ++i) to += static_cast<char>((number >> (8 * i)) & 0xffU);
}

std::string Packet(uint8_t sequence, std::string_view payload) {
  std::string packet;
  AppendNumber(packet, static_cast<uint32_t>(payload.size()), 3);
  packet += static_cast<char>(sequence);
  return packet.append(payload);
}

bool BeginsWith(std::string_view packet, uint8_t byte) {
  const std::string_view payload = PayloadOf(packet);
  return !payload.empty() && ByteAt(payload, 0) == byte;
}

/// Reads a payload field by field. After a missing field, all further fields are missing too.
class Fields {
 public:
  explicit Fields(std::string_view payload) : payload_(payload) {}

  std::string_view Fixed(size_t size) {
    if (at_ > payload_.size() || payload_.size() - at_ < size) {
      at_ = kNone;
      return {};
    }
    const std::string_view field = payload_.substr(at_, size);
    at_ += size;
    return field;
  }

  std::string_view Terminated() {
    const size_t end = at_ == kNone ? kNone : payload_.find('\0', at_);
    if (end == kNone) {
      at_ = kNone;
      return {};
    }
    const std::string_view field = Fixed(end - at_);
    ++at_;
    return field;
  }

  // A string after its length: one byte, or a length-encoded integer.
  void Counted(bool encoded) {
    const std::string_view first = Fixed(1);
    if (first.empty()) return;
    const uint8_t byte = ByteAt(first, 0);
    if (!encoded || byte < 0xfb) {
      Fixed(byte);
    } else if (byte == 0xfc || byte == 0xfd) {  // a longer one would exceed kMaxUnit
      const size_t size = byte == 0xfc ? 2 : 3;
      const std::string_view number = Fixed(size);
      if (!number.empty()) Fixed(NumberAt(number, 0, size));
    } else {
      at_ = kNone;
    }
  }

  /// Offset of the next field; kNone: a field was missing.
  size_t at() const { return at_; }

 private:
  std::string_view payload_;
  size_t at_ = 0;
};

}  // namespace

Frame CutPacket(std::string_view in) {
  if (in.size() < 3) return Frame::Partial();
  const size_t size = kHeaderSize + NumberAt(in, 0, 3);
  if (size > kMaxUnit) return Frame::Bad("a packet is too long for a login");
  return in.size() < size ? Frame::Partial() : Frame::Whole(size);
}

uint8_t SequenceOf(std::string_view packet) { return ByteAt(packet, 3); }

std::string_view PayloadOf(std::string_view packet) { return packet.substr(kHeaderSize); }

bool IsOk(std::string_view packet) { return BeginsWith(packet, kOkByte); }

bool IsError(std::string_view packet) { return BeginsWith(packet, kErrorByte); }

std::string Renumbered(std::string_view packet, int by) {
  std::string renumbered(packet);
  renumbered[3] = static_cast<char>(static_cast<uint8_t>(SequenceOf(packet) + by));
  return renumbered;
}

std::optional<Greeting> ParseGreeting(std::string_view packet) {
  if (SequenceOf(packet) != 0 || !BeginsWith(packet, kProtocolVersion)) return std::nullopt;
  Fields fields(PayloadOf(packet));
  Greeting greeting;
  fields.Fixed(1);
  greeting.version = fields.Terminated();
  fields.Fixed(4 + 8 + 1);  // thread id, first part of the salt, a zero byte
  greeting.flags_at = fields.at() == kNone ? kNone : kHeaderSize + fields.at();
  const std::string_view lower = fields.Fixed(2);
  fields.Fixed(1 + 2);  // character set, status
  const std::string_view upper = fields.Fixed(2);
  const std::string_view salt_size = fields.Fixed(1);
  fields.Fixed(10);  // the last four bytes are MariaDB's additional capabilities
  if (fields.at() == kNone) return std::nullopt;
  greeting.capabilities = NumberAt(lower, 0, 2) | NumberAt(upper, 0, 2) << 16U;
  if ((greeting.capabilities & kProtocol41) == 0) return std::nullopt;
  fields.Fixed(static_cast<size_t>(std::max(13, ByteAt(salt_size, 0) - 8)));
  if ((greeting.capabilities & kPluginAuth) != 0 && fields.at() != kNone) {
    const std::string_view rest = PayloadOf(packet).substr(fields.at());
    greeting.plugin = rest.substr(0, rest.find('\0'));  // some servers omit the terminating zero
  }
  return greeting;
}

uint32_t CapabilitiesOf(std::string_view response) {
  const std::string_view payload = PayloadOf(response);
  if (payload.size() < 2) return 0;
  const uint32_t lower = NumberAt(payload, 0, 2);
  return (lower & kProtocol41) != 0 && payload.size() >= 4 ? NumberAt(payload, 0, 4) : lower;
}

std::string WithSsl(std::string_view packet, size_t flags_at, bool ssl) {
  constexpr uint8_t kBit = kSsl >> 8U;
  std::string edited(packet);
  const uint8_t byte = ByteAt(packet, flags_at + 1);
  edited[flags_at + 1] = static_cast<char>(ssl ? byte | kBit : byte & ~kBit);
  return edited;
}

std::string SslRequestFor(std::string_view response) {
  return WithSsl(Packet(1, PayloadOf(response).substr(0, kSslRequestSize)), kHeaderSize, true);
}

std::string SslRequest(uint32_t capabilities) {
  constexpr uint32_t kMaxPacket = 1U << 24U;
  constexpr uint8_t kUtf8 = 33;
  std::string payload;
  AppendNumber(payload, capabilities, 4);
  AppendNumber(payload, kMaxPacket, 4);
  AppendNumber(payload, kUtf8, 1);
  payload.resize(kSslRequestSize, '\0');
  return Packet(1, payload);
}

std::optional<std::string> WithPlugin(std::string_view response, std::string_view plugin) {
  const uint32_t capabilities = CapabilitiesOf(response);
  const std::string_view payload = PayloadOf(response);
  if ((capabilities & kPluginAuth) == 0) return std::nullopt;
  Fields fields(payload);
  fields.Fixed(kSslRequestSize);
  fields.Terminated();  // the user
  if ((capabilities & (kPluginAuthLenenc | kSecureConnection)) != 0) {
    fields.Counted((capabilities & kPluginAuthLenenc) != 0);
  } else {
    fields.Terminated();
  }
  if ((capabilities & kConnectWithDb) != 0) fields.Terminated();
  if (fields.at() == kNone) return std::nullopt;
  const size_t end = std::min(payload.find('\0', fields.at()), payload.size());
  std::string edited(payload.substr(0, fields.at()));
  edited.append(plugin).append(payload.substr(end));
  return Packet(SequenceOf(response), edited);
}

bool AsksForThePassword(std::string_view packet) {
  constexpr std::string_view kFullAuthentication = "\x01\x04";
  constexpr std::string_view kSha256 = "sha256_password";
  const std::string_view payload = PayloadOf(packet);
  if (BeginsWith(packet, kMoreDataByte)) return payload == kFullAuthentication;
  if (!BeginsWith(packet, kSwitchByte)) return false;
  const std::string_view plugin = payload.substr(1);
  return plugin.substr(0, plugin.find('\0')) == kSha256;
}

std::string ErrorPacket(uint8_t sequence, const Error& error, bool with_state) {
  std::string payload(1, static_cast<char>(kErrorByte));
  AppendNumber(payload, error.code, 2);
  if (with_state) payload.append("#").append(error.state);
  return Packet(sequence, payload.append(error.text));
}

std::string_view ErrorText(std::string_view packet) {
  constexpr size_t kStateSize = 6;
  std::string_view text = PayloadOf(packet);
  text.remove_prefix(std::min<size_t>(text.size(), 3));
  if (text.substr(0, 1) == "#") text.remove_prefix(std::min(text.size(), kStateSize));
  return text;
}

uint16_t ErrorCode(std::string_view packet) {
  const std::string_view payload = PayloadOf(packet);
  return payload.size() < 3 ? 0 : static_cast<uint16_t>(NumberAt(payload, 1, 2));
}

std::vector<std::string> NamesOf(uint32_t capabilities) {
  static constexpr std::array<std::string_view, 32> kNames = {
      "CLIENT_LONG_PASSWORD",
      "CLIENT_FOUND_ROWS",
      "CLIENT_LONG_FLAG",
      "CLIENT_CONNECT_WITH_DB",
      "CLIENT_NO_SCHEMA",
      "CLIENT_COMPRESS",
      "CLIENT_ODBC",
      "CLIENT_LOCAL_FILES",
      "CLIENT_IGNORE_SPACE",
      "CLIENT_PROTOCOL_41",
      "CLIENT_INTERACTIVE",
      "CLIENT_SSL",
      "CLIENT_IGNORE_SIGPIPE",
      "CLIENT_TRANSACTIONS",
      "CLIENT_RESERVED",
      "CLIENT_SECURE_CONNECTION",
      "CLIENT_MULTI_STATEMENTS",
      "CLIENT_MULTI_RESULTS",
      "CLIENT_PS_MULTI_RESULTS",
      "CLIENT_PLUGIN_AUTH",
      "CLIENT_CONNECT_ATTRS",
      "CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA",
      "CLIENT_CAN_HANDLE_EXPIRED_PASSWORDS",
      "CLIENT_SESSION_TRACK",
      "CLIENT_DEPRECATE_EOF",
      "CLIENT_OPTIONAL_RESULTSET_METADATA",
      "CLIENT_ZSTD_COMPRESSION_ALGORITHM",
      "CLIENT_QUERY_ATTRIBUTES",
      "CLIENT_MULTI_FACTOR_AUTHENTICATION",
      "CLIENT_CAPABILITY_EXTENSION",
      "CLIENT_SSL_VERIFY_SERVER_CERT",
      "CLIENT_REMEMBER_OPTIONS",
  };
  std::vector<std::string> names;
  for (size_t bit = 0; bit < kNames.size(); ++bit) {
    if ((capabilities >> bit & 1U) != 0) names.emplace_back(kNames[bit]);
  }
  return names;
}

}  // namespace starlock::protocol::mysql
