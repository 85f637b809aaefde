#include "demo/recording.h"

#include <gtest/gtest.h>

namespace starlock::demo {
namespace {

using namespace std::string_view_literals;

TEST(Recording, KeepsOrderAndSides) {
  Recording recording;
  recording.Add(Side::kServer, "220 ");
  recording.Add(Side::kServer, "hi");
  recording.Add(Side::kClient, "QUIT");
  recording.Add(Side::kClient, "");
  recording.Add(Side::kServer, "221");
  ASSERT_EQ(recording.pieces().size(), 3U);
  EXPECT_EQ(recording.pieces()[0].bytes, "220 hi");
  EXPECT_EQ(recording.From(Side::kServer), "220 hi221");
  EXPECT_EQ(recording.From(Side::kClient), "QUIT");
  EXPECT_EQ(recording.size(), 13U);
}

TEST(Recording, IsSplitWhereTheClientStartsTls) {
  Recording recording;
  recording.Add(Side::kServer, "220");
  recording.Add(Side::kClient, "STARTTLS");
  recording.Add(Side::kServer, "\x16 from the server does not count");
  recording.Add(Side::kClient, "\x16\x03");
  recording.Add(Side::kServer, "\x16\x02");
  const SplitRecording split = SplitAtTls(recording);
  EXPECT_EQ(split.before.size(), 3U);
  EXPECT_EQ(split.inside[0], "\x16\x03");
  EXPECT_EQ(split.inside[1], "\x16\x02");
}

TEST(TlsRecords, AreRecognised) {
  const auto record = "\x16\x03\x01\x00\x02ok"sv;
  EXPECT_TRUE(IsTlsRecords(""));
  EXPECT_TRUE(IsTlsRecords(record));
  EXPECT_TRUE(IsTlsRecords(std::string(record) + std::string("\x17\x03\x03\x00\x00"sv)));
  for (size_t size = 1; size < record.size(); ++size) EXPECT_FALSE(IsTlsRecords(record.substr(0, size))) << size;
  EXPECT_FALSE(IsTlsRecords(std::string(record) + "MAIL FROM:<a>\r\n"));
  EXPECT_FALSE(IsTlsRecords("\x18\x03\x03\x00\x00"sv));
  EXPECT_FALSE(IsTlsRecords("\x16\x02\x03\x00\x00"sv));
}

TEST(TlsRecords, ClientHelloIsRecognised) {
  EXPECT_TRUE(IsClientHello("\x16\x03\x01\x00\x02\x01\x00"sv));
  EXPECT_FALSE(IsClientHello("\x16\x03\x01\x00\x02\x02\x00"sv));
  EXPECT_FALSE(IsClientHello("\x16\x03\x01\x00\x02"sv));
}

TEST(Dump, HasRowsOfSixteenBytes) {
  const auto rows = Dump("MAIL\r\n\x1b\xff and some more"sv, 2);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].hex, "4d 41 49 4c 0d 0a 1b ff  20 61 6e 64 20 73 6f 6d ");
  EXPECT_EQ(rows[0].ascii, "MAIL.... and som");
  EXPECT_EQ(rows[1].hex.size(), rows[0].hex.size());
  EXPECT_EQ(rows[1].ascii, "e more");
  EXPECT_TRUE(Dump("", 3).empty());
  EXPECT_EQ(Dump(std::string(100, 'x'), 3).size(), 3U);
}

}  // namespace
}  // namespace starlock::demo
