package dev.coracle.coredns;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.net.Cidr;
import dev.coracle.api.net.IpFamily;
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
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.ReverseMap;
import org.xbill.DNS.SRVRecord;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.Type;

/** The whole server over real sockets, against the names of the Kubernetes DNS specification. */
class DnsServerTest {

  private final Vertx vertx = Vertx.vertx();
  private final FakeClient client = new FakeClient();
  private final DnsServer server =
      new DnsServer(
          vertx,
          client,
          new DnsOptions(
              "127.0.0.1", 0, "cluster.local", "127.0.0.1", "10.96.0.10", List.of("127.0.0.1"), 5),
          new SimpleMeterRegistry());

  @BeforeEach
  void start() throws Exception {
    client.put(
        Resources.NAMESPACES,
        KubeObject.create(new GroupVersionKind("", "v1", "Namespace"), "", "shop", n -> {}));
    client.put(Resources.SERVICES, service("web", "10.96.1.1"));
    client.put(Resources.SERVICES, service("db", "None"));
    client.put(
        Resources.SERVICES,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Service","metadata":{"name":"alias","namespace":"shop"},
             "spec":{"type":"ExternalName","externalName":"web.shop.svc.cluster.local"}}\
            """));
    client.put(
        Resources.ENDPOINT_SLICES,
        KubeObject.parse(
            """
            {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","addressType":"IPv4",
             "metadata":{"name":"db-1","namespace":"shop",
               "labels":{"kubernetes.io/service-name":"db"}},
             "ports":[{"name":"sql","protocol":"TCP","port":5432}],
             "endpoints":[
               {"addresses":["10.244.0.5"],"hostname":"db-0","conditions":{"ready":true}},
               {"addresses":["10.244.0.6"],"conditions":{"ready":true}},
               {"addresses":["10.244.0.7"],"conditions":{"ready":false}}]}\
            """));
    server.start().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  @AfterEach
  void stop() throws Exception {
    server.stop().toCompletableFuture().get(10, TimeUnit.SECONDS);
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  @Test
  void aServiceAnswersWithItsClusterIp() throws Exception {
    assertThat(texts(ask("web.shop.svc.cluster.local.", Type.A))).containsExactly("10.96.1.1");
    assertThat(texts(ask("WEB.shop.svc.cluster.local.", Type.A))).containsExactly("10.96.1.1");
  }

  @Test
  void aMissingAddressFamilyIsEmptyButNotMissing() throws Exception {
    Message answer = ask("web.shop.svc.cluster.local.", Type.AAAA);
    assertThat(answer.getRcode()).isEqualTo(Rcode.NOERROR);
    assertThat(answer.getSection(Section.ANSWER)).isEmpty();
    assertThat(answer.getSection(Section.AUTHORITY)).hasSize(1);
  }

  @Test
  void aServiceOfBothFamiliesAnswersWithEach() throws Exception {
    client.put(
        Resources.SERVICES,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Service","metadata":{"name":"both","namespace":"shop"},
             "spec":{"clusterIP":"10.96.1.2","clusterIPs":["10.96.1.2","fd00:10:96::1:2"],
               "ipFamilies":["IPv4","IPv6"],"ports":[{"name":"http","port":80}]}}\
            """));
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() ->
            assertThat(texts(ask("both.shop.svc.cluster.local.", Type.A)))
                .containsExactly("10.96.1.2"));
    assertThat(addresses(ask("both.shop.svc.cluster.local.", Type.AAAA)))
        .containsExactly("fd00:10:96::1:2");
    assertThat(
            ask("_http._tcp.both.shop.svc.cluster.local.", Type.SRV).getSection(Section.ADDITIONAL))
        .extracting(Record::getType)
        .contains(Type.A, Type.AAAA);
    for (String address : List.of("10.96.1.2", "fd00:10:96::1:2")) {
      assertThat(texts(ask(ReverseMap.fromAddress(address).toString(), Type.PTR)))
          .as(address)
          .containsExactly("both.shop.svc.cluster.local.");
    }
  }

  @Test
  void aHeadlessServiceAnswersWithTheEndpointsOfEachFamilysSlices() throws Exception {
    client.put(
        Resources.ENDPOINT_SLICES,
        KubeObject.parse(
            """
            {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","addressType":"IPv6",
             "metadata":{"name":"db-2","namespace":"shop",
               "labels":{"kubernetes.io/service-name":"db"}},
             "ports":[{"name":"sql","protocol":"TCP","port":5432}],
             "endpoints":[
               {"addresses":["fd00:10:244::5"],"hostname":"db-0","conditions":{"ready":true}},
               {"addresses":["FD00:10:244:0:0:0:0:6"],"conditions":{"ready":true}}]}\
            """));
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() ->
            assertThat(addresses(ask("db.shop.svc.cluster.local.", Type.AAAA)))
                .containsExactlyInAnyOrder("fd00:10:244::5", "fd00:10:244::6"));
    assertThat(texts(ask("db.shop.svc.cluster.local.", Type.A)))
        .containsExactlyInAnyOrder("10.244.0.5", "10.244.0.6");
    assertThat(addresses(ask("db-0.db.shop.svc.cluster.local.", Type.AAAA)))
        .containsExactly("fd00:10:244::5");
    assertThat(addresses(ask("fd00-10-244--5.shop.pod.cluster.local.", Type.AAAA)))
        .containsExactly("fd00:10:244::5");
    assertThat(texts(ask(ReverseMap.fromAddress("fd00:10:244::5").toString(), Type.PTR)))
        .containsExactly("db-0.db.shop.svc.cluster.local.");
    assertThat(ask(ReverseMap.fromAddress("fd00:10:244::6").toString(), Type.PTR).getRcode())
        .isEqualTo(Rcode.NOERROR);
  }

  @Test
  void anUnknownEdnsVersionIsBadVersionAndGetsNoAnswer() throws Exception {
    Message query = query("web.shop.svc.cluster.local.", Type.A);
    query.addRecord(new OPTRecord(1232, 0, 1), Section.ADDITIONAL);
    Message answer = resolver().send(query);
    assertThat(answer.getRcode()).isEqualTo(Rcode.BADVERS);
    assertThat(answer.getSection(Section.ANSWER)).isEmpty();
    assertThat(answer.getOPT().getVersion()).isZero();
  }

  @Test
  void whatDoesNotExistIsNxdomain() throws Exception {
    assertThat(ask("nothing.shop.svc.cluster.local.", Type.A).getRcode()).isEqualTo(Rcode.NXDOMAIN);
    assertThat(ask("web.elsewhere.svc.cluster.local.", Type.A).getRcode())
        .isEqualTo(Rcode.NXDOMAIN);
    assertThat(ask("shop.svc.cluster.local.", Type.A).getRcode()).isEqualTo(Rcode.NOERROR);
  }

  @Test
  void aHeadlessServiceAnswersWithItsReadyEndpoints() throws Exception {
    assertThat(texts(ask("db.shop.svc.cluster.local.", Type.A)))
        .containsExactlyInAnyOrder("10.244.0.5", "10.244.0.6");
    assertThat(texts(ask("db-0.db.shop.svc.cluster.local.", Type.A))).containsExactly("10.244.0.5");
    assertThat(texts(ask("10-244-0-6.db.shop.svc.cluster.local.", Type.A)))
        .containsExactly("10.244.0.6");
  }

  @Test
  void namedPortsHaveServiceRecords() throws Exception {
    Message answer = ask("_http._tcp.web.shop.svc.cluster.local.", Type.SRV);
    SRVRecord srv = (SRVRecord) answer.getSection(Section.ANSWER).getFirst();
    assertThat(srv.getPort()).isEqualTo(80);
    assertThat(srv.getTarget()).hasToString("web.shop.svc.cluster.local.");
    assertThat(answer.getSection(Section.ADDITIONAL)).anyMatch(r -> r.getType() == Type.A);
    assertThat(ask("_sql._tcp.db.shop.svc.cluster.local.", Type.SRV).getSection(Section.ANSWER))
        .hasSize(2);
    assertThat(ask("_none._tcp.web.shop.svc.cluster.local.", Type.SRV).getRcode())
        .isEqualTo(Rcode.NXDOMAIN);
  }

  @Test
  void anExternalNameIsAnAliasAndItsTargetIsFollowed() throws Exception {
    Message answer = ask("alias.shop.svc.cluster.local.", Type.A);
    assertThat(answer.getSection(Section.ANSWER)).hasSize(2);
    assertThat(answer.getSection(Section.ANSWER).getLast().rdataToString()).isEqualTo("10.96.1.1");
  }

  private static KubeObject alias(String name, String target) {
    return KubeObject.parse(
        """
        {"apiVersion":"v1","kind":"Service","metadata":{"name":"%s","namespace":"shop"},
         "spec":{"type":"ExternalName","externalName":"%s.shop.svc.cluster.local"}}\
        """
            .formatted(name, target));
  }

  @Test
  void anAliasOfAnAliasIsFollowedToItsEndAndALoopHasOne() throws Exception {
    client.put(Resources.SERVICES, alias("second", "alias"));
    client.put(Resources.SERVICES, alias("there", "back"));
    client.put(Resources.SERVICES, alias("back", "there"));
    client.put(Resources.SERVICES, alias("third", "second"));
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() ->
            assertThat(texts(ask("third.shop.svc.cluster.local.", Type.A)))
                .containsExactly(
                    "second.shop.svc.cluster.local.",
                    "alias.shop.svc.cluster.local.",
                    "web.shop.svc.cluster.local.",
                    "10.96.1.1"));
    Message loop = ask("there.shop.svc.cluster.local.", Type.A);
    assertThat(loop.getRcode()).isEqualTo(Rcode.NOERROR);
    assertThat(texts(loop)).hasSizeLessThan(10).startsWith("back.shop.svc.cluster.local.");
  }

  @Test
  void addressesHaveNames() throws Exception {
    assertThat(texts(ask(ReverseMap.fromAddress("10.96.1.1").toString(), Type.PTR)))
        .containsExactly("web.shop.svc.cluster.local.");
    assertThat(texts(ask(ReverseMap.fromAddress("10.244.0.5").toString(), Type.PTR)))
        .containsExactly("db-0.db.shop.svc.cluster.local.");
  }

  @Test
  void podNamesHoldTheirAddress() throws Exception {
    assertThat(texts(ask("10-244-0-9.shop.pod.cluster.local.", Type.A)))
        .containsExactly("10.244.0.9");
    assertThat(texts(ask("dns-version.cluster.local.", Type.TXT))).containsExactly("1.1.0");
  }

  @Test
  void changesAreAnsweredAtOnce() {
    client.put(Resources.SERVICES, service("late", "10.96.7.7"));
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() ->
            assertThat(texts(ask("late.shop.svc.cluster.local.", Type.A)))
                .containsExactly("10.96.7.7"));
  }

  @Test
  void tcpAnswersTheSame() throws Exception {
    SimpleResolver resolver = resolver();
    resolver.setTCP(true);
    Message answer = resolver.send(query("web.shop.svc.cluster.local.", Type.A));
    assertThat(texts(answer)).containsExactly("10.96.1.1");
  }

  @Test
  void theServerPublishesItself() {
    assertThat(client.peek(Resources.SERVICES, "kube-system", "kube-dns")).isNotNull();
    KubeObject slice = client.peek(Resources.ENDPOINT_SLICES, "kube-system", "kube-dns");
    assertThat(slice).isNotNull();
    assertThat(slice.at("ports").path(0).path("port").asInt()).isEqualTo(server.port());
  }

  private static KubeObject service(String name, String clusterIp) {
    return KubeObject.parse(
        """
        {"apiVersion":"v1","kind":"Service","metadata":{"name":"%s","namespace":"shop"},
         "spec":{"clusterIP":"%s","ports":[{"name":"http","protocol":"TCP","port":80}]}}\
        """
            .formatted(name, clusterIp));
  }

  private Message ask(String name, int type) throws Exception {
    return resolver().send(query(name, type));
  }

  private static Message query(String name, int type) throws Exception {
    return Message.newQuery(Record.newRecord(Name.fromString(name), type, DClass.IN));
  }

  private SimpleResolver resolver() throws Exception {
    SimpleResolver resolver =
        new SimpleResolver(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
    resolver.setTimeout(Duration.ofSeconds(5));
    return resolver;
  }

  /** As people write them. */
  private static List<String> addresses(Message answer) {
    return texts(answer).stream()
        .map(text -> Cidr.text(IpFamily.of(text), Cidr.number(text).orElseThrow()))
        .toList();
  }

  private static List<String> texts(Message answer) {
    return answer.getSection(Section.ANSWER).stream().map(Record::rdataToString).toList();
  }
}
