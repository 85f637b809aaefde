// The log before a reader that does not read, that is gone, or a disk that is full.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>
#include <thread>
#include <utility>

#include "log/log.h"

namespace starlock {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::chrono::seconds kPatience{20};
constexpr milliseconds kNoTime{0};

[[maybe_unused]] const auto kIgnored = std::signal(SIGPIPE, SIG_IGN);

class Channel {
 public:
  explicit Channel(bool socket, int flags = 0) {
    if (socket) {
      EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_.data()), 0);
      std::swap(ends_[0], ends_[1]);
    } else {
      EXPECT_EQ(pipe2(ends_.data(), O_CLOEXEC), 0);
    }
    EXPECT_EQ(fcntl(ends_[1], F_SETFL, flags | O_WRONLY), 0);
  }
  ~Channel() {
    CloseReader();
    close(ends_[1]);
  }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  int writer() const { return ends_[1]; }
  void CloseReader() {
    if (ends_[0] >= 0) close(std::exchange(ends_[0], -1));
  }
  const std::string& text() const { return text_; }
  bool ReadMore() {
    std::array<char, 65536> block{};
    pollfd ready{ends_[0], POLLIN, 0};
    if (poll(&ready, 1, 20'000) <= 0) return false;
    const ssize_t got = read(ends_[0], block.data(), block.size());
    if (got > 0) text_.append(block.data(), static_cast<size_t>(got));
    return got > 0;
  }
  // Reads until the text has `end` in it.
  const std::string& ReadUntil(std::string_view end) {
    while (text_.find(end) == std::string::npos) {
      if (ReadMore()) continue;
      ADD_FAILURE() << "no " << end << " in: " << text_.substr(0, 1000);
      break;
    }
    return text_;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
  std::string text_;
};

void LogSession(Logger& log, int number) {
  const std::array fields{Field{"number", int64_t{number}}, Field{"text", std::string(300, 'x')}};
  log.RecordSession(false, fields);
}

size_t CountOf(std::string_view text, std::string_view what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

size_t LostIn(const std::string& text) {
  static const std::regex kLost("([0-9]+) records lost lost=([0-9]+) why=");
  size_t lost = 0;
  for (std::sregex_iterator each(text.begin(), text.end(), kLost); each != std::sregex_iterator(); ++each) {
    EXPECT_EQ((*each)[1], (*each)[2]);
    lost += std::stoul((*each)[1]);
  }
  return lost;
}

class SlowReader : public testing::TestWithParam<bool> {};

TEST_P(SlowReader, NobodyWaitsAndTheLossIsCounted) {
  constexpr int kSessions = 20'000;
  Channel channel(GetParam());
  Logger log({.ring_bytes = 1 << 20}, channel.writer());
  log.Record("listening", {{"name", "front"}});
  const auto began = steady_clock::now();
  for (int i = 0; i < kSessions; ++i) LogSession(log, i);
  EXPECT_LT(steady_clock::now() - began, kPatience / 4);
  EXPECT_FALSE(log.Flush(kNoTime));
  log.Event(LogLevel::kWarning, "the last");
  channel.ReadUntil("the last\n");
  // A notice is written once a second.
  while (CountOf(channel.text(), "\nsession number=") + LostIn(channel.text()) < kSessions && channel.ReadMore()) {
  }
  const std::string& text = channel.text();
  EXPECT_EQ(CountOf(text, "\nsession number=") + LostIn(text), size_t{kSessions});
  EXPECT_GT(LostIn(text), 0U);
  EXPECT_EQ(CountOf(text, "listening name=front\n"), 1U);
  EXPECT_NE(text.find("number=19999 "), std::string::npos);
  EXPECT_NE(text.find("too slow"), std::string::npos);
  EXPECT_TRUE(log.Flush(kPatience));
}

TEST_P(SlowReader, TheEndIsBounded) {
  Channel channel(GetParam());
  const auto began = steady_clock::now();
  {
    Logger log({}, channel.writer());
    for (int i = 0; i < 5'000; ++i) LogSession(log, i);
  }
  EXPECT_LT(steady_clock::now() - began, milliseconds(5'000));
}

TEST_P(SlowReader, TheEndWritesEverythingToOneThatReads) {
  Channel channel(GetParam());
  std::thread reader([&] { channel.ReadUntil("the last\n"); });
  {
    Logger log({}, channel.writer());
    for (int i = 0; i < 5'000; ++i) LogSession(log, i);
    log.Event(LogLevel::kError, "the last");
  }
  reader.join();
  EXPECT_EQ(CountOf(channel.ReadUntil("the last\n"), "session number="), 5'000U);
}

INSTANTIATE_TEST_SUITE_P(Log, SlowReader, testing::Values(false, true),
                         [](const auto& each) { return each.param ? "Socket" : "Pipe"; });

TEST(Log, FlagsOfTheDescriptorStayAsTheyAre) {
  Channel channel(false);
  const int before = fcntl(channel.writer(), F_GETFL);
  Logger log({}, channel.writer());
  log.Event(LogLevel::kError, "x");
  EXPECT_TRUE(log.Flush(kPatience));
  EXPECT_EQ(fcntl(channel.writer(), F_GETFL), before);
}

TEST(Log, ANonBlockingPipeLosesNothingBeforeAReaderThatIsLate) {
  Channel channel(false, O_NONBLOCK);
  Logger log({}, channel.writer());
  for (int i = 0; i < 2'000; ++i) LogSession(log, i);
  log.Event(LogLevel::kError, "the last");
  EXPECT_FALSE(log.Flush(milliseconds(1)));
  const std::string text = channel.ReadUntil("the last\n");
  EXPECT_EQ(CountOf(text, "session number="), 2'000U);
  EXPECT_EQ(LostIn(text), 0U);
}

// Every write to a pipe is whole lines, because others may write to it too.
TEST(Log, WritesToAPipeAreAtomic) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC | O_DIRECT), 0);  // a read returns one write
  {
    Logger log({}, ends[1]);
    for (int i = 0; i < 100; ++i) LogSession(log, i);
    EXPECT_TRUE(log.Flush(kPatience));
  }
  close(ends[1]);
  size_t writes = 0;
  size_t lines = 0;
  std::array<char, 65536> block{};
  for (ssize_t got = 0; (got = read(ends[0], block.data(), block.size())) > 0; ++writes) {
    const std::string_view text(block.data(), static_cast<size_t>(got));
    EXPECT_LE(text.size(), size_t{PIPE_BUF});
    EXPECT_THAT(std::string(text), StartsWith("session number="));
    EXPECT_THAT(std::string(text), EndsWith("\n"));
    lines += CountOf(text, "\n");
  }
  close(ends[0]);
  EXPECT_EQ(lines, 100U);
  EXPECT_LT(writes, 50U) << "one write for many lines";
}

TEST(Log, SurvivesAReaderThatIsGone) {
  Channel channel(false);
  Logger log({}, channel.writer());
  channel.CloseReader();
  for (int i = 0; i < 3; ++i) log.Event(LogLevel::kError, "nobody reads this");
  EXPECT_TRUE(log.Flush(kPatience));
}

class LogFile : public testing::Test {
 protected:
  LogFile() : path_(testing::TempDir() + "starlock-log-XXXXXX") { close(mkstemp(path_.data())); }
  ~LogFile() override { unlink(path_.c_str()); }
  static std::string Content(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  std::string path_;
};

TEST_F(LogFile, IsAppendedTo) {
  std::ofstream(path_) << "before\n";
  auto log = Logger::ToFile({}, path_);
  ASSERT_TRUE(log.ok());
  (*log)->Event(LogLevel::kError, "after");
  EXPECT_TRUE((*log)->Flush(kPatience));
  EXPECT_THAT(Content(path_), testing::MatchesRegex("before\n20.*Z error after\n"));
}

TEST_F(LogFile, RecordsOfTheStartAlsoGoToStderr) {
  Channel channel(false);
  auto log = Logger::ToFile({}, path_, channel.writer());
  ASSERT_TRUE(log.ok());
  (*log)->Record("listening", {{"name", "front"}});
  LogSession(**log, 1);
  (*log)->Record("listening", {{"name", "last"}});
  EXPECT_EQ(channel.ReadUntil("last\n"), "listening name=front\nlistening name=last\n");
  EXPECT_TRUE((*log)->Flush(kPatience));
  EXPECT_EQ(CountOf(Content(path_), "\n"), 3U);
}

TEST_F(LogFile, IsOpenedAgainAfterARotation) {
  const std::string rotated = path_ + ".1";
  auto log = Logger::ToFile({}, path_);
  ASSERT_TRUE(log.ok());
  (*log)->Event(LogLevel::kError, "one");
  EXPECT_TRUE((*log)->Flush(kPatience));
  ASSERT_EQ(rename(path_.c_str(), rotated.c_str()), 0);
  (*log)->Event(LogLevel::kError, "two");
  EXPECT_TRUE((*log)->Flush(kPatience));
  (*log)->Reopen();
  (*log)->Event(LogLevel::kError, "three");
  EXPECT_TRUE((*log)->Flush(kPatience));
  EXPECT_EQ(CountOf(Content(rotated), "\n"), 2U);
  EXPECT_THAT(Content(path_), HasSubstr("error three\n"));
  EXPECT_THAT(Content(path_), HasSubstr("info log file opened again\n"));
  EXPECT_THAT(Content(path_), testing::Not(HasSubstr("two")));
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0137U, 0U) << "others cannot read a log";
  unlink(rotated.c_str());
}

TEST_F(LogFile, TheOldOneIsKeptIfItCannotBeOpenedAgain) {
  const std::string rotated = path_ + ".1";
  auto log = Logger::ToFile({}, path_);
  ASSERT_TRUE(log.ok());
  ASSERT_EQ(rename(path_.c_str(), rotated.c_str()), 0);
  ASSERT_EQ(mkdir(path_.c_str(), 0700), 0);
  (*log)->Reopen();
  (*log)->Event(LogLevel::kError, "still here");
  EXPECT_TRUE((*log)->Flush(kPatience));
  EXPECT_THAT(Content(rotated), HasSubstr("still here\n"));
  EXPECT_THAT(Content(rotated), HasSubstr("log file not opened again"));
  EXPECT_THAT(Content(rotated), HasSubstr("Is a directory"));
  rmdir(path_.c_str());
  unlink(rotated.c_str());
}

TEST(LogToFile, SaysWhyItCannotBeOpened) {
  const auto missing = Logger::ToFile({}, "/nonexistent/starlock.log");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().detail, "cannot open the log file /nonexistent/starlock.log: No such file or directory");
  EXPECT_FALSE(Logger::ToFile({}, "/").ok());
}

// A FIFO that nobody reads would block in open().
TEST(LogToFile, DoesNotWaitForTheReaderOfAFifo) {
  const std::string path = testing::TempDir() + "starlock-fifo-" + std::to_string(getpid());
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_FALSE(Logger::ToFile({}, path).ok());
  unlink(path.c_str());
}

TEST(LogToFile, AFullDiskHoldsNobodyUp) {
  const auto began = steady_clock::now();
  {
    auto log = Logger::ToFile({.ring_bytes = 1 << 16}, "/dev/full");
    ASSERT_TRUE(log.ok());
    for (int i = 0; i < 2'000; ++i) LogSession(**log, i);
  }
  EXPECT_LT(steady_clock::now() - began, milliseconds(5'000));
}

// RLIMIT_FSIZE stands in for the disk: EFBIG, and a partial write before it.
TEST_F(LogFile, ALineThatWasCutShortDoesNotSpoilTheNext) {
  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  Channel channel(false);
  auto log = Logger::ToFile({}, path_, channel.writer());
  ASSERT_TRUE(log.ok());
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 100;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  LogSession(**log, 1);
  EXPECT_TRUE((*log)->Flush(kPatience));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  (*log)->Event(LogLevel::kError, "whole");
  (*log).reset();
  std::signal(SIGXFSZ, ignored);
  const std::string text = Content(path_);
  EXPECT_EQ(text.substr(0, 16), "session number=1");
  EXPECT_EQ(text[100], '\n');
  EXPECT_THAT(text, HasSubstr(" error whole\n"));
  EXPECT_EQ(LostIn(text), 1U);
  EXPECT_THAT(text, HasSubstr("File too large"));
}

TEST(Log, WritesTheSessionsThatWereAskedFor) {
  for (const auto sessions : {LogSessions::kAll, LogSessions::kFailed, LogSessions::kNone}) {
    Channel channel(false);
    Logger log({.level = LogLevel::kError, .sessions = sessions}, channel.writer());
    log.RecordSession(false, std::array{Field{"end", "closed"}});
    log.RecordSession(true, std::array{Field{"end", "reset"}});
    log.Record("", {});
    log.Record("the last", {});
    const std::string text = channel.ReadUntil("\nthe last\n");
    EXPECT_EQ(CountOf(text, "end=closed"), sessions == LogSessions::kAll ? 1U : 0U);
    EXPECT_EQ(CountOf(text, "end=reset"), sessions == LogSessions::kNone ? 0U : 1U);
  }
}

}  // namespace
}  // namespace starlock
