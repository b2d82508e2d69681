package dev.coracle.apiserver.internal.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.net.Cidr;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRangeTest {

  @ParameterizedTest(name = "{0}: {1} is {2}")
  @CsvSource(
      textBlock =
          """
          10.96.0.0/16, 10.96.0.0, 0
          10.96.7.9/16, 10.96.0.1, 1
          10.96.0.0/16, 10.96.255.255, 65535
          240.0.0.0/12, 240.15.255.255, 1048575
          fd00:10:96::/112, fd00:10:96::, 0
          fd00:10:96::77/112, fd00:10:96:0::1, 1
          fd00:10:96::/112, FD00:10:96::FFFF, 65535
          2001:db8::8000:0:0:0/65, 2001:db8::ffff:ffff:ffff:ffff, 9223372036854775807
          fd00::/64, fd00::8000:0:0:0, -9223372036854775808
          fd00::/64, fd00::ffff:ffff:ffff:ffff, -1
          """)
  void countsAddressesFromTheFirst(String cidr, String ip, long offset) {
    AddressRange range = AddressRange.parse(cidr);
    assertThat(range.offset(ip)).hasValue(offset);
    assertThat(range.address(offset)).isEqualTo(Cidr.canonical(ip));
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          10.96.0.0/16, 10.97.0.0
          10.96.0.0/16, 10.95.255.255
          10.96.0.0/16, ::10.96.0.1
          10.96.0.0/16, x
          fd00:10:96::/112, fd00:10:96::1:0
          fd00:10:96::/112, fd00:10:97::1
          fd00:10:96::/112, 0.0.0.1
          fd00::/64, fd00:0:0:1::
          fd00::/64, fcff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
          """)
  void knowsWhatIsOutside(String cidr, String ip) {
    assertThat(AddressRange.parse(cidr).offset(ip)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "10.0.0.0",
        "10.0.0.0/8",
        "10.0.0.0/31",
        "10.0.0/16",
        "fd00::/63",
        "fd00::/127",
        "x/16"
      })
  void refusesWhatServicesCanNotBeGivenFrom(String cidr) {
    assertThatThrownBy(() -> AddressRange.parse(cidr)).isInstanceOf(IllegalArgumentException.class);
  }
}
