#include "demo/story.h"

#include <fmt/core.h>

#include <algorithm>

namespace starlock::demo {
namespace {

// The wording of one scene.
struct Script {
  std::string_view title;
  std::string_view opening;
  std::string_view client, server;  ///< the two ends of the leg with TLS
  std::string_view tls_leg;
  std::string_view plain_leg;
};

constexpr Script kFrontScript = {
    "1  Starlock in front of a server without TLS",
    "The server offers no upgrade to TLS, so Starlock offers it to the client:",
    "client",
    "starlock",
    "Between client and Starlock, the eavesdropper sees only TLS records:",
    "Between Starlock and server, the eavesdropper can read the message:",
};

constexpr Script kSidecarScript = {
    "2  Starlock beside a client without TLS",
    "The server requires TLS, but the client cannot upgrade. Starlock does:",
    "starlock",
    "server",
    "Between Starlock and server, the eavesdropper sees only TLS records:",
    "Between client and Starlock, the eavesdropper can read the message:",
};

class Teller {
 public:
  explicit Teller(const Style& style) : style_(style) {}

  void Title(std::string_view text) { story_ += fmt::format("\n{}\n", style_.Paint(Tint::kHeading, text)); }

  void Picture(Use use) {
    const bool front = use == Use::kFront;
    const std::string tls = style_.Paint(Tint::kGood, style_.Glyph("══ TLS ══▶", "== TLS ==>"));
    const std::string plain = style_.Paint(Tint::kBad, style_.Glyph("── plaintext ──▶", "-- plaintext -->"));
    Paragraph(fmt::format("client {} starlock {} server", front ? tls : plain, front ? plain : tls));
  }

  void Paragraph(std::string_view text) { story_ += fmt::format("\n   {}\n", text); }

  void Check(const Claim& claim) {
    const std::string mark = claim.holds ? style_.Paint(Tint::kGood, style_.Glyph("✓", "ok"))
                                         : style_.Paint(Tint::kBad, style_.Glyph("✗ FAILED:", "FAILED:"));
    story_ += fmt::format("   {} {}\n", mark, claim.text);
  }

  // The conversation before TLS: a line each, with the speaker before the first line of each piece.
  void Conversation(const std::vector<Recording::Piece>& pieces, const Script& script) {
    story_ += '\n';
    for (const Recording::Piece& piece : pieces) {
      std::string_view speaker = piece.from == Side::kClient ? script.client : script.server;
      for (std::string_view rest = piece.bytes; !rest.empty();) {
        const size_t end = std::min(rest.find("\r\n"), rest.size());
        const std::string line = Printable(rest.substr(0, std::min<size_t>(end, 60)));
        story_ += fmt::format("     {}{}\n", style_.Paint(Tint::kFaint, fmt::format("{:10}", speaker)), line);
        rest.remove_prefix(std::min(end + 2, rest.size()));
        speaker = "";
      }
    }
    story_ += '\n';
  }

  void HexDump(std::string_view bytes, Tint tint) {
    story_ += '\n';
    for (const DumpRow& row : Dump(bytes, 3)) {
      story_ += fmt::format("     {}  {}\n", style_.Paint(Tint::kFaint, row.hex), style_.Paint(tint, row.ascii));
    }
    story_ += '\n';
  }

  std::string Take() { return std::move(story_); }

 private:
  const Style& style_;
  std::string story_;
};

// From the message's subject on: the first rows of a hex dump show what matters.
std::string_view Excerpt(std::string_view bytes) {
  const size_t subject = bytes.find("Subject:");
  return subject == std::string_view::npos ? bytes : bytes.substr(subject);
}

}  // namespace

std::string TellIntroduction(const Style& style) {
  Teller teller(style);
  teller.Paragraph(
      "Starlock adds TLS to the side of a connection that lacks it. This\n"
      "   demonstration runs two sessions on this machine. Each has a client, a\n"
      "   server, the real proxy between them, and an eavesdropper on both legs.");
  return teller.Take();
}

std::string TellScene(const Evidence& evidence, const SceneVerdict& verdict, const Style& style) {
  const Script& script = evidence.use == Use::kFront ? kFrontScript : kSidecarScript;
  const SplitRecording split = SplitAtTls(evidence.tls_leg());
  const std::string plain = evidence.plain_leg().From(SenderOf(evidence));
  Teller teller(style);
  teller.Title(script.title);
  teller.Picture(evidence.use);
  teller.Paragraph(script.opening);
  teller.Conversation(split.before, script);
  teller.Check(verdict.agreed);
  teller.Check(verdict.verified);
  teller.Check(verdict.arrived);
  teller.Check(verdict.ended);
  teller.Paragraph(script.tls_leg);
  teller.HexDump(split.inside[protocol::Index(Side::kClient)], Tint::kGood);
  teller.Check(verdict.hidden);
  teller.Paragraph(script.plain_leg);
  teller.HexDump(Excerpt(plain), Tint::kBad);
  teller.Check(verdict.readable);
  return teller.Take();
}

std::string TellNextSteps(const PartProtocol& protocol, const std::string& program, const Style& style) {
  const auto& [name, port, local_port, make_server, make_client] = protocol;
  Teller teller(style);
  teller.Title("Try it with your own server");
  teller.Paragraph(
      fmt::format("See what it offers:\n     {} probe --protocol {} mail.example.org:{}", program, name, port));
  teller.Paragraph(
      fmt::format("Run Starlock in front of it:\n"
                  "     {} run --protocol {} --listen 0.0.0.0:{} \\\n"
                  "         --cert mail.pem --key mail.key \\\n"
                  "         --upstream 127.0.0.1:{} --upstream-tls off",
                  program, name, port, local_port));
  teller.Paragraph(
      fmt::format("Run Starlock beside an old client:\n"
                  "     {} run --protocol {} --listen 127.0.0.1:{} \\\n"
                  "         --upstream mail.example.org:{} --upstream-tls required",
                  program, name, local_port, port));
  teller.Paragraph("conf/ has a commented configuration for each use. See README.md for details.");
  return teller.Take();
}

}  // namespace starlock::demo
