package dev.coracle.kubelet.internal.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.cri.v1.DNSConfig;
import dev.coracle.kubelet.config.DnsChoice;
import dev.coracle.kubelet.config.KubeletConfiguration;
import dev.coracle.kubelet.config.KubeletOptions;
import dev.coracle.kubelet.internal.image.ImageReference;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is computed from a Pod alone. */
class PodPartsTest {
  private static final DownwardApi.Facts FACTS =
      new DownwardApi.Facts(
          "n",
          List.of("192.0.2.1", "2001:db8::1"),
          List.of("10.0.0.1", "fd00::1"),
          Quantity.of(2),
          Quantity.parse("1Gi"),
          () -> Quantity.parse("10Gi"));

  private static Pod pod(String metadata, String spec) {
    return new Pod(
        KubeObject.parse(
            "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"namespace\":\"ns\",\"uid\":\"u\""
                + metadata
                + "},\"spec\":{"
                + spec
                + "}}"));
  }

  @ParameterizedTest
  @CsvSource({
    "plain,plain",
    "$(A),1",
    "$$(A),$(A)",
    "$(NONE),$(NONE)",
    "x$(A)y$(B),x1y2",
    "$,$",
    "$(A,$(A",
    "$$$(A),$1",
    "$x,$x",
    "$$,$"
  })
  void expansionFollowsItsRules(String text, String expected) {
    assertThat(new Expansion().expand(text, Map.of("A", "1", "B", "2")::get)).isEqualTo(expected);
  }

