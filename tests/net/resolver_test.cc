#include "net/resolver.h"

#include <map>
#include <optional>
#include <utility>

#include "harness.h"

namespace starlock::net {
namespace {

using std::chrono::milliseconds;
using Addresses = std::vector<SocketAddress>;

SocketAddress At(const std::string& host, uint16_t port = 0) { return SocketAddress::FromLiteral(host, port).value(); }

// Answers when the test says so.
class FakeLookup : public Lookup {
 public:
  struct Asked {
    std::vector<std::string> hosts;
    std::map<std::string, OnFound> open;
    void Answer(const std::string& host, Result<Addresses> answer) {
      ASSERT_TRUE(open.contains(host));
      const OnFound on_found = std::move(open.extract(host).mapped());
      on_found(std::move(answer));
    }
  };
  explicit FakeLookup(Asked& asked) : asked_(asked) {}
  ~FakeLookup() override { asked_.open.clear(); }
  void Start(const std::string& host, OnFound on_found) override {
    asked_.hosts.push_back(host);
    EXPECT_TRUE(asked_.open.emplace(host, std::move(on_found)).second) << "asked twice at once: " << host;
  }

 private:
  Asked& asked_;
};

class ResolverTest : public ::testing::Test {
 protected:
  using Answer = std::optional<Result<Addresses>>;

  explicit ResolverTest(Resolver::Memory memory = {}) { Start(memory); }
  void Start(const Resolver::Memory& memory) {
    resolver = std::make_unique<Resolver>(loop, std::make_unique<FakeLookup>(asked), memory);
  }
  uint64_t Resolve(const std::string& host, uint16_t port, Answer& answer) {
    return resolver->Resolve({host, port}, [&answer](Result<Addresses> found) {
      EXPECT_FALSE(answer) << "told twice";
      answer.emplace(std::move(found));
    });
  }
  // Answered from the cache.
  Answer Remembered(const std::string& host, uint16_t port = 25) {
    Answer answer;
    const uint64_t id = Resolve(host, port, answer);
    Turn(loop);
    resolver->Cancel(id);
    return answer;
  }
  static Error Fails(const std::string& why = "no such name") { return {ErrorCode::kResolveFailed, why}; }

