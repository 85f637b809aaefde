#include "transcript.h"

#include <gtest/gtest.h>

#include <optional>
#include <sstream>

#include "protocol/dialects.h"

namespace starlock::test {
namespace {

/// One thing that is done to the dialogue, and what must come of it.
struct Beat {
  std::optional<Side> speaker;
  std::string bytes;  ///< what the speaker says
  std::string event;  ///< or else: what happens
  std::string said[2];
  std::string to_tls;
  std::string act;
  std::string note;
  std::string blame;
  std::string data;
  int line = 0;
  bool answered = false;  ///< an expectation was read: the next thing said begins a new beat
};

std::vector<Beat> Parse(std::string_view transcript) {
  std::vector<Beat> beats;
  std::istringstream stream{std::string(transcript)};
  int number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    line.erase(0, line.find_first_not_of(' '));
    if (line.empty() || line.substr(0, 2) == "//") continue;
    if (line == "--") {
      if (!beats.empty()) beats.back().answered = true;
      continue;
    }
    const size_t space = line.find(' ');
    const std::string tag = line.substr(0, space);
    const std::string rest = space == std::string::npos ? "" : line.substr(space + 1);
    const std::string bytes = tag.back() == '+' ? Unescape(rest) : rest + "\r\n";
    const char kind = tag.size() == 2 && (tag[1] == ':' || tag[1] == '+') ? tag[0] : tag.size() == 1 ? tag[0] : '?';
    const bool speaks = kind == 'S' || kind == 'C';
    if (speaks || kind == '@') {
      const std::optional<Side> speaker = kind == 'S'   ? std::optional(Side::kServer)
                                          : kind == 'C' ? std::optional(Side::kClient)
                                                        : std::nullopt;
      if (beats.empty() || beats.back().answered || beats.back().speaker != speaker || !speaks) {
        beats.emplace_back();
        beats.back().speaker = speaker;
        beats.back().line = number;
      }
      (speaks ? beats.back().bytes : beats.back().event) += speaks ? bytes : rest;
      continue;
    }
    if (beats.empty()) {  // what Open brings
      beats.emplace_back();
      beats.back().line = number;
    }
    Beat& beat = beats.back();
    beat.answered = true;
    if (kind == 'c' || kind == 's') {
      beat.said[kind == 'c' ? 0 : 1] += bytes;
    } else if (kind == 'T') {
      beat.to_tls += bytes;
    } else if (kind == '!') {
      beat.act = rest;
    } else if (tag == "note:") {
      beat.note = rest;
    } else if (tag == "data:") {
      beat.data += rest + "\n";
    } else if (tag == "blame:") {
      beat.blame = rest;
    } else {
      ADD_FAILURE() << "transcript, line " << number << ": " << line;
    }
  }
  return beats;
}

std::string ActOf(const DialogueDriver& driver) {
  switch (driver.act()) {
    case ActKind::kRead:
    case ActKind::kWait:
      return "";
    case ActKind::kDial:
      return "dial";
    case ActKind::kDialNext:
      return "dial-next";
    case ActKind::kTlsClient:
      return "tls-client";
    case ActKind::kTlsServer:
      return "tls-server";
    case ActKind::kRelay:
      return "relay";
    case ActKind::kFail:
      break;
  }
  const protocol::Failure& failure = driver.failure();
  return "fail " + std::string(ToString(failure.end)) + " " + std::string(ToString(failure.blame));
}

protocol::Failure FailureNamed(const std::string& text) {
  protocol::Failure failure;
  failure.why = "in a test";
  bool found = false;
  for (int end = 0; end <= static_cast<int>(End::kInternal); ++end) {
    for (const Blame blame : {Blame::kNone, Blame::kClient, Blame::kServer, Blame::kProxy}) {
      if (std::string(ToString(static_cast<End>(end))) + " " + std::string(ToString(blame)) != text) continue;
      failure.end = static_cast<End>(end);
      failure.blame = blame;
      found = true;
    }
  }
  if (!found) ADD_FAILURE() << "no such end and blame: " << text;
  return failure;
}

void DoData(DialogueDriver& driver, const std::string& what) {
  using Kind = protocol::DataEvent::Kind;
  if (what == "failed") return driver.Data(Kind::kFailed);
  if (what == "broken") return driver.Data(Kind::kBroken);
  const size_t space = what.find(' ');
  driver.Data(Kind::kReady, what.substr(0, space), static_cast<uint16_t>(std::stoi(what.substr(space + 1))));
}

void Do(DialogueDriver& driver, const Beat& beat) {
  if (beat.event == "up") {
    driver.Succeed();
  } else if (beat.event == "failed") {
    driver.FailTls();
  } else if (beat.event.substr(0, 5) == "data ") {
    DoData(driver, beat.event.substr(5));
  } else if (!beat.event.empty()) {
    driver.Abandon(FailureNamed(beat.event));
  }
}

using Pieces = std::vector<std::string_view>;

/// Adds to `wrong` where two things that must be the same are not.
void Compare(std::string_view what, std::string_view expected, std::string_view got, std::string& wrong) {
  if (expected == got) return;
  for (const std::string_view part :
       {what, std::string_view(" must be: "), expected, std::string_view("\nbut is: "), got}) {
    wrong += part;
  }
  wrong += "\n";
}

/// What happened otherwise than it had to; empty: nothing.
std::string PlayBeat(DialogueDriver& driver, const Beat& beat, const Pieces& pieces) {
  // The words of Open belong to a first beat in which nothing is done.
  const bool opening = !beat.speaker && beat.event.empty();
  const size_t to_client = opening ? 0 : driver.said(Side::kClient).size();
  const size_t to_server = opening ? 0 : driver.said(Side::kServer).size();
  const size_t noted = opening ? 0 : driver.notes().size();
  const size_t asked = opening ? 0 : driver.data().size();
  if (beat.speaker) {
    for (const std::string_view piece : pieces) driver.Arrive(*beat.speaker, piece);
  } else {
    Do(driver, beat);
  }
  std::string wrong;
  Compare("what the client is sent", beat.said[0], driver.said(Side::kClient).substr(to_client), wrong);
  Compare("what the server is sent", beat.said[1], driver.said(Side::kServer).substr(to_server), wrong);
  Compare("the act", beat.act, ActOf(driver), wrong);
  const Side leg = driver.act() == ActKind::kTlsServer ? Side::kServer : Side::kClient;
  if (driver.act() == ActKind::kTlsClient || driver.act() == ActKind::kTlsServer) {
    Compare("what TLS is given", beat.to_tls, driver.to_tls(leg), wrong);
  }
  Compare("what is asked of the data connection", beat.data, driver.data().substr(asked), wrong);
  const std::string note = driver.notes().substr(noted);
  Compare("the note", beat.note, beat.note.empty() ? note : note.substr(0, beat.note.size()), wrong);
  if (!beat.blame.empty()) Compare("the blame", beat.blame, ToString(driver.dialogue().waiting_for()), wrong);
  return wrong;
}

/// Plays all beats, each in the pieces that `cut` says. False: the test has failed.
template <typename Cut>
bool PlayBeats(DialogueDriver& driver, const Scene& scene, const std::vector<Beat>& beats, const Cut& cut) {
  driver.Open();
  for (size_t i = 0; i < beats.size(); ++i) {
    const Pieces pieces = cut(i);
    const std::string wrong = PlayBeat(driver, beats[i], pieces);
    if (wrong.empty()) continue;
    std::string cuts;
    for (const std::string_view piece : pieces) cuts += "[" + std::string(piece) + "]";
    ADD_FAILURE() << ToString(scene) << ", line " << beats[i].line << " of the transcript, in pieces " << cuts << "\n"
                  << wrong;
    return false;
  }
  return true;
}

bool PlayBeats(const Scene& scene, const std::vector<Beat>& beats, size_t cut_at, const Pieces& pieces) {
  DialogueDriver driver = Stage(scene);
  return PlayBeats(driver, scene, beats, [&](size_t i) { return i == cut_at ? pieces : Pieces{beats[i].bytes}; });
}

Pieces SingleBytes(std::string_view bytes) {
  Pieces pieces;
  for (size_t i = 0; i < bytes.size(); ++i) pieces.push_back(bytes.substr(i, 1));
  return pieces;
}

}  // namespace

