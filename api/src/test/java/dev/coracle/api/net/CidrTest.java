package dev.coracle.api.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CidrTest {

  @ParameterizedTest
  @CsvSource({
    "10.244.3.7/24, 10.244.3.0/24, 10.244.3.255",
    "0.0.0.0/0, 0.0.0.0/0, 255.255.255.255",
    "192.0.2.1/32, 192.0.2.1/32, 192.0.2.1",
    "FD00:10:244:0:0:0:0:9/64, fd00:10:244::/64, fd00:10:244:0:ffff:ffff:ffff:ffff",
    "::/0, ::/0, ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "2001:db8:0:0:1:0:0:1/128, 2001:db8::1:0:0:1/128, 2001:db8::1:0:0:1",
    "2001:0:0:1:0:0:0:1/128, 2001:0:0:1::1/128, 2001:0:0:1::1",
    "2001:db8:0:1:1:1:1:1/128, 2001:db8:0:1:1:1:1:1/128, 2001:db8:0:1:1:1:1:1",
    "fd00::a0/124, fd00::a0/124, fd00::af",
  })
  void readsAndWritesRanges(String text, String written, String last) {
    Cidr cidr = Cidr.parse(text).orElseThrow();

    assertThat(cidr).hasToString(written);
    assertThat(Cidr.text(cidr.family(), cidr.last())).isEqualTo(last);
    assertThat(Cidr.parse(cidr.toString())).contains(cidr);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "10.0.0.0",
        "10.0.0/8",
        "10.0.0.256/8",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/8/8",
        "fd00::/129",
        "fd00:::/64",
        "fd00::%eth0/64",
        "::ffff:10.0.0.1/128",
        "host/8"
      })
  void whatIsNoRangeIsNone(String text) {
    assertThat(Cidr.parse(text)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "10.244.0.0/16, 10.244.3.0/24, true",
    "10.244.3.0/24, 10.244.0.0/16, false",
    "10.244.0.0/16, 10.245.0.0/24, false",
    "fd00:10:244::/56, fd00:10:244:3::/64, true",
    "fd00:10:244::/56, fd00:10:244:100::/64, false",
    "::/0, 10.0.0.0/8, false",
    "0.0.0.0/0, fd00::/64, false",
  })
  void knowsWhatIsInside(String outer, String inner, boolean inside) {
    assertThat(Cidr.parse(outer).orElseThrow().contains(Cidr.parse(inner).orElseThrow()))
        .isEqualTo(inside);
  }

  @Test
  void countsItsAddresses() {
    assertThat(Cidr.parse("10.1.2.0/24").orElseThrow().address(255)).isEqualTo("10.1.2.255");
    assertThat(Cidr.parse("fd00:1::/64").orElseThrow().address(0x10002)).isEqualTo("fd00:1::1:2");
    assertThat(Cidr.number("::1")).contains(BigInteger.ONE);
    assertThat(Cidr.split(" 10.0.0.0/8, fd00::/8 ,")).containsExactly("10.0.0.0/8", "fd00::/8");
  }
}
