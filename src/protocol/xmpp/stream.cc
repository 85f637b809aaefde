#include "protocol/xmpp/stream.h"

#include <expat.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

// If expat defers parsing of unfinished tokens, it reports a `<proceed/>` that arrives byte by byte only after more
// input, which never comes. Older versions have neither this behaviour nor this function.
extern "C" __attribute__((weak)) XML_Bool XML_SetReparseDeferralEnabled(XML_Parser parser,  // NOLINT(readability-*)
                                                                        XML_Bool enabled);

namespace starlock::protocol::xmpp {
namespace {

constexpr char kSeparator = ' ';
constexpr std::string_view kLang = "http://www.w3.org/XML/1998/namespace lang";
constexpr std::string_view kBlanks = " \t\r\n";

// Expat lets a byte order mark override the given encoding. UTF-16 is found by its NULs: every `<` has one.
bool HasNul(std::string_view bytes) { return bytes.find('\0') != std::string_view::npos; }

}  // namespace

struct StreamReader::Handlers {
  static StreamReader& Of(void* reader) { return *static_cast<StreamReader*>(reader); }
  static void Start(void* reader, const XML_Char* name, const XML_Char** attributes) {
    Of(reader).OnStart(name, attributes);
  }
  static void End(void* reader, const XML_Char*) { Of(reader).OnEnd(); }
  static void Text(void* reader, const XML_Char*, int) { Of(reader).OnText(); }
  static void Comment(void* reader, const XML_Char*) { Of(reader).Restrict("a comment in the stream"); }
  static void Instruction(void* reader, const XML_Char*, const XML_Char*) {
    Of(reader).Restrict("a processing instruction in the stream");
  }
  static void Doctype(void* reader, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    Of(reader).Restrict("a document type in the stream");
  }
};

/// Allocates for expat within a reader's limit. Each block begins with a header that names its reader's account.
struct StreamReader::Allocator {
  struct alignas(std::max_align_t) Header {
    Memory* memory;
    size_t size;
  };

