// The rules that every filter shares, shown with two toy dialects whose units are single words.

#include "protocol/core/upgrade_filter.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/act_kind.h"

namespace starlock::protocol {
namespace {

using test::ActKind;
using test::FailureOf;
using test::KindOf;

const StarttlsWords& Words() {
  static const StarttlsWords kWords = {
      .go_ahead = "<go>", .active = "<active>", .off = "<off>", .too_late = "<late>", .has_argument = "<argument>"};
  return kWords;
}

/// What a step did.
struct Did {
  ActKind act;
  std::string to_client;
  std::string to_server;

  bool operator==(const Did&) const = default;
};

std::ostream& operator<<(std::ostream& stream, const Did& did) {
  return stream << static_cast<int>(did.act) << " client: " << did.to_client << " server: " << did.to_server;
}

/// A filter of either kind, and the legs that it stands between.
template <typename Filter>
struct Between {
  explicit Between(TlsMode client = TlsMode::kOpportunistic, bool client_tls = false, bool server_tls = false)
      : env{"", client, TlsMode::kOpportunistic}, prologue(env) {
    prologue.client_tls = client_tls;
    prologue.server_tls = server_tls;
  }

  Did From(Side side, std::string_view unit) {
    Scan scan;
    filter.Cut(side, unit, scan);
    Out out;
    act = filter.On(side, unit, out);
    return {KindOf(act), out.client(), out.server()};
  }
  /// The beginning of a unit from the server: a unit that ends with an ellipsis is partial.
  void Begins(Side side, std::string_view part) {
    Scan scan;
    EXPECT_EQ(filter.Cut(side, part, scan).kind, Frame::Kind::kPartial);
  }
  Did Client(std::string_view unit) { return From(Side::kClient, unit); }
  Did Server(std::string_view unit) { return From(Side::kServer, unit); }

  Env env;
  Prologue prologue;
  Filter filter{prologue};
  Act act;
};

Frame CutWord(std::string_view in) { return in.back() == '~' ? Frame::Partial() : Frame::Whole(in.size()); }

/// Answers come in the order of commands: `starttls`, `starttls x`, `bad` is refused, and anything else crosses. Only
/// commands of one letter are harmless. A reply `+…` asks for a SASL response; `bye` is the goodbye. A unit that ends
/// with `~` is partial.
class InOrder final : public InOrderFilter<std::string> {
 public:
  explicit InOrder(const Prologue& prologue) : InOrderFilter(prologue) {}

  std::vector<std::string> judged;  ///< each reply with its question

