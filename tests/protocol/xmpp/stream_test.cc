// The memory of one stream's parser. Expat keeps each distinct name for its parser's life.

#include "protocol/xmpp/stream.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

namespace starlock::protocol::xmpp {
namespace {

constexpr std::string_view kHeader =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>";

/// Reads one unit. False: the reader is at its limit.
testing::AssertionResult Reads(StreamReader& reader, std::string_view unit) {
  const Frame frame = reader.Cut(unit);
  if (frame.kind == Frame::Kind::kExcess) return testing::AssertionFailure() << frame.why;
  EXPECT_EQ(frame.kind, Frame::Kind::kWhole) << frame.why;
  EXPECT_EQ(frame.size, unit.size());
  reader.Use();
  return testing::AssertionSuccess();
}

TEST(XmppStream, DistinctNamesAreBounded) {
  for (const char* const pattern : {"<p{0}:a xmlns:p{0}='urn:{0}'/>", "<name{0}/>", "<a attribute{0}=''/>"}) {
    StreamReader reader;
    ASSERT_TRUE(Reads(reader, kHeader));
    int taken = 0;
    while (taken < 100'000 && Reads(reader, fmt::format(fmt::runtime(pattern), taken))) ++taken;
    EXPECT_GT(taken, 100) << "an ordinary stream has a few dozen";
    EXPECT_LT(taken, 2000);
    EXPECT_EQ(reader.Cut("<a/>").kind, Frame::Kind::kExcess) << "it stays so";
  }
}

TEST(XmppStream, TheSameNamesAreNotCountedTwice) {
  StreamReader reader;
  ASSERT_TRUE(Reads(reader, kHeader));
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_TRUE(Reads(reader, fmt::format("<message to='{}'><body>{}</body></message>", i, i)));
  }
}

TEST(XmppStream, ALongUnitIsWithinTheLimit) {
  for (const size_t piece : {size_t{1}, size_t{1000}, kMaxUnit}) {
    StreamReader reader;
    ASSERT_TRUE(Reads(reader, kHeader));
    const std::string unit = fmt::format("<a><b to='{}'/>{}</a>", std::string(8000, 'x'), std::string(8000, 'y'));
    Frame frame;
    for (size_t n = piece; frame.kind == Frame::Kind::kPartial && n < unit.size() + piece; n += piece) {
      frame = reader.Cut(std::string_view(unit).substr(0, n));
    }
    EXPECT_EQ(frame.kind, Frame::Kind::kWhole) << frame.why;
  }
}

}  // namespace
}  // namespace starlock::protocol::xmpp