  Loop loop;
  FakeLookup::Asked asked;
  std::unique_ptr<Resolver> resolver;
};

TEST_F(ResolverTest, LiteralsAreAnsweredFromTheLoopWithoutALookup) {
  Answer four;
  Answer six;
  Resolve("192.0.2.1", 25, four);
  Resolve("2001:db8::1", 143, six);
  EXPECT_FALSE(four);
  RUN_UNTIL(loop, four && six);
  EXPECT_EQ(four->value(), Addresses{At("192.0.2.1", 25)});
  EXPECT_EQ(six->value(), Addresses{At("2001:db8::1", 143)});
  EXPECT_TRUE(asked.hosts.empty());
}

TEST_F(ResolverTest, ALiteralWithAnUnknownScopeIsAnError) {
  Answer answer;
  Resolve("fe80::1%nonesuch", 25, answer);
  RUN_UNTIL(loop, answer);
  EXPECT_EQ(answer->error().code, ErrorCode::kInvalid);
}

TEST_F(ResolverTest, OneLookupHoweverManyAsk) {
  Answer answers[3];
  for (uint16_t i = 0; i < 3; ++i) Resolve("mail.example", static_cast<uint16_t>(25 + i), answers[i]);
  EXPECT_EQ(asked.hosts.size(), 1U);
  asked.Answer("mail.example", Addresses{At("192.0.2.1"), At("2001:db8::1")});
  for (uint16_t i = 0; i < 3; ++i) {
    const auto port = static_cast<uint16_t>(25 + i);
    ASSERT_TRUE(answers[i]);
    EXPECT_EQ(answers[i]->value(), (Addresses{At("192.0.2.1", port), At("2001:db8::1", port)}));
  }
}

TEST_F(ResolverTest, AnAnswerIsRememberedAndStillToldFromTheLoop) {
  Answer first;
  Resolve("mail.example", 25, first);
  asked.Answer("mail.example", Addresses{At("192.0.2.1")});
  Answer second;
  Resolve("mail.example", 26, second);
  EXPECT_FALSE(second);
  RUN_UNTIL(loop, second);
  EXPECT_EQ(second->value(), Addresses{At("192.0.2.1", 26)});
  EXPECT_EQ(asked.hosts.size(), 1U);
}

TEST_F(ResolverTest, NamesAreKeptApart) {
  Answer one;
  Answer two;
  Resolve("one.example", 25, one);
  Resolve("two.example", 25, two);
  asked.Answer("two.example", Addresses{At("192.0.2.2")});
  EXPECT_FALSE(one);
  asked.Answer("one.example", Fails());
  EXPECT_EQ(two->value(), Addresses{At("192.0.2.2", 25)});
  EXPECT_EQ(one->error().code, ErrorCode::kResolveFailed);
}

TEST_F(ResolverTest, AFailureIsToldAndRemembered) {
  Answer answer;
  Resolve("mail.example", 25, answer);
  asked.Answer("mail.example", Fails("why"));
  EXPECT_EQ(answer->error().code, ErrorCode::kResolveFailed);
  EXPECT_EQ(answer->error().detail, "why");
  EXPECT_FALSE(Remembered("mail.example")->ok());
  EXPECT_EQ(asked.hosts.size(), 1U);
}

class ForgetfulResolverTest : public ResolverTest {
 protected:
  ForgetfulResolverTest() : ResolverTest({.answer = milliseconds(20), .failure = milliseconds(10), .names = 3}) {}
  void Wait(milliseconds how_long) { CpuTimeWhileIdle(loop, how_long); }
};

TEST_F(ForgetfulResolverTest, AnAnswerIsAskedForAgainAfterAWhile) {
  Answer first;
  Resolve("mail.example", 25, first);
  asked.Answer("mail.example", Addresses{At("192.0.2.1")});
  Wait(milliseconds(30));
  Answer second;
  Resolve("mail.example", 25, second);
  Turn(loop);
  EXPECT_FALSE(second);
  ASSERT_EQ(asked.hosts.size(), 2U);
  asked.Answer("mail.example", Addresses{At("192.0.2.2")});
  EXPECT_EQ(second->value(), Addresses{At("192.0.2.2", 25)});
}

TEST_F(ForgetfulResolverTest, TheLastGoodAnswerServesWhileLaterLookupsFail) {
  Answer first;
  Resolve("mail.example", 25, first);
  asked.Answer("mail.example", Addresses{At("192.0.2.1")});
  for (int i = 0; i < 3; ++i) {
    Wait(milliseconds(30));
    Answer later;
    Resolve("mail.example", 25, later);
    asked.Answer("mail.example", Fails());
    EXPECT_EQ(later->value(), Addresses{At("192.0.2.1", 25)});
  }
  EXPECT_EQ(asked.hosts.size(), 4U);
  Wait(milliseconds(30));
  Answer last;
  Resolve("mail.example", 25, last);
  asked.Answer("mail.example", Addresses{At("192.0.2.3")});
  EXPECT_EQ(last->value(), Addresses{At("192.0.2.3", 25)});
}

TEST_F(ForgetfulResolverTest, TheLastGoodAnswerServesWithoutALookupForAWhile) {
  Start({.answer = milliseconds(20), .failure = milliseconds(60'000)});
  Answer first;
  Resolve("mail.example", 25, first);
  asked.Answer("mail.example", Addresses{At("192.0.2.1")});
  Wait(milliseconds(30));
  Answer second;
  Resolve("mail.example", 25, second);
  asked.Answer("mail.example", Fails());
  EXPECT_EQ(Remembered("mail.example")->value(), Addresses{At("192.0.2.1", 25)});
  EXPECT_EQ(asked.hosts.size(), 2U);
}

class StaleResolverTest : public ForgetfulResolverTest {
 protected:
  StaleResolverTest() {
    Start({.answer = milliseconds(20), .failure = milliseconds(10), .stale = milliseconds(200)});
    resolver->SetOnStale([this](const std::string& host, const Error& failure, std::chrono::seconds age) {
      stale.push_back(host + " " + failure.detail + " " + std::to_string(age.count()));
    });
    Answer first;
    Resolve("mail.example", 25, first);
    asked.Answer("mail.example", Addresses{At("192.0.2.1")});
  }
  // The answer where the look-up fails, or another is not needed.
  Answer AskInVain() {
    Answer answer;
    const uint64_t id = Resolve("mail.example", 25, answer);
    if (asked.open.contains("mail.example")) asked.Answer("mail.example", Fails("why"));
    Turn(loop);
    resolver->Cancel(id);
    return answer;
  }

  std::vector<std::string> stale;
};

TEST_F(StaleResolverTest, TheLastGoodAnswerIsReportedOnceAndServesForALimitedTime) {
  Wait(milliseconds(30));
  const auto began = Loop::Clock::now();
  bool failed = false;
  while (!failed && Loop::Clock::now() - began < kPatience) {
    failed = !AskInVain()->ok();
    Wait(milliseconds(5));
  }
  EXPECT_TRUE(failed);
  EXPECT_GE(Loop::Clock::now() - began, milliseconds(150));
  EXPECT_EQ(stale, std::vector<std::string>{"mail.example why 0"});
  EXPECT_FALSE(AskInVain()->ok());
}

TEST_F(StaleResolverTest, ASuccessBetweenTwoFailuresIsANewAnswer) {
  for (int i = 0; i < 2; ++i) {
    Wait(milliseconds(30));
    EXPECT_TRUE(AskInVain()->ok());
    Wait(milliseconds(15));
    Answer answer;
    Resolve("mail.example", 25, answer);
    asked.Answer("mail.example", Addresses{At("192.0.2.1")});
  }
  EXPECT_EQ(stale.size(), 2U);
}

TEST_F(ForgetfulResolverTest, AFailureIsAskedForAgainAfterAShorterWhile) {
  Answer first;
  Resolve("mail.example", 25, first);
  asked.Answer("mail.example", Fails());
  Wait(milliseconds(15));
  Answer second;
  Resolve("mail.example", 25, second);
  ASSERT_EQ(asked.hosts.size(), 2U);
  asked.Answer("mail.example", Addresses{At("192.0.2.1")});
  EXPECT_TRUE(second->ok());
}

class SmallResolverTest : public ResolverTest {
 protected:
  SmallResolverTest() : ResolverTest({.answer = milliseconds(60'000), .failure = milliseconds(60'000), .names = 3}) {}
};

TEST_F(SmallResolverTest, OfTooManyNamesTheLongestUnusedIsForgotten) {
  for (const char* host : {"a", "b", "c"}) {
    Answer answer;
    Resolve(host, 25, answer);
    asked.Answer(host, Addresses{At("192.0.2.1")});
    CpuTimeWhileIdle(loop, milliseconds(3));  // the loop's time is in milliseconds
  }
  EXPECT_TRUE(Remembered("a"));
  CpuTimeWhileIdle(loop, milliseconds(3));
  Answer fourth;
  Resolve("d", 25, fourth);
  asked.Answer("d", Addresses{At("192.0.2.1")});
  EXPECT_TRUE(Remembered("a"));
  EXPECT_TRUE(Remembered("c"));
  EXPECT_TRUE(Remembered("d"));
  EXPECT_FALSE(Remembered("b"));
}

TEST_F(SmallResolverTest, NamesThatAreBeingLookedUpAreNotForgotten) {
  Answer answers[5];
  const char* hosts[] = {"a", "b", "c", "d", "e"};
  for (size_t i = 0; i < 5; ++i) Resolve(hosts[i], 25, answers[i]);
  for (const char* host : hosts) asked.Answer(host, Addresses{At("192.0.2.1")});
  for (const Answer& answer : answers) EXPECT_TRUE(answer);
}

TEST_F(ResolverTest, WhoCancelledIsNotCalled) {
  Answer cancelled;
  Answer other;
  const uint64_t id = Resolve("mail.example", 25, cancelled);
  Resolve("mail.example", 25, other);
  resolver->Cancel(id);
  asked.Answer("mail.example", Addresses{At("192.0.2.1")});
  EXPECT_FALSE(cancelled);
  EXPECT_TRUE(other);
  resolver->Cancel(id);
  resolver->Cancel(4711);

  Answer remembered;
  resolver->Cancel(Resolve("mail.example", 25, remembered));
  Answer literal;
  resolver->Cancel(Resolve("192.0.2.1", 25, literal));
  Turn(loop);
  EXPECT_FALSE(remembered);
  EXPECT_FALSE(literal);
}

TEST_F(ResolverTest, OneThatIsToldMayCancelTheNextAndAskAgain) {
  Answer second;
  Answer third;
  uint64_t second_id = 0;
  resolver->Resolve({"mail.example", 25}, [&](const auto&) {
    resolver->Cancel(second_id);
    Resolve("192.0.2.9", 25, third);
    EXPECT_FALSE(third);
  });
  second_id = Resolve("mail.example", 25, second);
  asked.Answer("mail.example", Addresses{At("192.0.2.1")});
  Turn(loop);
  EXPECT_FALSE(second);
  EXPECT_TRUE(third);
}

TEST_F(ResolverTest, DestroyedWithQuestionsOpenItCallsNobody) {
  Answer waiting;
  Answer literal;
  Resolve("mail.example", 25, waiting);
  Resolve("192.0.2.1", 25, literal);
  resolver.reset();
  Turn(loop);
  EXPECT_FALSE(waiting);
  EXPECT_FALSE(literal);
}

TEST_F(ResolverTest, DestroyedByOneThatIsTold) {
  Answer second;
  resolver->Resolve({"mail.example", 25}, [&](const auto&) { resolver.reset(); });
  Resolve("mail.example", 25, second);
  asked.Answer("mail.example", Addresses{At("192.0.2.1")});
  Turn(loop);
  EXPECT_FALSE(second);
}

// --- The system's resolver.

TEST(SystemLookupTest, KnowsLocalhost) {
  Loop loop;
  Resolver resolver(loop);
  std::optional<Result<Addresses>> answer;
  resolver.Resolve({"localhost", 25}, [&](auto found) { answer.emplace(std::move(found)); });
  EXPECT_FALSE(answer);
  RUN_UNTIL(loop, answer);
  ASSERT_TRUE(answer->ok()) << answer->error().detail;
  EXPECT_NE(std::find(answer->value().begin(), answer->value().end(), At("127.0.0.1", 25)), answer->value().end());
}

TEST(SystemLookupTest, SaysWhatIsWrongWithAName) {
  Loop loop;
  Resolver resolver(loop);
  for (const std::string& name : {std::string("no such name"), std::string(300, 'a')}) {
    std::optional<Result<Addresses>> answer;
    resolver.Resolve({name, 25}, [&](auto found) { answer.emplace(std::move(found)); });
    EXPECT_FALSE(answer);
    RUN_UNTIL(loop, answer);
    ASSERT_FALSE(answer->ok());
    EXPECT_EQ(answer->error().code, ErrorCode::kResolveFailed);
    EXPECT_NE(answer->error().detail.find(name), std::string::npos);
  }
}

TEST(SystemLookupTest, WhoAskedMayBeGoneBeforeTheAnswer) {
  Loop loop;
  for (int i = 0; i < 20; ++i) {
    Resolver resolver(loop);
    resolver.Resolve({"localhost", 25}, [](const auto&) { FAIL(); });
    resolver.Resolve({std::string(300, 'a'), 25}, [](const auto&) { FAIL(); });
  }
  Turn(loop);
}

}  // namespace
}  // namespace starlock::net
