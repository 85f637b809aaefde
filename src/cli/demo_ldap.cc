#include <utility>

#include "cli/demo_script.h"

// LDAP (RFC 4511), as much as fetching one entry takes. The message is the entry's description.
namespace starlock::cli {
namespace {

using protocol::Frame;

constexpr std::string_view kStartTls = "1.3.6.1.4.1.1466.20037";
constexpr char kBind = 0x60, kBound = 0x61, kUnbind = 0x42, kSearch = 0x63, kEntry = 0x64, kSearchDone = 0x65;
constexpr char kExtended = 0x77, kExtendedDone = 0x78;
constexpr char kInteger = 0x02, kOctets = 0x04, kEnumerated = 0x0a, kSequence = 0x30, kSet = 0x31;

// X.690, 8.1: tag, length, content.
std::string Element(char tag, std::string_view content) {
  std::string element(1, tag);
  if (content.size() >= 128) element += '\x82', element += static_cast<char>(content.size() >> 8U);
  element += static_cast<char>(content.size() & 0xffU);
  return element.append(content);
}

std::string Message(char id, char operation, std::string_view content) {
  return Element(kSequence, Element(kInteger, {&id, 1}) + Element(operation, content));
}

std::string Success(std::string_view text) {
  return Element(kEnumerated, std::string_view("\0", 1)) + Element(kOctets, "") + Element(kOctets, text);
}

// One element at the start of `in`: where its content begins and ends. {0, 0}: it is not whole.
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

// The operation of a whole message, and its content.
std::pair<char, std::string_view> OperationOf(std::string_view message) {
  std::string_view body = Take(message);
  Take(body);  // the id
  return {body.empty() ? '\0' : body[0], Take(body)};
}

class Client final : public Part {
 public:
  explicit Client(PartSettings settings) : settings_(std::move(settings)) {}

  std::string Begin() override {
    return settings_.tls ? Message(++id_, kExtended, Element('\x80', kStartTls)) : TlsUp();
  }
  Frame Cut(std::string_view in) override { return CutElement(in); }

  std::string TlsUp() override {
    const std::string version = Element(kInteger, "\x03");
    return Message(++id_, kBind, version + Element(kOctets, "cn=ada") + Element('\x80', "lovelace"));
  }

  Result<Turn> On(std::string_view message) override {
    const auto [operation, content] = OperationOf(message);
    const bool good = content.substr(0, 3) == std::string_view("\x0a\x01\x00", 3);
    if (operation == kExtendedDone && good) return Turn{"", Turn::Next::kUpgrade};
    if (operation == kBound && good) return Turn{Search()};
    if (operation == kSearchDone && good) return Turn{Message(++id_, kUnbind, ""), Turn::Next::kEnd};
    if (operation != kEntry) return Error{ErrorCode::kInvalid, "the client was told something other than success"};
    KeepValue(content);
    return Turn{};
  }

 private:
  std::string Search() {
    const std::string one(1, '\0');
    const std::string limits = Element(kInteger, one) + Element(kInteger, one) + Element('\x01', one);
    const std::string how = Element(kEnumerated, one) + Element(kEnumerated, one) + limits;
    const std::string what = Element('\x87', "objectClass") + Element(kSequence, Element(kOctets, "description"));
    return Message(++id_, kSearch, Element(kOctets, "cn=bob") + how + what);
  }

  // SearchResultEntry: its name, and of the first attribute the only value.
  void KeepValue(std::string_view entry) const {
    Take(entry);
    std::string_view attributes = Take(entry);
    std::string_view attribute = Take(attributes);
    Take(attribute);
    std::string_view values = Take(attribute);
    settings_.copies->emplace_back(Take(values));
  }

  const PartSettings settings_;
  char id_ = 0;
};

class Server final : public Part {
 public:
  explicit Server(PartSettings settings) : settings_(std::move(settings)), lacks_tls_(settings_.tls) {}

  Frame Cut(std::string_view in) override { return CutElement(in); }

  Result<Turn> On(std::string_view message) override {
    const auto operation = OperationOf(message).first;
    std::string_view body = message;
    body = Take(body);
    const char id = Take(body)[0];
    if (operation == kUnbind) return Turn{"", Turn::Next::kEnd};
    if (operation == kExtended && lacks_tls_) {
      return Turn{Message(id, kExtendedDone, Success("go ahead")), Turn::Next::kUpgrade};
    }
    if (operation == kBind && !lacks_tls_) return Turn{Message(id, kBound, Success("welcome"))};
    if (operation != kSearch || lacks_tls_)
      return Error{ErrorCode::kInvalid, "the server was asked for what it has not"};
    const std::string value = Element(kSet, Element(kOctets, settings_.message));
    const std::string attribute = Element(kSequence, Element(kOctets, "description") + value);
    const std::string entry = Element(kOctets, "cn=bob") + Element(kSequence, attribute);
    return Turn{Message(id, kEntry, entry) + Message(id, kSearchDone, Success(""))};
  }

  std::string TlsUp() override {
    lacks_tls_ = false;
    return {};
  }

 private:
  const PartSettings settings_;
  bool lacks_tls_;
};

}  // namespace

std::unique_ptr<Part> LdapDemoServer(const PartSettings& settings) { return std::make_unique<Server>(settings); }
std::unique_ptr<Part> LdapDemoClient(const PartSettings& settings) { return std::make_unique<Client>(settings); }

}  // namespace starlock::cli
