package dev.coracle.proxy.internal.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.coracle.api.ProgramFile;
import dev.coracle.proxy.internal.nft.IpBatch;
import dev.coracle.proxy.internal.nft.Nft;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Real packets through real rules: a network namespace is the node, three more are pods that it
 * routes, all of this test's own.
 */
@Execution(ExecutionMode.CONCURRENT) // each test has a node of its own
class NftPolicyTableTest {

  private static final String TABLE = "coracle_test_policy";
  private static final String FRESH = "coracle_fresh_policy";
  private static final String WEB =
      "[{'name':'web','containerPort':8080},{'name':'echo','containerPort':9000}]";

  private static final AtomicInteger NUMBER = new AtomicInteger();

  @TempDir private Path directory;

  private final String id =
      Long.toString(ProcessHandle.current().pid(), 36) + "_" + NUMBER.incrementAndGet();
  private final String node = "cpp" + id;
  private final List<Process> servers = new ArrayList<>();
  private final TestCluster cluster = new TestCluster();
  private Nft nft;
  private NftPolicyTable table;

  @BeforeEach
  void network() throws Exception {
    assumeThat(System.getProperty("user.name")).as("needs root").isEqualTo("root");
    for (String program : List.of("/usr/sbin/nft", "/bin/busybox")) {
      assumeThat(Path.of(program)).as("needs " + program).exists();
    }
    IpBatch.here()
        .add("netns add " + node)
        .add("netns add " + pod(2))
        .add("netns add " + pod(3))
        .add("netns add " + pod(4))
        .run();
    inNode(
        "sh",
        "-c",
        "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad; echo 1 > /proc/sys/net/ipv4/ip_forward;"
            + " echo 1 > /proc/sys/net/ipv6/conf/all/forwarding");
    // As the service proxy's rules do on every node, these have the kernel follow connections.
    inNode(
        "nft",
        "table inet services { chain out { type nat hook postrouting priority srcnat; meta mark 0x4000 masquerade; }; }");
    IpBatch inNode = IpBatch.in(node).add("link set lo up").add("addr add 10.99.0.1/32 dev lo");
    for (int i = 2; i <= 4; i++) {
      inNode
          .add("link add v" + i + " type veth peer eth0 netns " + pod(i))
          .add("link set v" + i + " up")
          .add("route add " + address(i) + " dev v" + i)
          .add("addr add fd00:99::1/128 dev v" + i + " nodad")
          .add("route add " + ipv6Address(i) + " dev v" + i);
    }
    inNode.run();
    for (int i = 2; i <= 4; i++) {
      IpBatch.in(pod(i))
          .add("link set lo up")
          .add("addr add " + address(i) + "/32 dev eth0")
          .add("link set eth0 up")
          .add("route add 10.99.0.1 dev eth0")
          .add("route add default via 10.99.0.1")
          .add("addr add " + ipv6Address(i) + "/128 dev eth0 nodad")
          .add("route add fd00:99::1 dev eth0")
          .add("route add default via fd00:99::1")
          .run();
    }
    serve(2);
    serve(3);
    cluster
        .namespace("x", "{'ns':'x'}")
        .namespace("y", "{'ns':'y'}")
        .pod("x/a", "n1", both(2), "{'pod':'a'}", WEB)
        .pod("x/b", "n1", both(3), "{'pod':'b'}", WEB)
        .pod("y/c", "n1", both(4), "{'pod':'c'}", "[]");
    Path program =
        ProgramFile.write(
            directory.resolve("nft"),
            "#!/bin/sh\nexec ip netns exec " + node + " /usr/sbin/nft \"$@\"\n");
    nft = new Nft(program, Runnable::run);
    table = new NftPolicyTable(nft, TABLE);
  }

  @AfterEach
  void clear() throws Exception {
    for (Process server : servers) {
      server.descendants().forEach(ProcessHandle::destroyForcibly);
      server.destroyForcibly().waitFor(5, TimeUnit.SECONDS);
    }
    IpBatch.here()
        .add("netns del " + pod(2))
        .add("netns del " + pod(3))
        .add("netns del " + pod(4))
        .add("netns del " + node)
        .runAll();
  }

  @Test
  void aPodIsReachedByWhomItsPoliciesAllowAndByItsNode() throws Exception {
    policy(
        "x/in",
        "{'podSelector':{'matchLabels':{'pod':'a'}},'ingress':[{'from':[{'podSelector':{}}],'ports':[{'port':'web'}]}]}");
    assertThat(get(3, 2)).isEqualTo("pod 2");
    assertThat(get(4, 2)).isEmpty();
    assertThat(get(4, 3)).isEqualTo("pod 3");
    assertThat(inNamespace(node, "wget", "-qO-", "http://" + address(2) + ":8080/"))
        .isEqualTo("pod 2");
    cluster.policies.clear();
    policy(
        "x/in",
        "{'podSelector':{'matchLabels':{'pod':'a'}},'ingress':[{'from':[{'namespaceSelector':{'matchLabels':{'ns':'y'}}}],'ports':[{'port':8000,'endPort':8080}]}]}");
    assertThat(get(3, 2)).isEmpty();
    assertThat(get(4, 2)).isEqualTo("pod 2");
  }

