package dev.coracle.proxy.internal.nft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.coracle.api.net.IpFamily;
import dev.coracle.proxy.internal.ServicePort;
import dev.coracle.proxy.internal.ServicePort.Endpoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real packets through real rules: a network namespace is the node, three more are pods on its
 * bridge, all of this test's own.
 */
class NftBackendTest {

  private static final String TABLE = "coracle_test_proxy";

  @TempDir private Path directory;

  private final String id = Long.toString(ProcessHandle.current().pid(), 36);
  private final String node = "cpn" + id;
  private final List<Process> servers = new ArrayList<>();
  private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
  private NftBackend backend;

  @BeforeEach
  void network() throws Exception {
    assumeThat(System.getProperty("user.name")).as("needs root").isEqualTo("root");
    for (String program : List.of("/usr/sbin/nft", "/bin/busybox")) {
      assumeThat(Path.of(program)).as("needs " + program).exists();
    }
    run("ip", "netns", "add", node);
    inNode("ip", "link", "set", "lo", "up");
    inNode("ip", "link", "add", "br0", "type", "bridge");
    inNode("ip", "addr", "add", "10.99.0.1/24", "dev", "br0");
    inNode("sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/br0/accept_dad");
    inNode("ip", "addr", "add", "fd00:99::1/64", "dev", "br0", "nodad");
    inNode("ip", "link", "set", "br0", "up");
    inNode("ip", "link", "add", "up0", "type", "veth", "peer", "name", "up1");
    inNode("ip", "link", "set", "up0", "up");
    inNode("ip", "link", "set", "up1", "up");
    inNode("ip", "addr", "add", "192.168.77.1/24", "dev", "up0");
    inNode("ip", "route", "add", "default", "via", "192.168.77.2");
    inNode("ip", "addr", "add", "2001:db8:77::1/64", "dev", "up0", "nodad");
    inNode("ip", "route", "add", "default", "via", "2001:db8:77::2");
    for (int i = 2; i <= 4; i++) {
      String pod = pod(i);
      run("ip", "netns", "add", pod);
      run("ip", "-n", node, "link", "add", "v" + i, "type", "veth", "peer", "eth0", "netns", pod);
      inNode("ip", "link", "set", "v" + i, "master", "br0", "up");
      inNode("ip", "link", "set", "v" + i, "type", "bridge_slave", "hairpin", "on");
      run("ip", "-n", pod, "link", "set", "lo", "up");
      run("ip", "-n", pod, "addr", "add", "10.99.0." + i + "/24", "dev", "eth0");
      run("ip", "-n", pod, "link", "set", "eth0", "up");
      run("ip", "-n", pod, "route", "add", "default", "via", "10.99.0.1");
      run("ip", "-n", pod, "addr", "add", "fd00:99::" + i + "/64", "dev", "eth0", "nodad");
      run("ip", "-n", pod, "route", "add", "default", "via", "fd00:99::1");
    }
    serve(2);
    serve(3);
    inNode(
        "sh",
        "-c",
        "for f in iptables ip6tables; do echo 1 > /proc/sys/net/bridge/bridge-nf-call-$f; done;"
            + " echo 1 > /proc/sys/net/ipv6/conf/all/forwarding; echo 1 > /proc/sys/net/ipv4/ip_forward");
    Path nft = directory.resolve("nft");
    Files.writeString(nft, "#!/bin/sh\nexec ip netns exec " + node + " /usr/sbin/nft \"$@\"\n");
    Files.setPosixFilePermissions(nft, PosixFilePermissions.fromString("rwx------"));
    backend = new NftBackend(new Nft(nft, blocking), TABLE, "10.99.0.0/24,fd00:99::/64", false);
    backend.open().await().atMost(Duration.ofSeconds(10));
  }

  @AfterEach
  void clear() throws Exception {
    for (Process server : servers) {
      server.destroyForcibly().waitFor(5, TimeUnit.SECONDS);
    }
    for (int i = 2; i <= 4; i++) {
      attempt("ip", "netns", "del", pod(i));
    }
    attempt("ip", "netns", "del", node);
    blocking.shutdownNow();
  }

