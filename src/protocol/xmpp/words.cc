#include "protocol/xmpp/words.h"

#include <fmt/format.h>

#include <algorithm>

namespace starlock::protocol::xmpp {
namespace {

constexpr std::string_view kSaslSpace = "urn:ietf:params:xml:ns:xmpp-sasl ";
constexpr std::string_view kSasl2Space = "urn:xmpp:sasl:2 ";

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '\'':
        escaped += "&apos;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

// ` name='value'`; nothing if the value is empty.
std::string Attribute(std::string_view name, std::string_view value) {
  return value.empty() ? std::string() : fmt::format(" {}='{}'", name, Escaped(value));
}

bool StartsWith(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

}  // namespace

Sasl SaslIn(const Unit& unit) {
  std::string_view local = unit.name;
  if (StartsWith(local, kSaslSpace)) {
    local.remove_prefix(kSaslSpace.size());
  } else if (StartsWith(local, kSasl2Space)) {
    local.remove_prefix(kSasl2Space.size());
  } else {
    return Sasl::kNone;
  }
  if (local == "auth" || local == "authenticate") return Sasl::kBegin;
  if (local == "response" || local == "abort") return Sasl::kGoOn;
  return local == "success" ? Sasl::kSuccess : Sasl::kNone;
}

bool IsOldLogin(const Unit& unit) {
  return unit.name == kIq && std::any_of(unit.children.begin(), unit.children.end(),
                                         [](const Child& child) { return child.name == kOldLogin; });
}

std::string EncryptionRequired(const Unit& unit) {
  if (StartsWith(unit.name, kSasl2Space)) {
    return "<failure xmlns='urn:xmpp:sasl:2'>"
           "<encryption-required xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/></failure>";
  }
  return "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><encryption-required/></failure>";
}

std::string Header(std::string_view content, std::string_view from, std::string_view to, std::string_view id) {
  return fmt::format(
      "<?xml version='1.0'?><stream:stream{} xmlns:stream='http://etherx.jabber.org/streams'{}{}{} version='1.0' "
      "xml:lang='en'>",
      Attribute("xmlns", content), Attribute("id", id), Attribute("from", from), Attribute("to", to));
}

std::string WithVersion(std::string_view header, const Unit& unit) {
  std::string text(header);
  if (unit.version.empty()) text.insert(text.size() - 1, " version='1.0'");
  return text;
}

std::string StreamError(std::string_view condition) {
  return fmt::format(
      "<stream:error xmlns:stream='http://etherx.jabber.org/streams'>"
      "<{} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>",
      condition);
}

std::string EndTag(std::string_view name) { return fmt::format("</{}>", name); }

std::string_view ConditionOf(const Failure& failure) {
  if (failure.end == End::kDrained) return "system-shutdown";
  if (failure.end == End::kInternal) return "internal-server-error";
  if (failure.end == End::kIdle) return "connection-timeout";
  if (failure.blame == Blame::kServer) return "remote-connection-failed";
  if (failure.blame == Blame::kProxy) return "resource-constraint";
  return failure.end == End::kTimeout ? "connection-timeout" : "policy-violation";
}

bool OffersStarttls(const Unit& features) {
  for (const Child& child : features.children) {
    if (child.name == kStarttls) return true;
  }
  return false;
}

std::string WithStarttls(std::string_view bytes, const Unit& features, bool offer) {
  std::string text;
  size_t at = 0;
  for (const Child& child : features.children) {
    if (child.name != kStarttls) continue;
    text += bytes.substr(at, child.begin - at);
    at = child.end;
  }
  text += bytes.substr(at);
  if (!offer) return text;
  const bool empty = bytes.substr(features.opened - 2, 2) == "/>";
  if (empty) {
    text.erase(features.opened - 2, 1);
    text += EndTag(WrittenName(bytes, features.tag));
  }
  text.insert(features.opened - (empty ? 1 : 0), kSayStarttls);
  return text;
}

bool OffersChannelBinding(std::string_view features) { return features.find("-PLUS<") != std::string_view::npos; }

}  // namespace starlock::protocol::xmpp
