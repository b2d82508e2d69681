package dev.coracle.apiserver.internal.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.net.IpFamily;
import dev.coracle.apiserver.config.ApiServerOptions.Services;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What holds of ranges of either family and any size. */
class ServicePoolsTest {

  private static final long SEED = 0x5eed;

  private static ServicePools pools(String... cidrs) {
    return new ServicePools(Services.in(cidrs), new Random(SEED));
  }

  @ParameterizedTest(name = "{0} gives {2} addresses")
  @CsvSource(
      textBlock =
          """
          10.9.0.0/29, IPv4, 6
          10.9.0.0/26, IPv4, 62
          10.9.0.0/22, IPv4, 1022
          fd00::/125, IPv6, 7
          fd00::/122, IPv6, 63
          fd00::/118, IPv6, 1023
          """)
  void givesEveryAddressOnce(String cidr, String family, int count) {
    ServicePools pools = pools(cidr);
    IpFamily of = IpFamily.named(family).orElseThrow();
    Set<String> given = new HashSet<>();
    for (int i = 0; i < count; i++) {
      String ip = pools.takeAnyAddress(of);
      assertThat(pools.inRange(ip)).as(ip).isTrue();
      assertThat(given.add(ip)).as(ip).isTrue();
    }
    assertThat(pools.takeAnyAddress(of)).isEmpty();
    assertThat(pools.takeAnyAddress(of.other())).isEmpty();
    String freed = given.iterator().next();
    pools.releaseAddress(freed);
    assertThat(pools.takeAnyAddress(of)).isEqualTo(freed);
  }

  @ParameterizedTest
  @CsvSource({"10.9.0.0/24, IPv4, 10.9.0.16", "fd00::/64, IPv6, fd00::100"})
  void leavesTheLowestToThoseWhoNameThem(String cidr, String family, String last) {
    ServicePools pools = pools(cidr);
    AddressRange range = AddressRange.parse(cidr);
    long band = range.offset(last).orElseThrow();
    for (int i = 0; i < 100; i++) {
      String ip = pools.takeAnyAddress(IpFamily.named(family).orElseThrow());
      assertThat(range.offset(ip).orElseThrow()).as(ip).matches(n -> n < 0 || n > band);
    }
    assertThat(pools.takeAddress(last)).isTrue();
    assertThat(pools.takeAddress(last)).isFalse();
  }

  @Test
  void offersAllOfALargeRangeButItsFirstAddress() {
    ServicePools pools = pools("10.96.0.0/16", "fd00::/64");
    assertThat(pools.first()).isEqualTo("10.96.0.1");
    assertThat(pools.families()).containsExactly(IpFamily.IPv4, IpFamily.IPv6);
    assertThat(pools.offers("fd00::ffff:ffff:ffff:ffff")).isTrue();
    assertThat(pools.takeAddress("FD00:0::ffff:ffff:ffff:ffff")).isTrue();
    assertThat(pools.takeAddress("fd00::ffff:ffff:ffff:ffff")).isFalse();
    assertThat(pools.offers("fd00::")).isFalse();
    assertThat(pools.offers("10.96.0.0")).isFalse();
    assertThat(pools.offers("10.96.255.255")).isFalse();
  }

  @Test
  void furtherRangesGiveWhenTheOwnOneOfTheirFamilyIsFull() {
    ServicePools pools = pools("10.9.0.0/30", "fd00::/126");
    for (int i = 0; i < 3; i++) {
      assertThat(pools.takeAnyAddress(IpFamily.IPv6)).startsWith("fd00::");
    }
    assertThat(pools.takeAnyAddress(IpFamily.IPv6)).isEmpty();
    AddressRange more = AddressRange.parse("fd01::/112");
    pools.ranges(List.of(more), List.of(), List.of("fd01::9"));
    assertThat(pools.takeAnyAddress(IpFamily.IPv6)).startsWith("fd01::");
    assertThat(pools.takeAddress("fd01::9")).isFalse();
    assertThat(pools.takeAnyAddress(IpFamily.IPv4)).startsWith("10.9.0.");

    ServicePools four = pools("10.9.0.0/30");
    four.ranges(List.of(more), List.of(), List.of());
    assertThat(four.offers("fd01::5")).isFalse();
  }

  @Test
  void twoRangesOfOneFamilyAreRefused() {
    assertThatThrownBy(() -> pools("10.9.0.0/24", "10.8.0.0/24"))
        .hasMessageContaining("one of each family");
    assertThatThrownBy(ServicePoolsTest::pools).isInstanceOf(IllegalArgumentException.class);
  }
}