  @Test
  void trafficIsBalancedOverTheEndpoints() throws Exception {
    apply(port("shop/web:http", 0, 0, endpoint(2), endpoint(3)));
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 40 && seen.size() < 2; i++) {
      seen.add(get(4, "http://10.96.0.5/"));
    }
    assertThat(seen).containsExactlyInAnyOrder("pod 2", "pod 3");
    assertThat(getFromNode("http://10.96.0.5/")).startsWith("pod ");
  }

  @Test
  void changesTakeEffectAndRemovalTakesAllAway() throws Exception {
    apply(port("shop/web:http", 0, 0, endpoint(2)));
    assertThat(get(4, "http://10.96.0.5/")).isEqualTo("pod 2");
    apply(port("shop/web:http", 30080, 0, endpoint(3)));
    assertThat(get(4, "http://10.96.0.5/")).isEqualTo("pod 3");
    assertThat(get(4, "http://10.99.0.1:30080/")).isEqualTo("pod 3");
    apply(port("shop/web:http", 30080, 600, endpoint(2), endpoint(3)));
    backend.apply(List.of(), List.of("shop/web:http")).await().atMost(Duration.ofSeconds(10));
    assertThat(rules()).doesNotContain("svc_", "ext_", "aff_", "10.96.0.5");
  }

  @Test
  void aServiceWithoutEndpointsRefusesAtOnce() throws Exception {
    apply(port("shop/web:http", 0, 0));
    long begin = System.nanoTime();
    assertThat(get(4, "http://10.96.0.5/")).isEmpty();
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(15));
    apply(port("shop/web:http", 0, 0, endpoint(2)));
    assertThat(get(4, "http://10.96.0.5/")).isEqualTo("pod 2");
  }

  @Test
  void aPodReachesItselfThroughItsService() throws Exception {
    apply(port("shop/web:http", 0, 0, endpoint(2)));
    assertThat(get(2, "http://10.96.0.5/")).isEqualTo("pod 2");
  }

  @Test
  void aClientWithAffinityStaysWithItsEndpoint() throws Exception {
    apply(port("shop/web:http", 0, 600, endpoint(2), endpoint(3)));
    String first = get(4, "http://10.96.0.5/");
    assertThat(first).startsWith("pod ");
    for (int i = 0; i < 10; i++) {
      assertThat(get(4, "http://10.96.0.5/")).isEqualTo(first);
    }
  }

  /** As on a kernel without br_netfilter. */
  @Test
  void aServersPodSeesItsClientsAddressWherePodsAreRouted() throws Exception {
    route(2);
    route(4);
    inNode("sh", "-c", "echo 0 > /proc/sys/net/bridge/bridge-nf-call-iptables");
    backend.close().await().atMost(Duration.ofSeconds(10));
    NftBackend bridged = withoutBridgeCalls(false);
    bridged
        .apply(List.of(port("shop/web:http", 0, 0, endpoint(2))), List.of())
        .await()
        .atMost(Duration.ofSeconds(10));
    assertThat(get(4, "http://10.96.0.5/cgi-bin/client")).isEqualTo("10.99.0.1");
    bridged.close().await().atMost(Duration.ofSeconds(10));
    NftBackend routed = withoutBridgeCalls(true);
    routed
        .apply(List.of(port("shop/web:http", 0, 0, endpoint(2))), List.of())
        .await()
        .atMost(Duration.ofSeconds(10));
    assertThat(get(4, "http://10.96.0.5/cgi-bin/client")).isEqualTo("10.99.0.4");
    assertThat(get(2, "http://10.96.0.5/")).isEqualTo("pod 2");
  }

  private NftBackend withoutBridgeCalls(boolean podsAreRouted) {
    NftBackend made =
        new NftBackend(
            new Nft(directory.resolve("nft"), blocking),
            TABLE,
            "10.99.0.0/24",
            podsAreRouted,
            directory.resolve("missing"));
    made.open().await().atMost(Duration.ofSeconds(10));
    return made;
  }

  /** Its address alone, and everything else by way of the node. */
  private void route(int pod) throws Exception {
    String address = "10.99.0." + pod;
    run("ip", "-n", pod(pod), "addr", "flush", "dev", "eth0");
    run("ip", "-n", pod(pod), "addr", "add", address + "/32", "dev", "eth0");
    run("ip", "-n", pod(pod), "route", "add", "10.99.0.1", "dev", "eth0");
    run("ip", "-n", pod(pod), "route", "add", "default", "via", "10.99.0.1");
    inNode(
        "sh",
        "-c",
        "for f in all br0; do echo 0 > /proc/sys/net/ipv4/conf/$f/send_redirects; done");
  }

  @Test
  void aServiceOfIpv6LeadsToItsEndpointsFromPodsAndNodeAndByItsNodePort() throws Exception {
    apply(port("shop/web:http", 30080, 0, endpoint(2)));
    assertThat(tables()).doesNotContain("ip6 " + TABLE);
    apply(ipv6Port(30080, 0, ipv6Endpoint(2), ipv6Endpoint(3)));
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 40 && seen.size() < 2; i++) {
      seen.add(get(4, "http://[fd00:96::5]/"));
    }
    assertThat(seen).containsExactlyInAnyOrder("pod 2", "pod 3");
    assertThat(getFromNode("http://[fd00:96::5]/")).startsWith("pod ");
    assertThat(get(4, "http://[fd00:99::1]:30080/")).startsWith("pod ");
    assertThat(getFromNode("http://[2001:db8:77::1]:30080/")).startsWith("pod ");
    assertThat(get(4, "http://10.96.0.5/")).isEqualTo("pod 2");
  }

  @Test
  void aPodReachesItselfAndAClientStaysInIpv6Too() throws Exception {
    apply(ipv6Port(0, 600, ipv6Endpoint(2), ipv6Endpoint(3)));
    String first = get(4, "http://[fd00:96::5]/");
    assertThat(first).startsWith("pod ");
    for (int i = 0; i < 10; i++) {
      assertThat(get(4, "http://[fd00:96::5]/")).isEqualTo(first);
    }
    apply(ipv6Port(0, 0, ipv6Endpoint(2)));
    assertThat(get(2, "http://[fd00:96::5]/")).isEqualTo("pod 2");
    apply(ipv6Port(0, 0));
    assertThat(get(4, "http://[fd00:96::5]/")).isEmpty();
    backend.apply(List.of(), List.of("shop/web:http/IPv6")).await().atMost(Duration.ofSeconds(10));
    assertThat(output("ip", "netns", "exec", node, "nft", "list", "table", "ip6", TABLE))
        .contains("chain services")
        .doesNotContain("svc_", "ext_", "aff_", "fd00:96::5");
    backend.close().await().atMost(Duration.ofSeconds(10));
    assertThat(tables()).doesNotContain(TABLE);
  }

  private static ServicePort ipv6Port(int nodePort, int affinity, Endpoint... endpoints) {
    return new ServicePort(
        "shop/web:http/IPv6",
        IpFamily.IPv6,
        "tcp",
        List.of("fd00:96::5"),
        80,
        nodePort,
        List.of(endpoints),
        List.of(endpoints),
        false,
        affinity);
  }

  private static Endpoint ipv6Endpoint(int pod) {
    return new Endpoint("fd00:99::" + pod, 8080);
  }

  private String tables() throws Exception {
    return output("ip", "netns", "exec", node, "nft", "list", "tables");
  }

  @Test
  void closingRemovesTheTable() throws Exception {
    apply(port("shop/web:http", 0, 0, endpoint(2)));
    backend.close().await().atMost(Duration.ofSeconds(10));
    assertThat(tables()).doesNotContain(TABLE);
  }

  private void apply(ServicePort port) {
    backend.apply(List.of(port), List.of()).await().atMost(Duration.ofSeconds(10));
  }

  private static ServicePort port(String key, int nodePort, int affinity, Endpoint... endpoints) {
    return new ServicePort(
        key,
        IpFamily.IPv4,
        "tcp",
        List.of("10.96.0.5"),
        80,
        nodePort,
        List.of(endpoints),
        List.of(endpoints),
        false,
        affinity);
  }

  private static Endpoint endpoint(int pod) {
    return new Endpoint("10.99.0." + pod, 8080);
  }

  private void serve(int pod) throws Exception {
    Path root = Files.createDirectory(directory.resolve("pod" + pod));
    Files.writeString(root.resolve("index.html"), "pod " + pod);
    Path client = Files.createDirectory(root.resolve("cgi-bin")).resolve("client");
    Files.writeString(
        client,
        "#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\n%s' \"$(echo $REMOTE_ADDR | tr -d '[]' | sed s/::ffff://)\"\n");
    Files.setPosixFilePermissions(client, PosixFilePermissions.fromString("rwxr-xr-x"));
    servers.add(
        new ProcessBuilder(
                "ip",
                "netns",
                "exec",
                pod(pod),
                "busybox",
                "httpd",
                "-f",
                "-p",
                "[::]:8080",
                "-h",
                root.toString())
            .start());
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() ->
            output(
                    "ip",
                    "netns",
                    "exec",
                    pod(pod),
                    "busybox",
                    "wget",
                    "-qO-",
                    "http://127.0.0.1:8080/")
                .equals("pod " + pod));
  }

  private String get(int pod, String url) throws Exception {
    return output(
        "ip", "netns", "exec", pod(pod), "busybox", "timeout", "20", "busybox", "wget", "-qO-",
        url);
  }

  private String getFromNode(String url) throws Exception {
    return output(
        "ip", "netns", "exec", node, "busybox", "timeout", "20", "busybox", "wget", "-qO-", url);
  }

  private String rules() throws Exception {
    return output("ip", "netns", "exec", node, "nft", "list", "table", "ip", TABLE);
  }

  private String pod(int i) {
    return "cp" + i + id;
  }

  private void inNode(String... command) throws Exception {
    List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", node));
    all.addAll(List.of(command));
    run(all.toArray(String[]::new));
  }

  private static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + ": " + output);
    }
  }

  private static void attempt(String... command) throws Exception {
    output(command);
  }

  private static String output(String... command) throws Exception {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }
}
