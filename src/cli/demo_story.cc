#include "cli/demo_story.h"

#include <algorithm>
#include <array>

namespace starlock::cli {
namespace {

// The words of one scene.
struct Script {
  std::string_view title;
  std::string_view opening;
  std::string_view client, server;  ///< at the two ends of the leg with TLS
  std::string_view tls_leg;
  std::string_view plain_leg;
};

constexpr Script kFrontScript = {
    "1  In front of a server that knows no TLS",
    "The server has no upgrade to TLS to offer, so Starlock offers its own:",
    "client",
    "starlock",
    "Between client and Starlock an eavesdropper sees a ClientHello, and noise:",
    "Between Starlock and server the message lies open:",
};

constexpr Script kSidecarScript = {
    "2  Beside a client that knows no TLS",
    "The server insists on the upgrade, the client can't; Starlock can:",
    "starlock",
    "server",
    "Between Starlock and server an eavesdropper sees a ClientHello, and noise:",
    "Between client and Starlock the message lies open:",
};

class Teller {
 public:
  explicit Teller(const Style& style) : style_(style) {}

  void Title(std::string_view text) { story_ += "\n" + style_.Paint(Tint::kHeading, text) + "\n"; }

  void Picture(Use use) {
    const bool front = use == Use::kFront;
    const std::string tls = style_.Paint(Tint::kGood, style_.Glyph("══ TLS ══▶", "== TLS ==>"));
    const std::string plain = style_.Paint(Tint::kBad, style_.Glyph("── plaintext ──▶", "-- plaintext -->"));
    Say("client " + (front ? tls : plain) + " starlock " + (front ? plain : tls) + " server");
  }

  // A paragraph.
  void Say(std::string_view text) { story_.append("\n   ").append(text) += '\n'; }

  void Check(const Claim& claim) {
    const std::string mark = claim.holds ? style_.Paint(Tint::kGood, style_.Glyph("✓", "ok"))
                                         : style_.Paint(Tint::kBad, style_.Glyph("✗ not so:", "NOT SO:"));
    story_ += "   " + mark + " " + claim.text + "\n";
  }

  // Who said what, until TLS began.
  void Talk(const std::vector<Recording::Piece>& pieces, const Script& script) {
    story_ += '\n';
    for (const Recording::Piece& piece : pieces) {
      std::string_view speaker = piece.from == Side::kClient ? script.client : script.server;
      for (std::string_view rest = piece.bytes; !rest.empty();) {
        const size_t end = std::min(rest.find("\r\n"), rest.size());
        const std::string line = Printable(rest.substr(0, std::min<size_t>(end, 60)));
        story_ += "     " + style_.Paint(Tint::kFaint, Padded(speaker, 10)) + line + "\n";
        rest.remove_prefix(std::min(end + 2, rest.size()));
        speaker = "";
      }
    }
    story_ += '\n';
  }

  void ShowBytes(std::string_view bytes, Tint tint) {
    story_ += '\n';
    for (const DumpRow& row : Dump(bytes, 3)) {
      story_ += "     " + style_.Paint(Tint::kFaint, row.hex) + "  " + style_.Paint(tint, row.ascii) + "\n";
    }
    story_ += '\n';
  }

  std::string Take() { return std::move(story_); }

 private:
  static std::string Padded(std::string_view text, size_t width) {
    return std::string(text) + std::string(width - std::min(width, text.size()), ' ');
  }

  const Style& style_;
  std::string story_;
};

// The part of the message that is worth looking at.
std::string_view Excerpt(std::string_view bytes) {
  const size_t subject = bytes.find("Subject:");
  return subject == std::string_view::npos ? bytes : bytes.substr(subject);
}

}  // namespace

std::string TellBeginning(const Style& style) {
  Teller teller(style);
  teller.Say(
      "Starlock gives TLS to whichever side of a connection lacks it. Here it does\n"
      "   so twice, now, on this machine: with a client, a server for it, the real\n"
      "   proxy between them, and an eavesdropper on either side of the proxy.");
  return teller.Take();
}

std::string TellScene(const Evidence& evidence, const SceneVerdict& verdict, const Style& style) {
  const Script& script = evidence.use == Use::kFront ? kFrontScript : kSidecarScript;
  const Upgraded upgraded = SplitAtTls(evidence.tls_leg());
  const std::string plain = evidence.plain_leg().From(TellerOf(evidence));
  Teller teller(style);
  teller.Title(script.title);
  teller.Picture(evidence.use);
  teller.Say(script.opening);
  teller.Talk(upgraded.before, script);
  teller.Check(verdict.agreed);
  teller.Check(verdict.verified);
  teller.Check(verdict.arrived);
  teller.Check(verdict.ended);
  teller.Say(script.tls_leg);
  teller.ShowBytes(upgraded.inside[protocol::Index(Side::kClient)], Tint::kGood);
  teller.Check(verdict.hidden);
  teller.Say(script.plain_leg);
  teller.ShowBytes(Excerpt(plain), Tint::kBad);
  teller.Check(verdict.readable);
  return teller.Take();
}

std::string TellEnd(const DemoProtocol& protocol, const std::string& program, const Style& style) {
  const std::string name(protocol.name);
  const std::string port(protocol.port);
  const std::string local_port(protocol.local_port);
  const std::string run = program + " run --protocol " + name + " --listen ";
  Teller teller(style);
  teller.Title("Now with a server of your own");
  teller.Say("What does it offer?\n     " + program + " probe --protocol " + name + " mail.example.org:" + port);
  teller.Say("In front of it:\n     " + run + "0.0.0.0:" + port + " \\\n" +
             "         --cert mail.pem --key mail.key \\\n"
             "         --upstream 127.0.0.1:" +
             local_port + " --upstream-tls off");
  teller.Say("Beside an old client:\n     " + run + "127.0.0.1:" + local_port + " \\\n" +
             "         --upstream mail.example.org:" + port + " --upstream-tls required");
  teller.Say("conf/ has a commented configuration for each use; README.md says the rest.");
  return teller.Take();
}

}  // namespace starlock::cli
