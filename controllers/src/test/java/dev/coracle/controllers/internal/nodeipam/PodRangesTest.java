package dev.coracle.controllers.internal.nodeipam;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodRangesTest {

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  @Test
  void itIsMeasuredHowMuchIsGiven() {
    PodRanges ranges = new PodRanges("10.0.0.0/22", 24, registry);
    ranges.take(ranges.choose("a").orElseThrow(), "a");
    ranges.take(ranges.choose("b").orElseThrow(), "b");
    assertThat(registry.get("node_ipam_controller_cidrset_usage_cidrs").gauge().value())
        .isEqualTo(0.5);
    assertThat(registry.get("node_ipam_controller_cirdset_max_cidrs").gauge().value()).isEqualTo(4);
    ranges.release("a");
    assertThat(registry.get("node_ipam_controller_cidrset_usage_cidrs").gauge().value())
        .isEqualTo(0.25);
    assertThat(
            registry
                .get("node_ipam_controller_cidrset_cidrs_allocations_total")
                .tag("clusterCIDR", "10.0.0.0/22")
                .counter()
                .count())
        .isEqualTo(2);
    assertThat(registry.get("node_ipam_controller_cidrset_cidrs_releases_total").counter().count())
        .isEqualTo(1);
    assertThat(
            registry
                .get("node_ipam_controller_cidrset_allocation_tries_per_request")
                .summary()
                .totalAmount())
        .isEqualTo(3);
  }

  @ParameterizedTest(name = "part {2} of {0}, each /{1}, is {3}")
  @CsvSource(
      textBlock =
          """
          10.244.0.0/16, 24, 0, 10.244.0.0/24
          10.244.7.9/16, 24, 255, 10.244.255.0/24
          240.0.0.0/8, 24, 1, 240.0.1.0/24
          10.244.0.0/26, 24, 0, 10.244.0.0/26
          fd00:10:244::/48, 64, 0, fd00:10:244::/64
          fd00:10:244::/48, 64, 65535, fd00:10:244:ffff::/64
          fd00:10:244::/56, 64, 17, fd00:10:244:11::/64
          ffff::/112, 120, 255, ffff::ff00/120
          ::/112, 120, 1, ::100/120
          """)
  void partsFollowEachOther(String cidr, int part, int index, String expected) {
    PodRanges ranges = new PodRanges(cidr, part, registry);
    assertThat(ranges.size()).isGreaterThan(Math.min(index, 254));
    assertThat(ranges.get(index)).isEqualTo(expected);
  }

  @ParameterizedTest(name = "with {2} in use, the next of {0} is {3}")
  @CsvSource(
      textBlock =
          """
          10.244.0.0/16, 24, 10.244.0.0/24, 10.244.1.0/24
          10.244.0.0/16, 24, 10.244.0.0/22, 10.244.4.0/24
          10.244.0.0/16, 24, 10.244.0.64/26, 10.244.1.0/24
          10.244.0.0/16, 24, 10.0.0.0/8, ''
          10.244.0.0/16, 24, 10.245.0.0/24, 10.244.0.0/24
          10.244.0.0/16, 24, 10.243.0.0/24, 10.244.0.0/24
          10.244.0.0/16, 24, fd00::/64, 10.244.0.0/24
          10.244.0.0/16, 24, '', 10.244.0.0/24
          fd00::/56, 64, fd00::/64, fd00:0:0:1::/64
          fd00::/56, 64, fd00::/62, fd00:0:0:4::/64
          fd00::/56, 64, 10.244.0.0/24, fd00::/64
          """)
  void whatNodesHaveIsNotGivenAgain(String cidr, int part, String occupied, String next) {
    PodRanges ranges = new PodRanges(cidr, part, registry);
    ranges.occupy(occupied, "a");
    assertThat(ranges.choose("b").stream().mapToObj(ranges::get).findFirst().orElse(""))
        .isEqualTo(next);
  }

  @Test
  void aNodeThatGoesGivesItsPartBack() {
    PodRanges ranges = new PodRanges("fd00::/63", 64, registry);
    ranges.take(0, "a");
    ranges.take(1, "b");
    assertThat(ranges.choose("c")).isEmpty();
    assertThat(ranges.choose("a")).hasValue(0);
    ranges.release("b");
    assertThat(ranges.choose("c")).hasValue(1);
  }
}
