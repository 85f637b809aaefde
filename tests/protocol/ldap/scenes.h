#pragma once

#include <string>
#include <string_view>

#include "protocol/ldap/ber.h"
#include "protocol/ldap/words.h"
#include "transcript.h"

namespace starlock::test {

constexpr TlsMode kOff = TlsMode::kOff;
constexpr TlsMode kOpp = TlsMode::kOpportunistic;
constexpr TlsMode kReq = TlsMode::kRequired;
constexpr TlsMode kImp = TlsMode::kImplicit;

/// Bytes as Play writes them.
inline std::string Hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto octet = static_cast<unsigned char>(c);
    text += "\\x";
    text += kDigits[octet >> 4];
    text += kDigits[octet & 15];
  }
  return text;
}

/// A line of a transcript in which `who` (C, S, c, s, T) says bytes.
inline std::string Line(char who, std::string_view bytes) { return std::string(1, who) + "+ " + Hex(bytes) + "\n"; }

namespace ldap {

inline std::string Element(uint8_t tag, std::string_view content) { return protocol::ldap::ber::Encode(tag, content); }
inline std::string Message(int id, uint8_t op, std::string_view body) {
  return Element(0x30, protocol::ldap::ber::EncodeInteger(2, id) + Element(op, body));
}
inline std::string Result(int id, uint8_t op, int code, std::string_view text = "") {
  return Message(id, op, protocol::ldap::ber::EncodeInteger(10, code) + Element(4, "") + Element(4, text));
}
inline std::string StartTls(int id) { return protocol::ldap::StartTlsCall(id); }
inline std::string Bind(int id) {
  return Message(id, 0x60, protocol::ldap::ber::EncodeInteger(2, 3) + Element(4, "") + Element(0x80, ""));
}
inline std::string SaslBind(int id, std::string_view mechanism) {
  return Message(id, 0x60,
                 protocol::ldap::ber::EncodeInteger(2, 3) + Element(4, "") + Element(0xa3, Element(4, mechanism)));
}
inline std::string Search(int id, std::string_view base, std::string_view attribute = "", int scope = 0) {
  const std::string list = attribute.empty() ? "" : Element(4, attribute);
  return Message(id, 0x63,
                 Element(4, base) + protocol::ldap::ber::EncodeInteger(10, scope) +
                     protocol::ldap::ber::EncodeInteger(10, 0) + protocol::ldap::ber::EncodeInteger(2, 0) +
                     protocol::ldap::ber::EncodeInteger(2, 0) + Element(1, std::string_view("\0", 1)) +
                     Element(0x87, "objectClass") + Element(0x30, list));
}
inline std::string Attribute(std::string_view type, const std::vector<std::string>& values) {
  std::string set;
  for (const std::string& value : values) set += Element(4, value);
  return Element(0x30, Element(4, type) + Element(0x31, set));
}
inline std::string Entry(int id, std::string_view attributes, std::string_view name = "") {
  return Message(id, 0x64, Element(4, name) + Element(0x30, attributes));
}
inline std::string Unbind(int id) { return Message(id, 0x42, ""); }
inline std::string Notice(int code, std::string_view text) {
  return Message(0, 0x78,
                 protocol::ldap::ber::EncodeInteger(10, code) + Element(4, "") + Element(4, text) +
                     Element(0x8a, "1.3.6.1.4.1.1466.20036"));
}

constexpr std::string_view kOid = "1.3.6.1.4.1.1466.20037";

}  // namespace ldap
}  // namespace starlock::test