std::string ToString(const Scene& scene) {
  return std::string(scene.protocol) + " " + std::string(starlock::ToString(scene.client)) + "/" +
         std::string(starlock::ToString(scene.server));
}

DialogueDriver Stage(const Scene& scene) {
  const protocol::Dialect* dialect = protocol::FindDialect(scene.protocol);
  Demand(dialect != nullptr, "the dialect exists");
  return DialogueDriver(dialect->make_dialogue(
      {std::string(kHost), scene.client, scene.server, std::string(kNonce), std::string(scene.client_address)}));
}

std::vector<std::vector<std::string_view>> AllCuts(std::string_view bytes) {
  std::vector<Pieces> all = {{bytes}};
  for (size_t i = 1; i < bytes.size(); ++i) {
    all.push_back({bytes.substr(0, i), bytes.substr(i)});
    for (size_t j = i + 1; j < bytes.size(); ++j) {
      all.push_back({bytes.substr(0, i), bytes.substr(i, j - i), bytes.substr(j)});
    }
  }
  all.push_back(SingleBytes(bytes));
  return all;
}

std::string Unescape(std::string_view text) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      bytes += text[i];
      continue;
    }
    switch (text[++i]) {
      case 'r':
        bytes += '\r';
        break;
      case 'n':
        bytes += '\n';
        break;
      case 't':
        bytes += '\t';
        break;
      case 'v':
        bytes += '\v';
        break;
      case '0':
        bytes += '\0';
        break;
      case 'x':
        bytes += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
        i += 2;
        break;
      default:
        bytes += text[i];
    }
  }
  return bytes;
}

DialogueDriver PlayOnce(const Scene& scene, std::string_view transcript) {
  const std::vector<Beat> beats = Parse(transcript);
  DialogueDriver driver = Stage(scene);
  PlayBeats(driver, scene, beats, [&](size_t i) { return Pieces{beats[i].bytes}; });
  return driver;
}

void Play(const Scene& scene, std::string_view transcript) {
  const std::vector<Beat> beats = Parse(transcript);
  for (size_t i = 0; i < beats.size(); ++i) {
    for (const Pieces& pieces : AllCuts(beats[i].bytes)) {
      if (!PlayBeats(scene, beats, i, pieces)) return;  // one wrong cut is telling enough
    }
  }
  DialogueDriver driver = Stage(scene);
  PlayBeats(driver, scene, beats, [&](size_t i) { return SingleBytes(beats[i].bytes); });
}

}  // namespace starlock::test