  // Expat passes no context, so it is told here for whom it allocates: see Allocating. Set only during a call to expat.
  // NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables)
  static Memory*& Current() {
    static thread_local Memory* current = nullptr;
    return current;
  }
  // NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)
  static bool Charge(Memory& memory, size_t size) {
    memory.exceeded = memory.exceeded || size > kMaxMemory || memory.used > kMaxMemory - size;
    if (!memory.exceeded) memory.used += size;
    return !memory.exceeded;
  }
  static void* Allocate(size_t size) {
    Memory* const memory = Current();
    if (memory == nullptr || !Charge(*memory, size + sizeof(Header))) return nullptr;
    void* const block = std::malloc(size + sizeof(Header));  // NOLINT(cppcoreguidelines-no-malloc)
    if (block == nullptr) std::abort();
    return new (block) Header{memory, size + sizeof(Header)} + 1;
  }
  static void Release(void* block) {
    if (block == nullptr) return;
    Header* const header = static_cast<Header*>(block) - 1;
    header->memory->used -= header->size;
    std::free(header);  // NOLINT(cppcoreguidelines-no-malloc)
  }
  static void* Resize(void* block, size_t size) {
    if (block == nullptr) return Allocate(size);
    const Header* const header = static_cast<const Header*>(block) - 1;
    void* const larger = Allocate(size);
    if (larger == nullptr) return nullptr;
    std::memcpy(larger, block, std::min(size, header->size - sizeof(Header)));
    Release(block);
    return larger;
  }
  static const XML_Memory_Handling_Suite& Suite() {
    static const XML_Memory_Handling_Suite suite = {&Allocate, &Resize, &Release};
    return suite;
  }
};

/// While it lives, expat allocates for one reader.
class StreamReader::Allocating {
 public:
  explicit Allocating(Memory& memory) { Allocator::Current() = &memory; }
  ~Allocating() { Allocator::Current() = nullptr; }
  Allocating(const Allocating&) = delete;
  Allocating& operator=(const Allocating&) = delete;
};

void StreamReader::Free::operator()(XML_ParserStruct* parser) const { XML_ParserFree(parser); }

StreamReader::StreamReader() {
  const Allocating allocating(memory_);
  constexpr XML_Char kSeparators[] = {kSeparator, '\0'};
  parser_.reset(XML_ParserCreate_MM("UTF-8", &Allocator::Suite(), kSeparators));
  XML_Parser parser = parser_.get();
  if (parser == nullptr) {
    why_ = "out of memory for the XML parser";
    return;
  }
  if (XML_SetReparseDeferralEnabled != nullptr) XML_SetReparseDeferralEnabled(parser, XML_FALSE);
  XML_SetUserData(parser, this);
  XML_SetElementHandler(parser, Handlers::Start, Handlers::End);
  XML_SetCharacterDataHandler(parser, Handlers::Text);
  XML_SetCommentHandler(parser, Handlers::Comment);
  XML_SetProcessingInstructionHandler(parser, Handlers::Instruction);
  XML_SetStartDoctypeDeclHandler(parser, Handlers::Doctype);
}

Frame StreamReader::Cut(std::string_view in) {
  const Allocating allocating(memory_);
  while (size_ == 0 && why_ == nullptr) {
    XML_Status status = XML_STATUS_OK;
    if (std::exchange(suspended_, false)) {
      status = XML_ResumeParser(parser_.get());
    } else if (fed_ < in.size()) {
      const std::string_view piece = in.substr(std::exchange(fed_, in.size()));
      status = XML_Parse(parser_.get(), piece.data(), static_cast<int>(piece.size()), XML_FALSE);
    } else {
      return HasNul(in) ? Break("NUL in the stream") : Frame::Partial();
    }
    suspended_ = status == XML_STATUS_SUSPENDED;
    if (status == XML_STATUS_ERROR && why_ == nullptr) why_ = "not well-formed XML";
  }
  if (memory_.exceeded) return Frame::Excess("too many distinct XML names in one stream");
  if (why_ != nullptr) return Frame::Bad(why_);
  if (HasNul(in.substr(0, size_))) return Break("NUL in the stream");
  const bool only_space = in.substr(0, size_).find_first_not_of(kBlanks) == std::string_view::npos;
  if (unit_.kind == Unit::Kind::kSpace && !only_space) return Break("text between the elements of a stream");
  return Frame::Whole(size_);
}

void StreamReader::Use() {
  base_ += size_;
  fed_ -= size_;
  size_ = 0;
}

Frame StreamReader::Break(const char* why) {
  why_ = why;
  return Frame::Bad(why);
}

void StreamReader::Restrict(const char* why) {
  restricted_ = true;
  why_ = why;
  XML_StopParser(parser_.get(), XML_FALSE);
}

// The parser stops here. Input after this unit is parsed once the unit is consumed, if ever: it may belong to TLS.
void StreamReader::Found() {
  size_ = EventEnd();
  XML_StopParser(parser_.get(), XML_TRUE);
}

size_t StreamReader::EventBegin() const { return static_cast<size_t>(XML_GetCurrentByteIndex(parser_.get())) - base_; }

size_t StreamReader::EventEnd() const {
  return EventBegin() + static_cast<size_t>(XML_GetCurrentByteCount(parser_.get()));
}

void StreamReader::OnStart(const char* name, const char** attributes) {
  ++depth_;
  if (depth_ == 3) unit_.children.push_back({name, EventBegin(), 0});
  if (depth_ > 2) return;
  unit_ = Unit();
  unit_.kind = depth_ == 1 ? Unit::Kind::kHeader : Unit::Kind::kElement;
  unit_.name = name;
  unit_.tag = EventBegin();
  unit_.opened = EventEnd();
  if (depth_ > 1) {
    for (; *attributes != nullptr; attributes += 2) {
      if (std::string_view(attributes[0]) == "type") unit_.type = attributes[1];
    }
    return;
  }
  for (; *attributes != nullptr; attributes += 2) {
    const std::string_view key = attributes[0];
    if (key == "to") unit_.to = attributes[1];
    if (key == "from") unit_.from = attributes[1];
    if (key == "version") unit_.version = attributes[1];
    if (key == kLang) unit_.lang = attributes[1];
  }
  Found();
}

void StreamReader::OnEnd() {
  if (depth_ == 3) unit_.children.back().end = EventEnd();
  if (depth_ == 2) Found();
  if (depth_ == 1) {
    // For an empty element, expat calls this although the parser was stopped in its start tag.
    if (size_ != 0) why_ = "an empty stream";
    unit_ = Unit();
    unit_.kind = Unit::Kind::kEnd;
    Found();
  }
  --depth_;
}

void StreamReader::OnText() {
  if (depth_ != 1) return;
  unit_ = Unit();
  Found();
}

std::string_view WrittenName(std::string_view unit, size_t tag) {
  const std::string_view rest = unit.substr(std::min(tag + 1, unit.size()));
  return rest.substr(0, rest.find_first_of(" \t\r\n/>"));
}

}  // namespace starlock::protocol::xmpp