 private:
  Frame CutUnit(Side, std::string_view in, Scan&) override { return CutWord(in); }
  bool IsHarmless(std::string_view unit) const override { return unit.size() == 1; }
  bool MaySpeakUnasked(std::string_view unit) const override { return unit == "bye"; }
  Act OnCommand(std::string_view unit, Out& out) override {
    if (unit == "starttls" || unit == "starttls x") return OnStarttls(Words(), unit != "starttls", out);
    if (unit == "bad") return Refuse("<bad>", out);
    return Forward(unit, std::string(unit), out);
  }
  Act OnReply(std::string_view unit, Out& out) override {
    judged.push_back(asked() + "=" + std::string(unit));
    out.client() += unit;
    if (unit.front() == '+') {
      ExpectSaslResponse();
    } else {
      Answered();
    }
    return Read{};
  }
};

using OneByOne = Between<InOrder>;

TEST(InOrderFilter, EachReplyBelongsToTheOldestQuestion) {
  OneByOne between;
  EXPECT_EQ(between.Client("a"), (Did{ActKind::kRead, "", "a"}));
  EXPECT_EQ(between.Client("b"), (Did{ActKind::kRead, "", "b"}));
  EXPECT_EQ(between.Server("1"), (Did{ActKind::kRead, "1", ""}));
  EXPECT_EQ(between.Client("c"), (Did{ActKind::kRead, "", "c"}));
  between.Server("2");
  between.Server("3");
  EXPECT_EQ(between.filter.judged, (std::vector<std::string>{"a=1", "b=2", "c=3"}));
}

TEST(InOrderFilter, AReplyThatNobodyAskedForPasses) {
  OneByOne between;
  EXPECT_EQ(between.Server("bye"), (Did{ActKind::kRead, "bye", ""}));
  between.Client("a");
  between.Server("1");
  EXPECT_EQ(between.Server("bye"), (Did{ActKind::kRead, "bye", ""}));
  EXPECT_EQ(between.filter.judged, std::vector<std::string>{"a=1"});
}

TEST(InOrderFilter, TheClientWaitsOnceTooManyQuestionsAreOutstanding) {
  OneByOne between;
  for (size_t i = 0; i < kMaxQuestions; ++i) ASSERT_EQ(between.Client("q").act, ActKind::kRead);
  EXPECT_EQ(between.Client("q"), (Did{ActKind::kWait, "", ""}));
  EXPECT_EQ(between.Client("bad"), (Did{ActKind::kWait, "", ""}));
  between.Server("1");
  EXPECT_EQ(between.Client("q"), (Did{ActKind::kRead, "", "q"}));
  EXPECT_EQ(between.Client("q").act, ActKind::kWait);
}

TEST(InOrderFilter, ARefusalWaitsForItsTurn) {
  OneByOne between;
  EXPECT_EQ(between.Client("bad"), (Did{ActKind::kRead, "<bad>", ""}));
  between.Client("a");
  EXPECT_EQ(between.Client("bad"), (Did{ActKind::kWait, "", ""}));
  between.Server("1");
  EXPECT_EQ(between.Client("bad"), (Did{ActKind::kRead, "<bad>", ""}));
}

TEST(InOrderFilter, TooManyRefusalsEndTheSession) {
  OneByOne between;
  for (int i = 0; i < kMaxCommands; ++i) {
    // A refusal that waits is not counted before it is said.
    if (i == 1) {
      between.Client("a");
      for (int j = 0; j < kMaxCommands; ++j) ASSERT_EQ(between.Client("bad").act, ActKind::kWait);
      between.Server("1");
    }
    ASSERT_EQ(between.Client(i % 2 == 0 ? "bad" : "starttls x").act, ActKind::kRead) << i;
  }
  EXPECT_EQ(between.Client("bad"), (Did{ActKind::kFail, "", ""}));
  EXPECT_EQ(FailureOf(between.act).end, End::kLimit);
  EXPECT_EQ(FailureOf(between.act).blame, Blame::kClient);
}

TEST(InOrderFilter, ASaslResponsePassesWhateverItLooksLike) {
  for (const std::string response : {"starttls", "bad", "secret", "a"}) {
    OneByOne between;
    between.Client("auth");
    between.Server("+challenge");
    EXPECT_EQ(between.Client(response), (Did{ActKind::kRead, "", response}));
    // It is no question of its own: the next reply is still the answer to `auth`.
    between.Server("+more");
    EXPECT_EQ(between.Client(response), (Did{ActKind::kRead, "", response}));
    between.Server("done");
    EXPECT_EQ(between.filter.judged, (std::vector<std::string>{"auth=+challenge", "auth=+more", "auth=done"}));
    EXPECT_EQ(between.Client("bad"), (Did{ActKind::kRead, "<bad>", ""})) << "and only one response was expected";
    EXPECT_EQ(between.Client("starttls"), (Did{ActKind::kRead, "<late>", ""})) << "the login has closed the window";
  }
}

// The server may end an exchange without waiting for the response: the next unit is a command again.
TEST(InOrderFilter, NoSaslResponseIsExpectedOnceTheServerHasEndedTheExchange) {
  OneByOne between;
  between.Client("auth");
  between.Server("+challenge");
  between.Server("done");
  EXPECT_EQ(between.Client("bad"), (Did{ActKind::kRead, "<bad>", ""})) << "it is judged, and does not cross";
  EXPECT_EQ(between.Client("starttls"), (Did{ActKind::kRead, "<late>", ""})) << "and so is this";
}

TEST(InOrderFilter, ASaslResponseDoesNotWait) {
  OneByOne between;
  for (size_t i = 0; i < kMaxQuestions; ++i) between.Client("q");
  between.Server("+");
  EXPECT_EQ(between.Client("response"), (Did{ActKind::kRead, "", "response"}));
  EXPECT_EQ(between.Client("q").act, ActKind::kWait);
}

// ---- STARTTLS

TEST(UpgradeFilter, StarttlsIsGrantedOnceEverythingIsAnswered) {
  OneByOne between;
  between.Client("a");
  between.Client("b");
  EXPECT_EQ(between.Client("starttls"), (Did{ActKind::kWait, "", ""}));
  between.Server("1");
  EXPECT_EQ(between.Client("starttls"), (Did{ActKind::kWait, "", ""}));
  between.Server("2");
  EXPECT_EQ(between.Client("starttls"), (Did{ActKind::kTlsClient, "<go>", ""}));
}

TEST(UpgradeFilter, SaysWhyStarttlsIsRefused) {
  OneByOne active(TlsMode::kOpportunistic, /*client_tls=*/true);
  EXPECT_EQ(active.Client("starttls"), (Did{ActKind::kRead, "<active>", ""}));
  EXPECT_EQ(active.Client("starttls x"), (Did{ActKind::kRead, "<active>", ""}));

  OneByOne off(TlsMode::kOff);
  EXPECT_EQ(off.Client("starttls"), (Did{ActKind::kRead, "<off>", ""}));

  OneByOne open;
  EXPECT_EQ(open.Client("starttls x"), (Did{ActKind::kRead, "<argument>", ""}));
  EXPECT_EQ(open.Client("starttls"), (Did{ActKind::kTlsClient, "<go>", ""}));

  OneByOne late;
  late.Client("secret");
  EXPECT_EQ(late.Client("starttls"), (Did{ActKind::kWait, "", ""})) << "the refusal waits for its turn";
  late.Server("1");
  EXPECT_EQ(late.Client("starttls"), (Did{ActKind::kRead, "<late>", ""}));
}

TEST(UpgradeFilter, AfterTheUpgradeItIsNeededOnlyWhereTheServerLegIsPlaintext) {
  EXPECT_EQ(KindOf(OneByOne(TlsMode::kOpportunistic, true, false).filter.OnTlsUp()), ActKind::kRead);
  EXPECT_EQ(KindOf(OneByOne(TlsMode::kOpportunistic, true, true).filter.OnTlsUp()), ActKind::kRelay);
}

// ---- the upgrade window

TEST(UpgradeFilter, WhatIsNotHarmlessClosesTheWindowForGood) {
  for (const std::string crossing : {"secret", "aa", "~~a"}) {
    OneByOne between;
    EXPECT_EQ(between.Client(crossing), (Did{ActKind::kRead, "", crossing}));
    between.Server("1");
    EXPECT_EQ(between.Client("starttls"), (Did{ActKind::kRead, "<late>", ""}));
    between.Client("a");
    between.Server("2");
    EXPECT_EQ(between.Client("starttls"), (Did{ActKind::kRead, "<late>", ""}));
  }
}

TEST(UpgradeFilter, WhatDoesNotCrossLeavesTheWindowOpen) {
  OneByOne between;
  between.Client("bad");
  between.Client("starttls x");
  EXPECT_EQ(between.Client("starttls"), (Did{ActKind::kTlsClient, "<go>", ""}));
}

TEST(UpgradeFilter, AReplyThatAnswersNothingClosesTheWindow) {
  OneByOne between;
  between.Client("a");
  between.Server("1");
  EXPECT_EQ(between.Server("2"), (Did{ActKind::kRead, "2", ""}));
  EXPECT_EQ(between.Client("starttls"), (Did{ActKind::kRead, "<late>", ""}));
}

TEST(UpgradeFilter, TheBeginningOfAReplyThatAnswersNothingClosesTheWindow) {
  OneByOne between;
  between.Begins(Side::kServer, "2~");
  EXPECT_EQ(between.Client("starttls"), (Did{ActKind::kRead, "<late>", ""}));
  OneByOne asked;
  asked.Client("a");
  asked.Begins(Side::kServer, "1~");
  EXPECT_EQ(asked.Client("starttls").act, ActKind::kWait) << "the control: this one answers a question";
  asked.Server("1");
  EXPECT_EQ(asked.Client("starttls").act, ActKind::kTlsClient);
}

TEST(UpgradeFilter, APlaintextServerIsSilentAfterTheUpgradeUntilTheClientHasSpoken) {
  OneByOne between;
  between.Client("starttls");
  between.prologue.client_tls = true;
  EXPECT_EQ(between.Server("1"), (Did{ActKind::kFail, "", ""}));
  EXPECT_EQ(FailureOf(between.act).end, End::kProtocolError);
  EXPECT_EQ(FailureOf(between.act).blame, Blame::kServer);
}

TEST(UpgradeFilter, TheGoodbyeMayBreakTheSilence) {
  OneByOne between;
  between.Client("starttls");
  between.prologue.client_tls = true;
  EXPECT_EQ(between.Server("bye"), (Did{ActKind::kRead, "bye", ""}));
  EXPECT_EQ(between.Server("1").act, ActKind::kFail) << "and nothing else";
}

TEST(UpgradeFilter, TheClientsFirstCommandInsideTlsBreaksTheSilence) {
  OneByOne between;
  between.Client("starttls");
  between.prologue.client_tls = true;
  EXPECT_EQ(between.Client("bad"), (Did{ActKind::kRead, "<bad>", ""})) << "this one does not cross";
  EXPECT_EQ(between.Client("secret"), (Did{ActKind::kRead, "", "secret"}));
  EXPECT_EQ(between.Server("1"), (Did{ActKind::kRead, "1", ""}));
  EXPECT_EQ(between.Server("2"), (Did{ActKind::kRead, "2", ""}));
}

TEST(UpgradeFilter, TheServerMayNotHaveBegunToSpeakBeforeTheClient) {
  OneByOne between;
  between.Client("starttls");
  between.prologue.client_tls = true;
  between.Begins(Side::kServer, "1~");
  EXPECT_EQ(between.Client("a"), (Did{ActKind::kFail, "", ""}));
  EXPECT_EQ(FailureOf(between.act).blame, Blame::kServer);
}

// ---- answers that name their question

/// Commands are `TAG WORD`, replies `TAG TEXT`. Words as in InOrder.
class Tagged final : public TaggedFilter<std::string, std::string> {
 public:
  explicit Tagged(const Prologue& prologue) : TaggedFilter(prologue) {}