  @Test
  void policiesHoldByEitherFamily() throws Exception {
    assertThat(getByIpv6(4, 2)).isEqualTo("pod 2");
    policy(
        "x/in",
        "{'podSelector':{'matchLabels':{'pod':'a'}},'ingress':[{'from':[{'podSelector':{}}],'ports':[{'port':'web'}]}]}");
    assertThat(getByIpv6(3, 2)).isEqualTo("pod 2");
    assertThat(getByIpv6(4, 2)).isEmpty();
    assertThat(getByIpv6(4, 3)).isEqualTo("pod 3");
    assertThat(get(4, 2)).isEmpty();
    assertThat(inNamespace(node, "wget", "-qO-", "http://[" + ipv6Address(2) + "]:8080/"))
        .isEqualTo("pod 2");
    cluster.policies.clear();
    table.apply(cluster.model("n1"));
    assertThat(tables()).doesNotContain(TABLE);
    assertThat(getByIpv6(4, 2)).isEqualTo("pod 2");
  }

  @Test
  void aBlockIsOfOneFamily() throws Exception {
    policy(
        "y/out",
        "{'podSelector':{},'policyTypes':['Egress'],'egress':[{'to':[{'ipBlock':{'cidr':'fd00:99::/64','except':['fd00:99::3/128']}}]}]}");
    assertThat(getByIpv6(4, 2)).isEqualTo("pod 2");
    assertThat(getByIpv6(4, 3)).isEmpty();
    assertThat(get(4, 2)).isEmpty();
    cluster.policies.clear();
    policy(
        "y/out",
        "{'podSelector':{},'policyTypes':['Egress'],'egress':[{'to':[{'ipBlock':{'cidr':'0.0.0.0/0'}}]}]}");
    assertThat(get(4, 2)).isEqualTo("pod 2");
    assertThat(getByIpv6(4, 2)).isEmpty();
  }

  @Test
  void podsOfIpv4AloneHaveNoTableOfIpv6() throws Exception {
    cluster.pods.clear();
    cluster.pod("x/a", "n1", address(2), "{'pod':'a'}", WEB);
    policy("x/in", "{'podSelector':{}}");
    assertThat(tables()).contains("table ip " + TABLE).doesNotContain("ip6 " + TABLE);
    assertThat(get(4, 2)).isEmpty();
  }

  @Test
  void egressIsDeniedButToWhatIsAllowed() throws Exception {
    policy(
        "y/out",
        "{'podSelector':{},'policyTypes':['Egress'],'egress':[{'to':[{'ipBlock':{'cidr':'10.99.0.0/24','except':['10.99.0.3/32']}}]}]}");
    assertThat(get(4, 2)).isEqualTo("pod 2");
    assertThat(get(4, 3)).isEmpty();
    assertThat(get(2, 3)).isEqualTo("pod 3");
  }

  @Test
  void aConnectionThatIsOpenStaysOpenWhenItsPolicyComes() throws Exception {
    echo(2);
    Process client = inBackground(4, "nc", address(2), "9000");
    BufferedReader answers = client.inputReader(StandardCharsets.US_ASCII);
    assertThat(ask(client.getOutputStream(), answers, "before")).isEqualTo("before");
    policy("x/in", "{'podSelector':{}}");
    assertThat(ask(client.getOutputStream(), answers, "after")).isEqualTo("after");
    assertThat(get(4, 2)).isEmpty();
  }

  @Test
  void withoutIsolatedPodsThereIsNoTable() throws Exception {
    table.apply(cluster.model("n1"));
    assertThat(tables()).doesNotContain(TABLE);
    policy("x/in", "{'podSelector':{}}");
    assertThat(tables()).contains(TABLE);
    cluster.policies.clear();
    table.apply(cluster.model("n1"));
    assertThat(tables()).doesNotContain(TABLE);
    assertThat(get(4, 2)).isEqualTo("pod 2");
  }

  @Test
  void whatAnEarlierProcessLeftHoldsUntilItIsReplaced() throws Exception {
    policy("x/in", "{'podSelector':{}}");
    NftPolicyTable next = new NftPolicyTable(nft, TABLE);
    assertThat(get(4, 2)).isEmpty();
    cluster.policies.clear();
    policyOnly("x/in", "{'podSelector':{'matchLabels':{'pod':'b'}}}");
    next.apply(cluster.model("n1"));
    assertThat(get(4, 2)).isEqualTo("pod 2");
    assertThat(get(4, 3)).isEmpty();
    next.remove();
    assertThat(tables()).doesNotContain(TABLE);
  }

