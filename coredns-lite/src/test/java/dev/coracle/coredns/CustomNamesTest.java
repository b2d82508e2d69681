package dev.coracle.coredns;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.client.fake.FakeClient;
import dev.coracle.coredns.config.DnsOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.ReverseMap;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.Type;

/**
 * Users' own zones, as "Customizing DNS Service" has them. The server that is asked for them is one
 * more of this kind, of another domain.
 */
class CustomNamesTest {

  private final Vertx vertx = Vertx.vertx();
  private final FakeClient client = new FakeClient();
  private final DnsServer server = server(client, "cluster.local");
  private final DnsServer other = server(new FakeClient(), "consul.local");

  private DnsServer server(FakeClient api, String domain) {
    return new DnsServer(
        vertx,
        api,
        new DnsOptions("127.0.0.1", 0, domain, "127.0.0.1", "10.96.0.10", List.of("127.0.0.1"), 5),
        new SimpleMeterRegistry());
  }

  @BeforeEach
  void start() throws Exception {
    client.put(
        Resources.NAMESPACES,
        KubeObject.create(new GroupVersionKind("", "v1", "Namespace"), "", "shop", n -> {}));
    server.start().toCompletableFuture().get(10, TimeUnit.SECONDS);
    other.start().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  @AfterEach
  void stop() throws Exception {
    server.stop().toCompletableFuture().get(10, TimeUnit.SECONDS);
    other.stop().toCompletableFuture().get(10, TimeUnit.SECONDS);
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private void configure(String corefile) {
    client.change(
        Resources.CONFIG_MAPS,
        "kube-system",
        "coredns",
        map -> map.putObject("data").put("Corefile", corefile));
  }

  private Message ask(String name, int type) throws Exception {
    SimpleResolver resolver =
        new SimpleResolver(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
    resolver.setTimeout(Duration.ofSeconds(10));
    return resolver.send(
        Message.newQuery(Record.newRecord(Name.fromString(name), type, DClass.IN)));
  }

  private static List<String> texts(Message answer) {
    return answer.getSection(Section.ANSWER).stream().map(Record::rdataToString).toList();
  }

  private void eventually(String name, int type, String... answers) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(texts(ask(name, type))).containsExactly(answers));
  }

  @Test
  void aStubDomainIsAskedOfItsOwnServer() throws Exception {
    configure(
        """
        .:53 {
            errors
            forward . 127.0.0.1
        }
        consul.local:53 {
            errors
            cache 30
            forward . 127.0.0.1:%d
        }
        """
            .formatted(other.port()));
    eventually("dns-version.consul.local.", Type.TXT, "1.1.0");
    assertThat(texts(ask("10-1-2-3.shop.pod.cluster.local.", Type.A))).containsExactly("10.1.2.3");
  }

  @Test
  void allOtherNamesAreAskedOfTheServersThatTheRootNames() {
    configure(".:53 {\n  forward . 127.0.0.1:%d\n}\n".formatted(other.port()));
    eventually("dns-version.consul.local.", Type.TXT, "1.1.0");
  }

  @Test
  void hostsAreAnsweredHere() throws Exception {
    configure(
        """
        .:53 {
            hosts {
              192.0.2.7 legacy.example.test legacy
              2001:db8::7 legacy.example.test
              ttl 60
              fallthrough
            }
            forward . 127.0.0.1:%d
        }
        """
            .formatted(other.port()));
    eventually("legacy.example.test.", Type.A, "192.0.2.7");
    Message answer = ask("LEGACY.example.test.", Type.AAAA);
    assertThat(texts(answer)).containsExactly("2001:db8:0:0:0:0:0:7");
    assertThat(answer.getSection(Section.ANSWER).getFirst().getTTL()).isEqualTo(60);
    assertThat(ask("legacy.example.test.", Type.TXT).getRcode()).isEqualTo(Rcode.NOERROR);
    assertThat(texts(ask(ReverseMap.fromAddress("192.0.2.7").toString(), Type.PTR)))
        .containsExactlyInAnyOrder("legacy.example.test.", "legacy.");
    assertThat(texts(ask("dns-version.consul.local.", Type.TXT))).containsExactly("1.1.0");
    assertThat(texts(ask("10-1-2-3.shop.pod.cluster.local.", Type.A))).containsExactly("10.1.2.3");
  }

  @Test
  void whatCannotBeReadChangesNothing() throws Exception {
    configure(".:53 {\n  hosts {\n    192.0.2.7 one.test\n    fallthrough\n  }\n}\n");
    eventually("one.test.", Type.A, "192.0.2.7");
    configure(".:53 {\n  hosts {\n    192.0.2.8 one.test\n");
    configure(".:53 {\n  hosts {\n    192.0.2.9 two.test\n    fallthrough\n  }\n}\n");
    eventually("two.test.", Type.A, "192.0.2.9");
  }

  @Test
  void thereIsOneToBeginWith() {
    KubeObject map = client.peek(Resources.CONFIG_MAPS, "kube-system", "coredns");
    assertThat(map).isNotNull();
    assertThat(map.text("data", "Corefile"))
        .contains(".:53 {", "kubernetes cluster.local", "forward . /etc/resolv.conf");
  }
}