  using TaggedFilter::Ask;
  using TaggedFilter::Find;
  using TaggedFilter::IsLast;
  using TaggedFilter::last;
  using TaggedFilter::questions;

  std::vector<std::string> judged;

 private:
  Frame CutUnit(Side, std::string_view in, Scan&) override { return CutWord(in); }
  bool IsHarmless(std::string_view unit) const override { return unit.find("secret") == std::string_view::npos; }
  bool MaySpeakUnasked(std::string_view unit) const override { return unit == "* bye"; }
  Act OnCommand(std::string_view unit, Out& out) override {
    const std::string_view word = unit.substr(unit.find(' ') + 1);
    if (word == "starttls") return OnStarttls(Words(), false, out);
    if (word == "bad") return Refuse("<bad>", out);
    Ask(std::string(unit.substr(0, unit.find(' '))), std::string(word));
    out.server() += unit;
    return Read{};
  }
  Act OnReply(std::string_view unit, Out& out) override {
    const std::string_view tag = unit.substr(0, unit.find(' '));
    const std::string* question = Find(tag);
    judged.push_back((question == nullptr ? "?" : *question) + "=" + std::string(unit));
    Answered(tag);
    out.client() += unit;
    return Read{};
  }
};

using ByTag = Between<Tagged>;

TEST(TaggedFilter, EachReplyBelongsToTheQuestionOfItsTag) {
  ByTag between;
  for (const char* command : {"1 one", "2 two", "3 three"}) between.Client(command);
  EXPECT_EQ(between.filter.questions(), 3U);
  for (const char* reply : {"3 x", "1 y", "9 z", "1 again", "2 end"}) between.Server(reply);
  EXPECT_EQ(between.filter.judged,
            (std::vector<std::string>{"three=3 x", "one=1 y", "?=9 z", "?=1 again", "two=2 end"}));
  EXPECT_EQ(between.filter.questions(), 0U);
}

TEST(TaggedFilter, KnowsTheQuestionThatWasAskedLast) {
  ByTag between;
  EXPECT_EQ(between.filter.last(), nullptr);
  EXPECT_FALSE(between.filter.IsLast(std::string("1")));
  between.Client("1 one");
  between.Client("2 two");
  ASSERT_NE(between.filter.last(), nullptr);
  EXPECT_EQ(*between.filter.last(), "two");
  EXPECT_TRUE(between.filter.IsLast(std::string("2")));
  EXPECT_FALSE(between.filter.IsLast(std::string("1")));
  between.Server("2 x");
  EXPECT_EQ(*between.filter.last(), "one") << "of those that have no answer";
}

TEST(TaggedFilter, ARefusalDoesNotWait) {
  ByTag between;
  between.Client("1 one");
  EXPECT_EQ(between.Client("2 bad"), (Did{ActKind::kRead, "<bad>", ""}));
}

TEST(TaggedFilter, StarttlsStillWaitsForEveryAnswer) {
  ByTag between;
  between.Client("1 one");
  between.Client("2 two");
  EXPECT_EQ(between.Client("3 starttls"), (Did{ActKind::kWait, "", ""}));
  between.Server("2 x");
  EXPECT_EQ(between.Client("3 starttls"), (Did{ActKind::kWait, "", ""}));
  between.Server("1 x");
  EXPECT_EQ(between.Client("3 starttls"), (Did{ActKind::kTlsClient, "<go>", ""}));
}

TEST(TaggedFilter, TooManyRefusalsEndTheSession) {
  ByTag between;
  between.Client("1 one");
  for (int i = 0; i < kMaxCommands; ++i) ASSERT_EQ(between.Client("2 bad").act, ActKind::kRead);
  EXPECT_EQ(between.Client("2 bad"), (Did{ActKind::kFail, "", ""}));
  EXPECT_EQ(FailureOf(between.act).end, End::kLimit);
}

}  // namespace
}  // namespace starlock::protocol
