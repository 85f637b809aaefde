#include "base/spki_pin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace starlock {
namespace {

using testing::HasSubstr;

TEST(SpkiPin, IsReadAsItIsWritten) {
  SpkiPin pin;
  EXPECT_EQ(pin.ToString(), "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
  for (size_t i = 0; i < SpkiPin::kSize; ++i) pin.digest[i] = static_cast<uint8_t>(i * 37 + 251);
  EXPECT_EQ(pin.ToString(), "sha256/+yBFao+02f4jSG2St9wBJktwlbrfBClOc5i94gcsUXY=");
  const auto read = SpkiPin::Parse(pin.ToString());
  ASSERT_TRUE(read.ok()) << read.error().detail;
  EXPECT_EQ(*read, pin);
  pin.digest.fill(0xff);
  EXPECT_EQ(SpkiPin::Parse(pin.ToString()).value(), pin);
}

TEST(SpkiPin, SaysWhatIsWrong) {
  const auto error = [](std::string_view text) {
    const auto parsed = SpkiPin::Parse(text);
    EXPECT_FALSE(parsed.ok()) << text;
    if (parsed.ok()) return std::string();
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalid);
    EXPECT_THAT(parsed.error().detail, HasSubstr("a pin is sha256/ and the base64 of the 32 bytes"));
    return parsed.error().detail;
  };
  EXPECT_THAT(error(""), HasSubstr("'' does not begin with sha256/"));
  EXPECT_THAT(error("md5/xyz"), HasSubstr("'md5/xyz' does not begin with sha256/"));
  EXPECT_THAT(error("sha256/abc"), HasSubstr("is not the base64 of 32 bytes"));
  EXPECT_THAT(error("sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!="), HasSubstr("is not base64 at '!'"));
  EXPECT_THAT(error("sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB="), HasSubstr("is not the base64 of 32 bytes"));
  EXPECT_THAT(error("sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), HasSubstr("is not the base64 of 32 bytes"));
  EXPECT_THAT(error("sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="),
              HasSubstr("is not the base64 of 32 bytes"));
  EXPECT_THAT(error("sha256/AAA€"), HasSubstr("is not base64 at '€'")) << "a character is quoted whole";
}

}  // namespace
}  // namespace starlock
