#include <utility>

#include "demo/server_part.h"

// LDAP (RFC 4511). The message is the description of the one entry that the server has.
namespace starlock::demo {
namespace {

using protocol::Frame;

constexpr std::string_view kStartTlsOid = "1.3.6.1.4.1.1466.20037";
constexpr char kBindRequest = 0x60, kBindResponse = 0x61, kUnbindRequest = 0x42;
constexpr char kSearchRequest = 0x63, kSearchEntry = 0x64, kSearchDone = 0x65;
constexpr char kExtendedRequest = 0x77, kExtendedResponse = 0x78;
constexpr char kInteger = 0x02, kOctetString = 0x04, kEnumerated = 0x0a, kSequence = 0x30, kSet = 0x31;
constexpr std::string_view kZero("\0", 1);

// X.690 8.1: tag, length, content. `content`: below 64 KiB.
std::string Element(char tag, std::string_view content) {
  std::string element(1, tag);
  if (content.size() >= 128) element += '\x82', element += static_cast<char>(content.size() >> 8U);
  element += static_cast<char>(content.size() & 0xffU);
  return element.append(content);
}

std::string Message(char id, char operation, std::string_view content) {
  return Element(kSequence, Element(kInteger, {&id, 1}) + Element(operation, content));
}

// LDAPResult with the code success (RFC 4511 4.1.9).
std::string Success(std::string_view text) {
  return Element(kEnumerated, kZero) + Element(kOctetString, "") + Element(kOctetString, text);
}

// Where the content of the element at the start of `in` begins and ends. {0, 0}: the element is not complete.
std::pair<size_t, size_t> Bounds(std::string_view in) {
  if (in.size() < 2) return {0, 0};
  size_t length = static_cast<unsigned char>(in[1]);
  size_t begin = 2;
  if (length > 127) {
    const size_t octets = length & 0x7fU;
    if (in.size() < 2 + octets) return {0, 0};
    length = 0;
    for (; begin < 2 + octets; ++begin) length = length << 8U | static_cast<unsigned char>(in[begin]);
  }
  return in.size() < begin + length ? std::pair<size_t, size_t>{0, 0} : std::pair{begin, begin + length};
}

Frame CutElement(std::string_view in) {
  if (!in.empty() && in[0] != kSequence) return Frame::Bad("not an LDAP message");
  const size_t end = Bounds(in).second;
  return end == 0 ? Frame::Partial() : Frame::Whole(end);
}

// Takes the first element off `in` and returns its content.
std::string_view Take(std::string_view& in) {
  const auto [begin, end] = Bounds(in);
  const std::string_view content = in.substr(begin, end - begin);
  in.remove_prefix(end);
  return content;
}

struct Operation {
  char id = 0;
  char tag = 0;  ///< 0: the message is malformed
  std::string_view content;
};

// Reads a message that CutElement has found complete.
Operation ReadMessage(std::string_view message) {
  std::string_view body = Take(message);
  const std::string_view id = Take(body);
  if (id.size() != 1 || body.empty()) return {};
  const char tag = body[0];
  return {id[0], tag, Take(body)};
}

std::string MakeBind() {
  const std::string version = Element(kInteger, "\x03");
  return Message(2, kBindRequest, version + Element(kOctetString, "cn=ada") + Element('\x80', "lovelace"));
}

std::string MakeSearch() {
  const std::string scope = Element(kEnumerated, kZero) + Element(kEnumerated, kZero);
  const std::string limits = Element(kInteger, kZero) + Element(kInteger, kZero) + Element('\x01', kZero);
  const std::string filter = Element('\x87', "objectClass");
  const std::string attributes = Element(kSequence, Element(kOctetString, "description"));
  return Message(3, kSearchRequest, Element(kOctetString, "cn=bob") + scope + limits + filter + attributes);
}

class Client final : public Part {
 public:
  explicit Client(const PartSettings& settings) : settings_(settings) {}

  std::string Begin() override {
    return settings_.tls ? Message(1, kExtendedRequest, Element('\x80', kStartTlsOid)) : OnTlsUp();
  }
  Frame Cut(std::string_view in) override { return CutElement(in); }

  std::string OnTlsUp() override {
    static const std::string bind = MakeBind();
    return bind;
  }

  Result<Turn> OnUnit(std::string_view message) override {
    static const std::string search = MakeSearch();
    const Operation operation = ReadMessage(message);
    if (operation.tag == kSearchEntry) {
      settings_.on_message(Description(operation.content));
      return Turn{};
    }
    const bool success = operation.content.starts_with(std::string_view("\x0a\x01\x00", 3));
    if (operation.tag == kExtendedResponse && success) return Turn{"", Turn::Next::kUpgrade};
    if (operation.tag == kBindResponse && success) return Turn{search};
    if (operation.tag == kSearchDone && success) return Turn{Message(4, kUnbindRequest, ""), Turn::Next::kEnd};
    return Error{ErrorCode::kInvalid, "unexpected answer: the result is not success"};
  }

 private:
  // The only value of the only attribute of a SearchResultEntry (RFC 4511 4.5.2).
  static std::string_view Description(std::string_view entry) {
    Take(entry);  // the entry's name
    std::string_view attributes = Take(entry);
    std::string_view attribute = Take(attributes);
    Take(attribute);  // the attribute's type
    std::string_view values = Take(attribute);
    return Take(values);
  }

  const PartSettings& settings_;
};

class Server final : public ServerPart {
 public:
  explicit Server(const PartSettings& settings) : ServerPart(settings) {}

  Frame Cut(std::string_view in) override { return CutElement(in); }

  Result<Turn> OnUnit(std::string_view message) override {
    const auto [id, tag, content] = ReadMessage(message);
    if (tag == kUnbindRequest) return Turn{"", Turn::Next::kEnd};
    if (tag == kExtendedRequest && lacks_tls()) {
      return Turn{Message(id, kExtendedResponse, Success("")), Turn::Next::kUpgrade};
    }
    if (tag == kBindRequest && !lacks_tls()) return Turn{Message(id, kBindResponse, Success(""))};
    if (tag == kSearchRequest && !lacks_tls()) {
      return Turn{Message(id, kSearchEntry, Entry()) + Message(id, kSearchDone, Success(""))};
    }
    return Error{ErrorCode::kInvalid, "the client asked for something that the server does not offer"};
  }

 private:
  std::string Entry() const {
    const std::string values = Element(kSet, Element(kOctetString, settings().message));
    const std::string attribute = Element(kSequence, Element(kOctetString, "description") + values);
    return Element(kOctetString, "cn=bob") + Element(kSequence, attribute);
  }
};

}  // namespace

std::unique_ptr<Part> MakeLdapServer(const PartSettings& settings) { return std::make_unique<Server>(settings); }
std::unique_ptr<Part> MakeLdapClient(const PartSettings& settings) { return std::make_unique<Client>(settings); }

}  // namespace starlock::demo
