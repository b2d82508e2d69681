package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.apiserver.TestApi.Answer;
import dev.coracle.apiserver.config.ApiServerOptions.Services;
import dev.coracle.apiserver.config.SecurityOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Services with addresses of both families, from the request to what is claimed in the store. */
class DualStackServicesTest {

  private static final String SERVICES = "/api/v1/namespaces/default/services";
  private static final String ADDRESSES = "/apis/networking.k8s.io/v1/ipaddresses";
  private static final String RANGE = "/apis/networking.k8s.io/v1/servicecidrs/kubernetes";
  private static final Services BOTH = Services.in("10.9.0.0/24", "fd00:10:9::/112");

  @TempDir static Path dir;
  private static TestServer server;
  private static TestApi api;

  @BeforeAll
  static void start() throws Exception {
    server =
        new TestServer(
            Files.createDirectory(dir.resolve("both")),
            new MemoryStore(),
            SecurityOptions.DEFAULT,
            BOTH);
    api = new TestApi(server);
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  private static Answer create(String name, String spec) {
    return api.post(SERVICES, body(name, spec));
  }

  private static String body(String name, String spec) {
    return "{metadata: {name: "
        + name
        + "}, spec: {selector: {a: b}, ports: [{port: 80}], "
        + spec
        + "}}";
  }

  private static List<String> texts(JsonNode list) {
    List<String> out = new ArrayList<>();
    list.forEach(text -> out.add(text.asText()));
    return out;
  }

  private static List<String> ips(Answer service) {
    JsonNode spec = service.ok().body().path("spec");
    List<String> ips = texts(spec.path("clusterIPs"));
    assertThat(spec.path("clusterIP").asText()).isEqualTo(ips.getFirst());
    return ips;
  }

  private static boolean isClaimed(String ip) {
    return api.get(ADDRESSES + "/" + ip).code() == 200;
  }

  @Test
  void theClustersOwnObjects() {
    JsonNode own = api.get(SERVICES + "/kubernetes").ok().body().path("spec");
    assertThat(texts(own.path("clusterIPs"))).containsExactly("10.9.0.1");
    assertThat(own.path("ipFamilyPolicy").asText()).isEqualTo("SingleStack");
    assertThat(texts(api.get(RANGE).ok().body().at("/spec/cidrs")))
        .containsExactly("10.9.0.0/24", "fd00:10:9::/112");
  }

  @Test
  void bothAreGivenAndGivenBack() {
    List<String> ips = ips(create("both", "ipFamilyPolicy: RequireDualStack"));
    assertThat(ips).hasSize(2);
    assertThat(ips.get(0)).startsWith("10.9.0.");
    assertThat(ips.get(1)).startsWith("fd00:10:9::");
    JsonNode claim = api.get(ADDRESSES + "/" + ips.get(1)).ok().body();
    assertThat(claim.at("/metadata/labels").path("ipaddress.kubernetes.io/ip-family").asText())
        .isEqualTo("IPv6");
    assertThat(claim.at("/spec/parentRef/name").asText()).isEqualTo("both");
    api.delete(SERVICES + "/both").ok();
    assertThat(ips).noneMatch(DualStackServicesTest::isClaimed);
  }

  @Test
  void aSecondAddressComesAndGoesWithThePolicy() {
    List<String> one = ips(create("updown", ""));
    assertThat(one).hasSize(1);
    List<String> two =
        ips(api.merge(SERVICES + "/updown", "{spec: {ipFamilyPolicy: PreferDualStack}}"));
    assertThat(two).hasSize(2).startsWith(one.getFirst());
    assertThat(two).allMatch(DualStackServicesTest::isClaimed);
    assertThat(
            api.merge(
                    SERVICES + "/updown",
                    "{spec: {clusterIPs: ['" + two.getFirst() + "'], ipFamilies: [IPv4]}}")
                .message())
        .isEqualTo(
            "Service \"updown\" is invalid: [spec.ipFamilyPolicy: Invalid value:"
                + " \"PreferDualStack\": must be 'SingleStack' to release the secondary cluster IP,"
                + " spec.ipFamilyPolicy: Invalid value: \"PreferDualStack\": must be 'SingleStack'"
                + " to release the secondary IP family]");
    assertThat(ips(api.merge(SERVICES + "/updown", "{spec: {ipFamilyPolicy: SingleStack}}")))
        .isEqualTo(one);
    assertThat(isClaimed(two.get(1))).isFalse();
    assertThat(isClaimed(one.getFirst())).isTrue();
    List<String> named =
        ips(
            api.merge(
                SERVICES + "/updown",
                "{spec: {ipFamilyPolicy: RequireDualStack, clusterIPs: ['"
                    + one.getFirst()
                    + "', 'fd00:10:9::77']}}"));
    assertThat(named).containsExactly(one.getFirst(), "fd00:10:9::77");
    JsonNode external =
        api.merge(SERVICES + "/updown", "{spec: {type: ExternalName, externalName: example.com}}")
            .ok()
            .body()
            .path("spec");
    assertThat(external.has("clusterIPs") || external.has("ipFamilies")).isFalse();
    assertThat(external.has("ipFamilyPolicy")).isFalse();
    assertThat(named).noneMatch(DualStackServicesTest::isClaimed);
    assertThat(
            ips(api.merge(SERVICES + "/updown", "{spec: {type: ClusterIP, ipFamilies: [IPv6]}}")))
        .singleElement()
        .asString()
        .startsWith("fd00:10:9::");
  }

  @Test
  void whatWasLeftOutOfAnUpdateStays() {
    Answer made = create("kept", "ipFamilyPolicy: PreferDualStack, ipFamilies: [IPv6]");
    List<String> ips = ips(made);
    assertThat(ips.getFirst()).startsWith("fd00:10:9::");
    ObjectNode again = TestApi.tree(body("kept", "sessionAffinity: ClientIP"));
    Answer put = api.put(SERVICES + "/kept", again);
    assertThat(ips(put)).isEqualTo(ips);
    assertThat(put.body().at("/spec/ipFamilyPolicy").asText()).isEqualTo("PreferDualStack");
  }

  @Test
  void anAddressByAnotherSpellingIsTheSame() {
    String spec = "clusterIP: 'fd00:0010:0009:0::abc'";
    assertThat(ips(create("spelt", spec))).containsExactly("fd00:0010:0009:0::abc");
    assertThat(isClaimed("fd00:10:9::abc")).isTrue();
    assertThat(create("again", "clusterIP: 'fd00:10:9::abc'").message())
        .isEqualTo(
            "Service \"again\" is invalid: spec.clusterIPs: Invalid value: [\"fd00:10:9::abc\"]:"
                + " failed to allocate IP fd00:10:9::abc: provided IP is already allocated");
    api.delete(SERVICES + "/spelt").ok();
    assertThat(isClaimed("fd00:10:9::abc")).isFalse();
  }

  @Test
  void whatIsRefusedTakesNothing() {
    int before = api.get(ADDRESSES).ok().body().path("items").size();
    assertThat(
            create(
                    "far",
                    "ipFamilyPolicy: RequireDualStack, clusterIP: 10.9.0.99,"
                        + " clusterIPs: [10.9.0.99, 'fd00:10:10::1']")
                .message())
        .isEqualTo(
            "Service \"far\" is invalid: spec.clusterIPs: Invalid value:"
                + " [\"10.9.0.99\",\"fd00:10:10::1\"]: failed to allocate IP fd00:10:10::1: the"
                + " provided network does not match the current range");
    assertThat(api.get(ADDRESSES).ok().body().path("items")).hasSize(before);
    String dry = TestApi.tree(body("dry", "ipFamilyPolicy: RequireDualStack")).toString();
    Answer shown = api.call("POST", SERVICES + "?dryRun=All", "application/json", dry);
    assertThat(texts(shown.ok().body().at("/spec/ipFamilies"))).containsExactly("IPv4", "IPv6");
    assertThat(api.get(ADDRESSES).ok().body().path("items")).hasSize(before);
    assertThat(ips(create("taken", "clusterIP: 10.9.0.99"))).containsExactly("10.9.0.99");
  }

  @Test
  void headlessOnesHaveFamiliesAndNoAddress() {
    JsonNode selecting =
        create("selecting", "clusterIP: None, ipFamilyPolicy: PreferDualStack")
            .ok()
            .body()
            .path("spec");
    assertThat(texts(selecting.path("clusterIPs"))).containsExactly("None");
    assertThat(texts(selecting.path("ipFamilies"))).containsExactly("IPv4", "IPv6");
    JsonNode free =
        api.post(SERVICES, "{metadata: {name: free}, spec: {clusterIP: None}}")
            .ok()
            .body()
            .path("spec");
    assertThat(free.path("ipFamilyPolicy").asText()).isEqualTo("RequireDualStack");
    assertThat(texts(free.path("ipFamilies"))).containsExactly("IPv4", "IPv6");
  }

  @Test
  void aClusterThatGetsASecondRangeKeepsItsServices(@TempDir Path own) throws Exception {
    MemoryStore store = new MemoryStore();
    try (TestServer single =
        new TestServer(
            Files.createDirectory(own.resolve("a")),
            store,
            SecurityOptions.DEFAULT,
            Services.in("10.9.0.0/24"))) {
      TestApi four = new TestApi(single);
      four.post(SERVICES, body("prefers", "ipFamilyPolicy: PreferDualStack")).ok();
      assertThat(four.post(SERVICES, body("six", "ipFamilies: [IPv6]")).message())
          .isEqualTo(
              "Service \"six\" is invalid: spec.ipFamilies[0]: Invalid value: \"IPv6\": not"
                  + " configured on this cluster");
    }
    try (TestServer dual =
        new TestServer(
            Files.createDirectory(own.resolve("b")), store, SecurityOptions.DEFAULT, BOTH)) {
      TestApi both = new TestApi(dual);
      assertThat(texts(both.get(RANGE).ok().body().at("/spec/cidrs"))).hasSize(2);
      assertThat(ips(both.merge(SERVICES + "/prefers", "{spec: {selector: {c: d}}}"))).hasSize(1);
      List<String> two =
          ips(both.merge(SERVICES + "/prefers", "{spec: {ipFamilyPolicy: RequireDualStack}}"));
      assertThat(two).hasSize(2);
    }
    try (TestServer six =
        new TestServer(
            Files.createDirectory(own.resolve("c")), store, SecurityOptions.DEFAULT, BOTH)) {
      // What was stored is known again after a start.
      String taken =
          texts(new TestApi(six).get(SERVICES + "/prefers").ok().body().at("/spec/clusterIPs"))
              .get(1);
      assertThat(new TestApi(six).post(SERVICES, body("x", "clusterIP: '" + taken + "'")).message())
          .contains("provided IP is already allocated");
    }
  }

  @Test
  void aClusterOfIpv6Alone(@TempDir Path own) throws Exception {
    try (TestServer six =
        new TestServer(
            Files.createDirectory(own.resolve("six")),
            new MemoryStore(),
            SecurityOptions.DEFAULT,
            Services.in("fd00:10:9::/112"))) {
      TestApi only = new TestApi(six);
      assertThat(texts(only.get(SERVICES + "/kubernetes").ok().body().at("/spec/clusterIPs")))
          .containsExactly("fd00:10:9::1");
      JsonNode spec = only.post(SERVICES, body("s", "")).ok().body().path("spec");
      assertThat(spec.path("clusterIP").asText()).startsWith("fd00:10:9::");
      assertThat(texts(spec.path("ipFamilies"))).containsExactly("IPv6");
    }
  }
}
