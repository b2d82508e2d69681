package dev.coracle.cel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is wrong with texts of addresses and versions, as upstream's libraries say it. */
class ParseFaultsTest {

  @ParameterizedTest
  @CsvSource({
    "1, unable to parse IP",
    "%e, missing IPv6 address",
    "1.2.3, IPv4 address too short",
    "1.2.3.4.5, IPv4 address too long",
    "01.2.3.4, IPv4 field has octet with leading zero",
    "256.1.1.1, IPv4 field has value >255",
    "a.b.c.d, unexpected character (at \"a.b.c.d\")",
    "1.2.3., IPv4 field must have at least one digit (at \".\")",
    "1..2.3, IPv4 field must have at least one digit (at \".2.3\")",
    "::g, each colon-separated field must have at least one digit (at \"g\")",
    "fe80::1%, zone must be a non-empty string",
    "1:2:3, address string too short",
    "1::2::3, multiple :: in address (at \":3\")",
    "12345::, each group must have 4 or less digits (at \"12345::\")",
    "1:2g, 'unexpected character, want colon (at \"g\")'",
    "1:2:3:4:5:6:7:, colon must be followed by more characters (at \":\")",
    "1:2:3:4:5:6:7:8:9, trailing garbage after address (at \"9\")",
    "1:2:3:4:5:6:7:8::, the :: must expand to at least one field of zeros",
    "1:2.3.4.5, embedded IPv4 address must replace the final 2 fields of the address (at \"2.3.4.5\")",
    "::1.2.3, IPv4 address too short"
  })
  void ofAddresses(String text, String words) {
    assertThat(AddressFaults.ofAddress(text)).hasValue("ParseAddr(\"" + text + "\"): " + words);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"1.2.3.4", "::", "::1", "1::", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "fe80::1%e"})
  void noneOfAddresses(String text) {
    assertThat(AddressFaults.ofAddress(text)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "1.2.3.4, no '/'",
    "1.2.3.4/, bad bits after slash: \"\"",
    "1.2.3.4/08, bad bits after slash: \"08\"",
    "1.2.3.4/33, prefix length out of range",
    "::1/129, prefix length out of range",
    "::1%e/3, IPv6 zones cannot be present in a prefix",
    "x/3, ParseAddr(\"x\"): unable to parse IP"
  })
  void ofNetworks(String text, String words) {
    assertThat(AddressFaults.ofPrefix(text))
        .hasValue("netip.ParsePrefix(\"" + text + "\"): " + words);
  }

  @ParameterizedTest
  @CsvSource({
    "'', Version string empty",
    "1.2, No Major.Minor.Patch elements found",
    "v1.2.3, Invalid character(s) found in major number \"v1\"",
    "1.02.3, Minor number must not contain leading zeroes \"02\"",
    "1..3, strconv.ParseUint: parsing \"\": invalid syntax",
    "1.2.3.4, Invalid character(s) found in patch number \"3.4\"",
    "1.2.3-, Prerelease is empty",
    "1.2.3-01, Numeric PreRelease version must not contain leading zeroes \"01\"",
    "1.2.3-99999999999999999999, strconv.ParseUint: parsing \"99999999999999999999\": value out of range",
    "1.2.3+, Build meta data is empty",
    "1.2.3+a_b, Invalid character(s) found in build meta data \"a_b\""
  })
  void ofVersions(String text, String words) {
    assertThat(SemverFaults.of(text)).hasValue(words);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.2.3", "0.0.0-a.1+b.01", "1.2.3-0a"})
  void noneOfVersions(String text) {
    assertThat(SemverFaults.of(text)).isEmpty();
  }
}