  /**
   * Each refers twice to the one before: the sixtieth would be as long as all disks of the world.
   */
  @Test
  void referencesToReferencesEndWhereNoProcessCouldTakeThem() {
    Map<String, String> env = new HashMap<>(Map.of("A0", "x".repeat(50)));
    Expansion expansion = new Expansion();
    assertThatThrownBy(
            () -> {
              for (int i = 1; i < 60; i++) {
                String before = "$(A" + (i - 1) + ")";
                env.put("A" + i, expansion.expand(before + before, env::get));
              }
            })
        .hasMessageContaining("longer than 131071 bytes");
    String longest = "x".repeat(Expansion.MOST_CHARACTERS);
    Expansion many = new Expansion();
    assertThat(many.expand("$(A)", Map.of("A", longest)::get)).isEqualTo(longest);
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 100; i++) {
                many.expand("$(A)", Map.of("A", longest)::get);
              }
            })
        .hasMessageContaining("all together are longer than 6291456 bytes");
  }

  @Test
  void fieldsAndResourcesOfTheDownwardApi() {
    Pod pod =
        pod(
            ",\"labels\":{\"b\":\"2\",\"a\":\"x\\\"y\"},\"annotations\":{\"k\":\"v\"}",
            "\"serviceAccountName\":\"sa\",\"containers\":[{\"name\":\"c\",\"resources\":{\"limits\":{\"cpu\":\"250m\"},\"requests\":{\"memory\":\"64Mi\"}}}]");
    assertThat(DownwardApi.field(pod, "metadata.labels", FACTS)).isEqualTo("a=\"x\\\"y\"\nb=\"2\"");
    assertThat(DownwardApi.field(pod, "metadata.annotations['k']", FACTS)).isEqualTo("v");
    assertThat(DownwardApi.field(pod, "status.podIPs", FACTS)).isEqualTo("10.0.0.1,fd00::1");
    assertThat(DownwardApi.field(pod, "status.podIP", FACTS)).isEqualTo("10.0.0.1");
    assertThat(DownwardApi.field(pod, "status.hostIP", FACTS)).isEqualTo("192.0.2.1");
    assertThat(DownwardApi.field(pod, "status.hostIPs", FACTS)).isEqualTo("192.0.2.1,2001:db8::1");
    assertThatThrownBy(() -> DownwardApi.field(pod, "spec.nothing", FACTS))
        .isInstanceOf(IllegalArgumentException.class);
    ContainerSpec c = pod.containers().getFirst();
    assertThat(DownwardApi.resource(Json.parse("{\"resource\":\"limits.cpu\"}"), c, FACTS))
        .isEqualTo("1");
    assertThat(
            DownwardApi.resource(
                Json.parse("{\"resource\":\"limits.cpu\",\"divisor\":\"1m\"}"), c, FACTS))
        .isEqualTo("250");
    assertThat(
            DownwardApi.resource(
                Json.parse("{\"resource\":\"requests.memory\",\"divisor\":\"1Mi\"}"), c, FACTS))
        .isEqualTo("64");
    assertThat(DownwardApi.resource(Json.parse("{\"resource\":\"limits.memory\"}"), c, FACTS))
        .isEqualTo("1073741824");
  }

  @Test
  void serviceVariables() {
    KubeObject service =
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Service","metadata":{"name":"redis-main","namespace":"ns"},
             "spec":{"clusterIP":"10.96.0.11","ports":[{"name":"db","port":6379,"protocol":"TCP"}]}}
            """);
    assertThat(ServiceEnv.of(List.of(service)))
        .containsEntry("REDIS_MAIN_SERVICE_HOST", "10.96.0.11")
        .containsEntry("REDIS_MAIN_SERVICE_PORT", "6379")
        .containsEntry("REDIS_MAIN_SERVICE_PORT_DB", "6379")
        .containsEntry("REDIS_MAIN_PORT", "tcp://10.96.0.11:6379")
        .containsEntry("REDIS_MAIN_PORT_6379_TCP_ADDR", "10.96.0.11")
        .hasSize(8);
  }

  @Test
  void theNodesConfigurationChoosesResolvers(@TempDir Path dir) throws Exception {
    Path file = Files.writeString(dir.resolve("r"), "nameserver 1.1.1.1\nsearch corp.test\n");
    JsonNode document =
        Json.parse(
            """
            {"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration",
             "clusterDNS":["169.254.20.10"],"clusterDomain":"c.test","resolvConf":"%s"}
            """
                .formatted(file));
    KubeletOptions options =
        KubeletOptions.of("n", "10.0.0.1", dir, dir, "")
            .withClusterDns(List.of("10.96.0.10"), "cluster.local")
            .withConfiguration(KubeletConfiguration.parse(document));
    var cluster = PodDns.of(options).of(pod("", "\"dnsPolicy\":\"ClusterFirst\""));
    assertThat(cluster.getServersList()).containsExactly("169.254.20.10");
    assertThat(cluster.getSearchesList())
        .containsExactly("ns.svc.c.test", "svc.c.test", "c.test", "corp.test");
    var host = PodDns.of(options).of(pod("", "\"dnsPolicy\":\"Default\""));
    assertThat(host.getServersList()).containsExactly("1.1.1.1");
  }

  @Test
  void aResolverOfNoEndIsNotRead(@TempDir Path dir) throws Exception {
    Path file = dir.resolve("r");
    try (RandomAccessFile large = new RandomAccessFile(file.toFile(), "rw")) {
      large.setLength(DnsChoice.LARGEST + 1);
    }
    String document =
        """
        {"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration",
         "resolvConf":"%s"}
        """
            .formatted(file);
    assertThatThrownBy(() -> KubeletConfiguration.parse(Json.parse(document)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "invalid configuration: resolvConf: "
                + file
                + " is larger than 1 MiB, so it is no resolv.conf; name the one that pods are to"
                + " have, or leave resolvConf out for the host's");
    Files.writeString(file, "nameserver 1.1.1.1\n");
    KubeletOptions options =
        KubeletOptions.of("n", "10.0.0.1", dir, dir, "")
            .withConfiguration(KubeletConfiguration.parse(Json.parse(document)));
    Files.delete(file);
    Files.createSymbolicLink(file, Path.of("/dev/zero"));
    assertThatThrownBy(() -> PodDns.of(options))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("cannot read resolvConf " + file + ": it is larger than");
  }

  @Test
  void resolvers() {
    PodDns dns =
        new PodDns(
            List.of("10.96.0.10"),
            "cluster.local",
            PodDns.ResolvConf.parse("nameserver 1.1.1.1\nsearch corp.test\noptions timeout:2\n"));
    var cluster = dns.of(pod("", "\"dnsPolicy\":\"ClusterFirst\""));
    assertThat(cluster.getServersList()).containsExactly("10.96.0.10");
    assertThat(cluster.getSearchesList())
        .containsExactly("ns.svc.cluster.local", "svc.cluster.local", "cluster.local", "corp.test");
    assertThat(cluster.getOptionsList()).containsExactly("ndots:5");
    var host = dns.of(pod("", "\"dnsPolicy\":\"ClusterFirst\",\"hostNetwork\":true"));
    assertThat(host.getServersList()).containsExactly("1.1.1.1");
    var none =
        dns.of(
            pod(
                "",
                "\"dnsPolicy\":\"None\",\"dnsConfig\":{\"nameservers\":[\"9.9.9.9\"],\"options\":[{\"name\":\"ndots\",\"value\":\"2\"},{\"name\":\"edns0\"}]}"));
    assertThat(none.getServersList()).containsExactly("9.9.9.9");
    assertThat(none.getOptionsList()).containsExactly("ndots:2", "edns0");
  }

  @Test
  void whatResolversDoNotReadIsLeftOutAndTold() {
    PodDns dns =
        new PodDns(
            List.of("10.96.0.10"),
            "cluster.local",
            PodDns.ResolvConf.parse("nameserver 1.1.1.1\nsearch corp.test\n"));
    Pod asksForMuch =
        pod(
            "",
            "\"dnsConfig\":{\"nameservers\":[\"9.9.9.1\",\"9.9.9.2\",\"9.9.9.3\"],\"searches\":[%s]}"
                .formatted(
                    IntStream.range(0, 30)
                        .mapToObj(i -> "\"s" + i + ".test\"")
                        .collect(Collectors.joining(","))));
    DNSConfig config = dns.of(asksForMuch);
    assertThat(config.getServersList()).containsExactly("10.96.0.10", "9.9.9.1", "9.9.9.2");
    assertThat(config.getSearchesList()).hasSize(32).endsWith("s27.test");
    assertThat(dns.omitted(asksForMuch))
        .containsExactly(
            "Nameserver limits were exceeded, some nameservers have been omitted, the applied"
                + " nameserver line is: 10.96.0.10 9.9.9.1 9.9.9.2",
            "Search Line limits were exceeded, some search paths have been omitted, the applied"
                + " search line is: "
                + String.join(" ", config.getSearchesList()));
    assertThat(dns.omitted(pod("", "\"dnsPolicy\":\"ClusterFirst\""))).isEmpty();

    Pod longNames =
        pod(
            "",
            "\"dnsPolicy\":\"None\",\"dnsConfig\":{\"nameservers\":[\"9.9.9.9\"],\"searches\":[%s]}"
                .formatted(
                    IntStream.range(0, 12)
                        .mapToObj(i -> "\"" + "x".repeat(196) + (100 + i) + "\"")
                        .collect(Collectors.joining(","))));
    // 10 of 199 with the spaces between are 1,999 characters, 11 would be 2,199.
    assertThat(dns.of(longNames).getSearchesList()).hasSize(10);
  }

  @Test
  void hostsFileAndNames() {
    Pod pod = pod("", "\"hostname\":\"web\",\"subdomain\":\"sub\"");
    HostName name = HostName.of(pod, "cluster.local");
    assertThat(name.domain()).isEqualTo("sub.ns.svc.cluster.local");
    assertThat(
            HostsFile.ofPod(
                List.of("10.0.0.1"),
                name.name(),
                name.domain(),
                Json.parse("[{\"ip\":\"1.2.3.4\",\"hostnames\":[\"a\",\"b\"]}]")))
        .startsWith("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n")
        .contains("\n10.0.0.1\tweb.sub.ns.svc.cluster.local\tweb\n")
        .endsWith("# Entries added by HostAliases.\n1.2.3.4\ta\tb\n");
  }

  @Test
  void qualityOfService() {
    assertThat(QosClass.of(pod("", "\"containers\":[{\"name\":\"c\"}]")))
        .isEqualTo(QosClass.BEST_EFFORT);
    assertThat(
            QosClass.of(
                pod(
                    "",
                    "\"containers\":[{\"name\":\"c\",\"resources\":{\"requests\":{\"cpu\":\"1\"}}}]")))
        .isEqualTo(QosClass.BURSTABLE);
    assertThat(
            QosClass.of(
                pod(
                    "",
                    "\"containers\":[{\"name\":\"c\",\"resources\":{\"limits\":{\"cpu\":\"1\",\"memory\":\"1Gi\"}}}]")))
        .isEqualTo(QosClass.GUARANTEED);
  }

  @ParameterizedTest
  @CsvSource({
    "nginx,nginx:latest",
    "nginx:1.2,nginx:1.2",
    "reg.test:5000/a/b,reg.test:5000/a/b:latest",
    "reg.test:5000/a:v1,reg.test:5000/a:v1"
  })
  void imageNames(String name, String expected) {
    assertThat(ImageReference.withTag(name)).isEqualTo(expected);
  }

  @Test
  void namesThatAreNone() {
    assertThatThrownBy(() -> ImageReference.withTag("Bad"))
        .hasMessage(
            "couldn't parse image name \"Bad\": invalid reference format: repository name (library/Bad) must be lowercase");
    assertThatThrownBy(() -> ImageReference.withTag("a b"))
        .hasMessageContaining("invalid reference format");
  }

  @ParameterizedTest
  @CsvSource({
    "0,0s",
    "15,15ms",
    "1234,1.234s",
    "1500,1.5s",
    "10000,10s",
    "80000,1m20s",
    "300000,5m0s",
    "3661000,1h1m1s"
  })
  void durationsAsGoPrintsThem(long millis, String text) {
    assertThat(GoText.duration(Duration.ofMillis(millis))).isEqualTo(text);
  }
}
