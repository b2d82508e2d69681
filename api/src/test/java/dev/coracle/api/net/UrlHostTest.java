package dev.coracle.api.net;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UrlHostTest {

  @ParameterizedTest
  @CsvSource({
    "node-1.example.com, node-1.example.com",
    "192.0.2.1, 192.0.2.1",
    "2001:db8::1, [2001:db8::1]",
    "[2001:db8::1], [2001:db8::1]",
  })
  void onlyAddressesOfIpv6GetBrackets(String host, String inUrl) {
    assertThat(UrlHost.of(host)).isEqualTo(inUrl);
  }
}
