#include "scenes.h"

namespace starlock::test {
namespace {

void AppendNumber(std::string& to, uint32_t number, int size) {
  for (int i = 0; i < size; ++i) to += static_cast<char>(number >> (8 * i));
}

// Common capabilities of current clients and servers: 4.1, transactions, secure connection, plugins.
constexpr uint32_t kUsual = 0x00080000U | 0x8000U | 0x2000U | 0x0200U | 0x0001U;
constexpr uint32_t kSsl = 0x0800U;

std::string ResponseHead(uint32_t capabilities) {
  std::string head;
  AppendNumber(head, capabilities, 4);
  AppendNumber(head, 0x01000000U, 4);
  head += '\x21';
  return head + std::string(19, '\0') + "\x1d\x02" +
         std::string(2, '\0');  // the last four bytes: MariaDB's capabilities
}

}  // namespace

std::string MysqlPacket(int id, std::string_view payload) {
  std::string packet;
  AppendNumber(packet, static_cast<uint32_t>(payload.size()), 3);
  packet += static_cast<char>(id);
  return packet.append(payload);
}

std::string MysqlGreeting(bool ssl, bool mariadb) {
  const uint32_t capabilities = kUsual | (ssl ? kSsl : 0) | (mariadb ? 0 : 0x01000000U);
  std::string payload = mariadb ? "\x0a"
                                  "5.5.5-10.11-MariaDB"
                                : "\x0a"
                                  "8.0.36";
  payload += '\0';
  AppendNumber(payload, 0x2a, 4);
  payload += "saltsalt";
  payload += '\0';
  AppendNumber(payload, capabilities & 0xffffU, 2);
  payload += '\x2d';
  AppendNumber(payload, 2, 2);
  AppendNumber(payload, capabilities >> 16U, 2);
  payload += '\x15';
  payload += std::string(6, '\0');
  AppendNumber(payload, mariadb ? 0x1d : 0, 4);
  payload += "moresaltmore";
  payload += '\0';
  payload += "mysql_native_password";
  payload += '\0';
  return MysqlPacket(0, payload);
}

std::string MysqlResponse(int id, bool ssl, std::string_view plugin) {
  std::string payload = ResponseHead(kUsual | (ssl ? kSsl : 0));
  payload += "me";
  payload += '\0';
  payload += "\x05proof";
  payload += plugin;
  payload += '\0';
  return MysqlPacket(id, payload);
}

std::string MysqlSslRequest() { return MysqlPacket(1, ResponseHead(kUsual | kSsl)); }

std::string MysqlError(int id, int code, std::string_view state, std::string_view text) {
  std::string payload = "\xff";
  AppendNumber(payload, static_cast<uint32_t>(code), 2);
  if (!state.empty()) payload.append("#").append(state);
  return MysqlPacket(id, payload.append(text));
}

std::string Line(char kind, std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string line = std::string(1, kind) + "+ ";
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    line += "\\x";
    line += kDigits[byte >> 4U];
    line += kDigits[byte & 15U];
  }
  return line + "\n";
}

}  // namespace starlock::test