  @Test
  void aTableThatSomebodyTookAwayIsMadeAnewAfterTheFailure() throws Exception {
    policy("x/in", "{'podSelector':{}}");
    inNode("nft", "delete", "table", "ip", TABLE);
    policyOnly("y/in", "{'podSelector':{}}");
    assertThatThrownBy(() -> table.apply(cluster.model("n1"))).isInstanceOf(IOException.class);
    table.apply(cluster.model("n1"));
    assertThat(get(4, 2)).isEmpty();
  }

  /** However the kernel got there, it has what one who starts now would give it. */
  @Test
  void changesOfOneAnotherLeadWhereAFreshStartLeads() throws Exception {
    long seed = 4_711;
    Random random = new Random(seed);
    for (int i = 0; i < 60; i++) {
      RuleModel model = RandomCluster.of(random).model("n1");
      table.apply(model);
      NftPolicyTable fresh = new NftPolicyTable(nft, FRESH);
      fresh.apply(model);
      Map<String, List<String>> held = wordsOfTables();
      for (String family : List.of("ip", "ip6")) {
        assertThat(held.get(family + " " + TABLE))
            .as("%s, seed %d, step %d", family, seed, i)
            .isEqualTo(held.get(family + " " + FRESH));
      }
      fresh.remove();
    }
  }

  /** What every table says but its name, by its family and name. */
  private Map<String, List<String>> wordsOfTables() throws Exception {
    Map<String, List<String>> words = new HashMap<>();
    for (String table :
        output("ip", "netns", "exec", node, "nft", "list", "ruleset").split("(?m)^table ")) {
      String key = table.split(" \\{")[0];
      String name = key.substring(key.indexOf(' ') + 1);
      words.put(key, Stream.of(table.replace(name, "").split("[\\s,]+")).sorted().toList());
    }
    assertThat(words).containsKey("inet services");
    return words;
  }

  private void policy(String key, String spec) throws IOException {
    policyOnly(key, spec);
    table.apply(cluster.model("n1"));
  }

  private void policyOnly(String key, String spec) {
    cluster.policy(key, spec);
  }

  private static String ask(OutputStream out, BufferedReader answers, String word)
      throws Exception {
    out.write((word + "\n").getBytes(StandardCharsets.US_ASCII));
    out.flush();
    return CompletableFuture.supplyAsync(
            () -> {
              try {
                return answers.readLine();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            })
        .get(10, TimeUnit.SECONDS);
  }

  private void serve(int pod) throws Exception {
    Path root = Files.createDirectory(directory.resolve("pod" + pod));
    Files.writeString(root.resolve("index.html"), "pod " + pod);
    inBackground(pod, "httpd", "-f", "-p", "[::]:8080", "-h", root.toString());
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> get(pod, "127.0.0.1").equals("pod " + pod));
  }

  private void echo(int pod) throws Exception {
    inBackground(pod, "nc", "-ll", "-p", "9000", "-e", "/bin/busybox", "cat");
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() ->
            output("ip", "netns", "exec", pod(pod), "busybox", "netstat", "-ltn")
                .contains(":9000"));
  }

  private Process inBackground(int pod, String... busybox) throws IOException {
    List<String> command = new ArrayList<>(List.of("ip", "netns", "exec", pod(pod), "busybox"));
    command.addAll(List.of(busybox));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    servers.add(process);
    return process;
  }

  private String get(int from, int to) throws Exception {
    return get(from, address(to));
  }

  private String getByIpv6(int from, int to) throws Exception {
    return get(from, "[" + ipv6Address(to) + "]");
  }

  private String get(int from, String address) throws Exception {
    return inNamespace(pod(from), "wget", "-qO-", "http://" + address + ":8080/");
  }

  private static String inNamespace(String namespace, String... busybox) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of("ip", "netns", "exec", namespace, "busybox", "timeout", "3", "busybox"));
    command.addAll(List.of(busybox));
    return output(command.toArray(String[]::new));
  }

  private String tables() throws Exception {
    return output("ip", "netns", "exec", node, "nft", "list", "tables");
  }

  private static String address(int pod) {
    return "10.99.0." + pod;
  }

  private static String ipv6Address(int pod) {
    return "fd00:99::" + pod;
  }

  private static String both(int pod) {
    return address(pod) + "," + ipv6Address(pod);
  }

  private String pod(int i) {
    return "cpq" + i + id;
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

  private static String output(String... command) throws Exception {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }
}
