#include "protocol/xmpp/probe.h"

#include <fmt/format.h>

#include "protocol/text/words.h"
#include "protocol/xmpp/stream.h"
#include "protocol/xmpp/words.h"

namespace starlock::protocol::xmpp {
namespace {

// The local part of `namespace local`.
std::string Local(const std::string& name) { return name.substr(name.rfind(' ') + 1); }

// The text inside the elements of a feature: the mechanisms that it lists, with blanks between.
std::string TextIn(std::string_view list) {
  std::string text;
  bool inside = false;
  for (const char c : list) {
    if (c == '<') inside = true;
    if (!inside && c != '\n' && c != '\r') text += c;
    if (c != '>') continue;
    inside = false;
    if (!text.empty() && text.back() != ' ') text += ' ';
  }
  return text;
}

// The features with what they list: `mechanisms SCRAM-SHA-1 PLAIN`.
Findings::Capabilities CapabilitiesIn(std::string_view features, const Unit& unit) {
  Findings::Capabilities capabilities;
  for (const Child& child : unit.children) {
    const std::string text = TextIn(features.substr(child.begin, child.end - child.begin));
    capabilities.emplace_back(Content(fmt::format("{} {}", Local(child.name), text)));
  }
  return capabilities;
}

class XmppProber final : public Negotiator {
 public:
  XmppProber(std::string_view content, Findings& findings) : content_(content), findings_(findings) {}

  LegAct Begin(Out& out) override {
    OpenStream(out);
    return Read{};
  }

  Frame Cut(std::string_view in, Scan& /*scan*/) override { return reader_->Cut(in); }

  LegAct On(std::string_view bytes, Out& out) override {
    LegAct act = OnUnit(bytes, reader_->unit(), out);
    reader_->Use();
    return act;
  }

  LegAct OnTlsUp(Out& out) override {
    inside_ = true;
    OpenStream(out);
    return Read{};
  }

 private:
  void OpenStream(Out& out) {
    reader_ = std::make_unique<StreamReader>();
    out.server() += Header(content_, "", findings_.server_name, "");
  }

  LegAct OnUnit(std::string_view bytes, const Unit& unit, Out& out) {
    if (unit.kind == Unit::Kind::kSpace) return Read{};
    if (unit.kind == Unit::Kind::kHeader) {
      if (unit.name != kStream) {
        return Fail{{End::kProtocolError, Blame::kServer, "the server sent no stream header"}};
      }
      if (!inside_) findings_.greeting = bytes;
      return Read{};
    }
    if (unit.name == kFeatures) return OnFeatures(bytes, unit, out);
    if (unit.name == kProceed && asked_ && !inside_) return StartTls{};
    if (asked_ && !inside_) {
      return Leave(End::kStarttlsRefused, "the server offered STARTTLS and then refused it", out);
    }
    return Leave(End::kStarttlsNotOffered, "the server refused the stream; it may need another --server-name", out);
  }

  LegAct OnFeatures(std::string_view bytes, const Unit& unit, Out& out) {
    (inside_ ? findings_.inside : findings_.before) = CapabilitiesIn(bytes, unit);
    if (inside_) {
      out.server() += "</stream:stream>";
      return Settled{};
    }
    findings_.offers_upgrade = OffersStarttls(unit);
    if (!*findings_.offers_upgrade) {
      return Leave(End::kStarttlsNotOffered, "the server does not offer STARTTLS", out);
    }
    out.server() += kSayStarttls;
    asked_ = true;
    return Read{};
  }

  static LegAct Leave(End end, const char* why, Out& out) {
    out.server() += "</stream:stream>";
    return Fail{{end, Blame::kServer, why}};
  }

  const std::string_view content_;
  Findings& findings_;
  std::unique_ptr<StreamReader> reader_;
  bool asked_ = false;
  bool inside_ = false;
};

}  // namespace

std::unique_ptr<Negotiator> MakeXmppProber(std::string_view content, Findings& findings) {
  return std::make_unique<XmppProber>(content, findings);
}

}  // namespace starlock::protocol::xmpp
