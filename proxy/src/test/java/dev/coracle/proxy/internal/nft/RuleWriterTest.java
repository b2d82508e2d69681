package dev.coracle.proxy.internal.nft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.net.IpFamily;
import dev.coracle.proxy.internal.ServicePort;
import dev.coracle.proxy.internal.ServicePort.Endpoint;
import dev.coracle.proxy.internal.ServicePort.Outside;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The words for one port in each family. */
class RuleWriterTest {

  private static final List<String> PODS = List.of("10.99.0.0/24", "fd00:99::/64");

  private static ServicePort port(IpFamily family, String address, String... endpoints) {
    List<Endpoint> all = List.of(endpoints).stream().map(e -> new Endpoint(e, 8080)).toList();
    return new ServicePort(
        "shop/web:http",
        family,
        "tcp",
        List.of(address),
        80,
        all,
        all,
        Outside.nodePort(30080, all),
        0);
  }

  private static String named(String script) {
    return script
        .replace(EndpointRules.chain("svc", "shop/web:http"), "SVC")
        .replace(EndpointRules.chain("ext", "shop/web:http"), "EXT");
  }

  @Test
  void ofIpv4() {
    RuleWriter writer = new RuleWriter("t", Family.IPV4, PODS, false);
    ServicePort port = port(IpFamily.IPv4, "10.96.0.5", "10.99.0.2", "10.99.0.3");
    assertThat(named(writer.add(port)))
        .isEqualTo(
            """
            add chain ip t SVC
            add rule ip t SVC ip saddr != 10.99.0.0/24 fib saddr type != local meta mark set meta mark or 0x4000
            add rule ip t SVC meta l4proto tcp dnat ip to numgen random mod 2 map { 0 : 10.99.0.2 . 8080, 1 : 10.99.0.3 . 8080 }
            add chain ip t EXT
            add rule ip t EXT meta mark set meta mark or 0x4000
            add rule ip t EXT meta l4proto tcp dnat ip to numgen random mod 2 map { 0 : 10.99.0.2 . 8080, 1 : 10.99.0.3 . 8080 }
            add element ip t service_ips { 10.96.0.5 . tcp . 80 : goto SVC }
            add element ip t service_nodeports { tcp . 30080 : goto EXT }
            add element ip t hairpin { 10.99.0.2 . 10.99.0.2 }
            add element ip t hairpin { 10.99.0.3 . 10.99.0.3 }
            """);
  }

  @Test
  void ofIpv6() {
    RuleWriter writer = new RuleWriter("t", Family.IPV6, PODS, false);
    ServicePort port = port(IpFamily.IPv6, "fd00:96::5", "fd00:99::2");
    assertThat(named(writer.add(port)))
        .isEqualTo(
            """
            add chain ip6 t SVC
            add rule ip6 t SVC ip6 saddr != fd00:99::/64 fib saddr type != local meta mark set meta mark or 0x4000
            add rule ip6 t SVC meta l4proto tcp dnat to [fd00:99::2]:8080
            add chain ip6 t EXT
            add rule ip6 t EXT meta mark set meta mark or 0x4000
            add rule ip6 t EXT meta l4proto tcp dnat to [fd00:99::2]:8080
            add element ip6 t service_ips { fd00:96::5 . tcp . 80 : goto SVC }
            add element ip6 t service_nodeports { tcp . 30080 : goto EXT }
            add element ip6 t hairpin { fd00:99::2 . fd00:99::2 }
            """);
    assertThat(named(writer.remove(port)))
        .isEqualTo(
            """
            delete element ip6 t service_ips { fd00:96::5 . tcp . 80 : goto SVC }
            delete element ip6 t service_nodeports { tcp . 30080 : goto EXT }
            flush chain ip6 t EXT
            delete chain ip6 t EXT
            flush chain ip6 t SVC
            delete chain ip6 t SVC
            """);
    assertThat(writer.createTable())
        .startsWith("add table ip6 t\ndelete table ip6 t\ntable ip6 t {")
        .contains("ip6 daddr != ::1")
        .doesNotContain("ipv4_addr", "ip daddr", "ip saddr");
  }
}
