package dev.coracle.coredns.internal.corefile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xbill.DNS.Name;

/** What is read of a Corefile, and what is refused. */
class CorefileReaderTest {

  private static final InetSocketAddress NODES =
      new InetSocketAddress(InetAddress.ofLiteral("192.0.2.53"), 53);

  private static NameSettings read(String text) throws CorefileException {
    return new CorefileReader(List.of(NODES)).read(text);
  }

  private static List<String> servers(NameSettings settings, String name) throws Exception {
    return settings.zoneOf(Name.fromString(name)).servers().stream()
        .map(s -> s.getAddress().getHostAddress() + " " + s.getPort())
        .toList();
  }

  @Test
  void theExampleOfTheDocumentation() throws Exception {
    NameSettings settings =
        read(
            """
            .:53 {
                errors
                health {
                   lameduck 5s
                }
                ready
                kubernetes cluster.local in-addr.arpa ip6.arpa {
                    pods insecure
                    fallthrough in-addr.arpa ip6.arpa
                    ttl 30
                }
                prometheus :9153
                forward . 172.16.0.1   # instead of /etc/resolv.conf
                cache 30
                loop
                reload
                loadbalance
            }
            consul.local:53 {
                errors
                cache 30
                forward . 10.150.0.1
            }
            """);
    assertThat(servers(settings, "example.com.")).containsExactly("172.16.0.1 53");
    assertThat(servers(settings, "a.b.consul.local.")).containsExactly("10.150.0.1 53");
    assertThat(settings.remarks()).isEmpty();
  }

  @Test
  void theLongestZoneHasTheName() throws Exception {
    NameSettings settings =
        read(
            """
            example.com, example.org {
              forward . 192.0.2.1 192.0.2.2:5353 {
                max_concurrent 1000
              }
            }
            b.example.com {
              forward . [2001:db8::1]:54 2001:db8::2 dns://192.0.2.3
            }
            """);
    assertThat(servers(settings, "x.example.org."))
        .containsExactly("192.0.2.1 53", "192.0.2.2 5353");
    assertThat(servers(settings, "X.B.Example.COM."))
        .containsExactly("2001:db8:0:0:0:0:0:1 54", "2001:db8:0:0:0:0:0:2 53", "192.0.2.3 53");
    assertThat(servers(settings, "other.test.")).as("no block").containsExactly("192.0.2.53 53");
  }

  @Test
  void whatIsNotKnownIsRemarked() throws Exception {
    assertThat(
            read("""
            . {
              rewrite name a.test b.test
              forward . /etc/resolv.conf
            }
            """)
                .remarks())
        .containsExactly("line 2: 'rewrite' is not known here and does nothing");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "errors | Corefile:1: expected '{' behind the zones of a block",
        ". {_errors | Corefile:1: its '{' is never closed",
        ". {_}_ } | Corefile:3: expected '{' behind the zones of a block",
        ". {_forward .__} | Corefile:2: forward needs a zone and a server",
        ". {_forward . tls://9.9.9.9_} | Corefile:2: 'tls://9.9.9.9' is no server of plain DNS: an address, or address:port",
        ". {_forward . ns.example.com_} | Corefile:2: 'ns.example.com' is no server of plain DNS: an address, or address:port",
        ". {_hosts {_one.test 192.0.2.1_}_} | Corefile:3: 'one.test' is no address",
        ". {_hosts {_ttl soon_}_} | Corefile:3: ttl needs a number of seconds",
        ".:5353 {_} | Corefile:1: the block .:5353 is of another port than 53",
        "tls://. {_} | Corefile:1: the block tls://. is not of plain DNS",
        ". {_}_. {_} | Corefile:1: there are two blocks of the zone .",
        ". {_a {_b {_c {_d {_}_}_}_}_} | Corefile:5: too many braces within one another",
        "a..b {_} | Corefile:1: 'a..b' is no name",
      })
  void whatCannotBeMeantIsRefused(String text, String why) {
    assertThatThrownBy(() -> read(text.replace('_', '\n')))
        .isInstanceOf(CorefileException.class)
        .hasMessageStartingWith(why);
  }
}
