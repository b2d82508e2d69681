package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.launcher.UserErrorException;
import dev.coracle.launcher.config.CoracleOptions;
import dev.coracle.launcher.config.NetworkRanges;
import dev.coracle.launcher.config.NodeOptions;
import dev.coracle.testkit.TestCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A cluster with ranges of both families, without a node of its own: what its control plane gives
 * to nodes, Services and their endpoints (KEP-563).
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DualStackServiceIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final GroupVersionResource ADDRESSES =
      new GroupVersionResource("networking.k8s.io", "v1", "ipaddresses");

  private TestCluster cluster;
  private Client client;

  private static CoracleOptions options(Path directory, String pods, String services) {
    return CoracleOptions.onFreePorts(directory)
        .withNetworks(NetworkRanges.of(pods, services))
        .withNode(NodeOptions.NO_NODE);
  }

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    cluster =
        TestCluster.start(
            options(
                directory.resolve("data"),
                "10.241.0.0/16,fd00:10:241::/56",
                "10.91.0.0/16,fd00:10:91::/112"));
    client = cluster.client();
  }

  @AfterAll
  void stop() throws Exception {
    if (cluster != null) {
      cluster.close();
    }
  }

  private KubeObject create(GroupVersionResource resource, String json) {
    KubeObject object = KubeObject.of(Json.parseObject(json.replace('\'', '"')));
    return client
        .create(resource, object.namespace(), object, WriteOptions.NONE)
        .await()
        .atMost(SOON);
  }

  private KubeObject service(String name, String spec) {
    return create(
        Resources.SERVICES,
        "{'apiVersion':'v1','kind':'Service','metadata':{'namespace':'default','name':'"
            + name
            + "'},'spec':{'selector':{'app':'"
            + name
            + "'},'ports':[{'port':80}],"
            + spec
            + "}}");
  }

  /** Nobody runs it, so that its addresses are what is said here. */
  private void pod(String name, String app, String... ips) {
    create(
        Resources.PODS,
        "{'apiVersion':'v1','kind':'Pod','metadata':{'namespace':'default','name':'"
            + name
            + "','labels':{'app':'"
            + app
            + "'}},'spec':{'schedulerName':'nobody','containers':[{'name':'c','image':'i'}]}}");
    Patch status =
        Patch.merge(body -> {
          var of = body.putObject("status").put("phase", "Running").put("podIP", ips[0]);
          for (String ip : ips) {
            of.withArrayProperty("podIPs").addObject().put("ip", ip);
          }
          of.putArray("conditions").addObject().put("type", "Ready").put("status", "True");
        });
    client
        .patch(Resources.PODS, "default", name, status, "status", WriteOptions.NONE)
        .await()
        .atMost(SOON);
  }

  private static List<String> texts(JsonNode list) {
    List<String> out = new ArrayList<>();
    list.forEach(text -> out.add(text.asText()));
    return out;
  }

  private KubeObject get(GroupVersionResource resource, String namespace, String name) {
    return client.get(resource, namespace, name).await().atMost(SOON);
  }

  private List<KubeObject> list(GroupVersionResource resource, String namespace) {
    return client.list(resource, namespace, ListOptions.ALL).await().atMost(SOON).items();
  }

  private Map<String, List<String>> slices(String service) {
    Map<String, List<String>> out = new TreeMap<>();
    for (KubeObject slice : list(Resources.ENDPOINT_SLICES, "default")) {
      if (service.equals(slice.labels().get("kubernetes.io/service-name"))) {
        List<String> of = out.computeIfAbsent(slice.text("addressType"), _ -> new ArrayList<>());
        slice.at("endpoints").forEach(e -> of.addAll(texts(e.path("addresses"))));
      }
    }
    return out;
  }

  @Test
  void nodesGetARangeOfEachFamily() {
    for (String name : List.of("made-0", "made-1")) {
      create(
          Resources.NODES, "{'apiVersion':'v1','kind':'Node','metadata':{'name':'" + name + "'}}");
    }
    await()
        .atMost(SOON)
        .untilAsserted(() -> {
          List<KubeObject> nodes = list(Resources.NODES, "");
          assertThat(nodes).hasSize(2);
          assertThat(nodes)
              .allSatisfy(node -> {
                List<String> cidrs = texts(node.at("spec", "podCIDRs"));
                assertThat(cidrs).hasSize(2);
                assertThat(cidrs.get(0)).isEqualTo(node.text("spec", "podCIDR"));
                assertThat(cidrs.get(0)).matches("10\\.241\\.[01]\\.0/24");
                assertThat(cidrs.get(1)).matches("fd00:10:241(:1)?::/64");
              });
        });
  }

  @Test
  void theClustersOwnServicesHaveThePrimaryFamily() {
    KubeObject own = get(Resources.SERVICES, "default", "kubernetes");
    assertThat(texts(own.at("spec", "clusterIPs"))).containsExactly("10.91.0.1");
    assertThat(slices("kubernetes")).containsOnlyKeys("IPv4");
    KubeObject dns = get(Resources.SERVICES, "kube-system", "kube-dns");
    assertThat(texts(dns.at("spec", "clusterIPs"))).containsExactly("10.91.0.10");
    assertThat(dns.text("spec", "ipFamilyPolicy")).isEqualTo("SingleStack");
  }

  @Test
  void aServiceGoesFromOneFamilyToTwoAndBack() {
    pod("both", "updown", "10.241.9.5", "fd00:10:241:9::5");
    pod("four", "updown", "10.241.9.6");
    KubeObject one = service("updown", "'type':'ClusterIP'");
    assertThat(texts(one.at("spec", "ipFamilies"))).containsExactly("IPv4");
    await().atMost(SOON).until(() -> slices("updown").keySet().equals(java.util.Set.of("IPv4")));

    List<String> two = policy("RequireDualStack");
    assertThat(two).hasSize(2);
    assertThat(two.get(0)).isEqualTo(one.text("spec", "clusterIP"));
    assertThat(two.get(1)).startsWith("fd00:10:91::");
    KubeObject claim = get(ADDRESSES, "", two.get(1));
    assertThat(claim.text("spec", "parentRef", "name")).isEqualTo("updown");
    await()
        .atMost(SOON)
        .untilAsserted(() -> {
          Map<String, List<String>> slices = slices("updown");
          assertThat(slices.get("IPv4")).containsExactlyInAnyOrder("10.241.9.5", "10.241.9.6");
          assertThat(slices.get("IPv6")).containsExactly("fd00:10:241:9::5");
        });
    assertThat(
            get(Resources.ENDPOINTS, "default", "updown")
                .at("subsets")
                .path(0)
                .path("addresses")
                .findValuesAsText("ip"))
        .containsExactlyInAnyOrder("10.241.9.5", "10.241.9.6");

    assertThat(policy("SingleStack")).containsExactly(two.get(0));
    assertThat(list(ADDRESSES, "")).extracting(KubeObject::name).doesNotContain(two.get(1));
    await().atMost(SOON).until(() -> slices("updown").keySet().equals(java.util.Set.of("IPv4")));
  }

  private List<String> policy(String policy) {
    KubeObject now =
        client
            .patch(
                Resources.SERVICES,
                "default",
                "updown",
                Patch.merge(body -> body.putObject("spec").put("ipFamilyPolicy", policy)))
            .await()
            .atMost(SOON);
    return texts(now.at("spec", "clusterIPs"));
  }

  @Test
  void aServiceOfTheSecondaryFamilyAlone() {
    pod("six", "six", "10.241.9.7", "fd00:10:241:9::7");
    KubeObject six = service("six", "'ipFamilies':['IPv6']");
    assertThat(six.text("spec", "clusterIP")).startsWith("fd00:10:91::");
    await()
        .atMost(SOON)
        .untilAsserted(() ->
            assertThat(slices("six"))
                .containsExactly(Map.entry("IPv6", List.of("fd00:10:241:9::7"))));
    client.delete(Resources.SERVICES, "default", "six", DeleteOptions.DEFAULT).await().atMost(SOON);
    assertThat(list(ADDRESSES, ""))
        .extracting(KubeObject::name)
        .doesNotContain(six.text("spec", "clusterIP"));
  }

  @ParameterizedTest(name = "{0} and {1}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          10.1.0.0/16,10.2.0.0/16   | 10.3.0.0/16              | has to be one range, or one of IPv4 and one of IPv6
          10.1.0.0/16               | 10.3.0.0/16,x            | is no range of addresses
          fd00:1::/56,10.1.0.0/16   | 10.3.0.0/16,fd00:3::/112 | have to be of one family
          10.1.0.0/16,fd00:1::/40   | 10.3.0.0/16,fd00:3::/112 | has to have a prefix of 48 to 126 bits
          10.1.0.0/16,fd00:1::/56   | 10.3.0.0/16,fd00:3::/48  | has to have a prefix of 64 to 126 bits
          """)
  void rangesThatDoNotFitAreRefused(
      String pods, String services, String words, @TempDir Path directory) {
    assertThat(
            org.assertj.core.api.Assertions.catchThrowable(
                () -> dev.coracle.launcher.Coracle.open(options(directory, pods, services))))
        .isInstanceOf(UserErrorException.class)
        .hasMessageContaining(words);
  }
}
