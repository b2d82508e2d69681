package dev.coracle.proxy.internal.nft;

import static org.assertj.core.api.Assumptions.assumeThat;

import dev.coracle.api.ProgramFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/**
 * A node made of network namespaces of its own: pods 2 to 4 are on its bridge at {@code 10.99.0.N}
 * and {@code fd00:99::N}, of which 2 and 3 serve HTTP on port 8080, and beyond its uplink {@code
 * 192.168.77.1} is a client outside of the cluster, {@code 192.168.77.2}, with a way to {@code
 * 203.0.113.0/24} by this node. A server says {@code pod N}, and at {@code /cgi-bin/client} its
 * client's address.
 */
final class NodeOfNamespaces implements AutoCloseable {

  static final String OUTSIDE = "192.168.77.2";

  private final Path directory;
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private final String id =
      Long.toString(ProcessHandle.current().pid(), 36) + "_" + NUMBER.incrementAndGet();
  final String node = "cpn" + id;
  private final String outside = "cpo" + id;
  private final List<Process> servers = new ArrayList<>();

  /** The program nft, run in the node. */
  final Path nft;

  NodeOfNamespaces(Path directory) throws Exception {
    this.directory = directory;
    this.nft = directory.resolve("nft");
    assumeThat(System.getProperty("user.name")).as("needs root").isEqualTo("root");
    for (String program : List.of("/usr/sbin/nft", "/bin/busybox")) {
      assumeThat(Path.of(program)).as("needs " + program).exists();
    }
    IpBatch.here()
        .add("netns add " + node)
        .add("netns add " + outside)
        .add("netns add " + pod(2))
        .add("netns add " + pod(3))
        .add("netns add " + pod(4))
        .run();
    inNode("sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad");
    IpBatch inNode =
        IpBatch.in(node)
            .add("link set lo up")
            .add("link add br0 type bridge")
            .add("addr add 10.99.0.1/24 dev br0")
            .add("addr add fd00:99::1/64 dev br0 nodad")
            .add("link set br0 up")
            .add("link add up0 type veth peer up1 netns " + outside)
            .add("link set up0 up");
    for (int i = 2; i <= 4; i++) {
      inNode
          .add("link add v" + i + " type veth peer eth0 netns " + pod(i))
          .add("link set v" + i + " master br0 up")
          .add("link set v" + i + " type bridge_slave hairpin on");
    }
    inNode.run();
    IpBatch.in(outside)
        .add("link set up1 up")
        .add("addr add " + OUTSIDE + "/24 dev up1")
        .add("addr add 2001:db8:77::2/64 dev up1 nodad")
        .add("route add 203.0.113.0/24 via 192.168.77.1")
        .run();
    IpBatch.in(node)
        .add("addr add 192.168.77.1/24 dev up0")
        .add("route add default via 192.168.77.2")
        .add("addr add 2001:db8:77::1/64 dev up0 nodad")
        .add("route add default via 2001:db8:77::2")
        .run();
    for (int i = 2; i <= 4; i++) {
      IpBatch.in(pod(i))
          .add("link set lo up")
          .add("addr add 10.99.0." + i + "/24 dev eth0")
          .add("link set eth0 up")
          .add("route add default via 10.99.0.1")
          .add("addr add fd00:99::" + i + "/64 dev eth0 nodad")
          .add("route add default via fd00:99::1")
          .run();
    }
    serve(2);
    serve(3);
    inNode(
        "sh",
        "-c",
        "for f in iptables ip6tables; do echo 1 > /proc/sys/net/bridge/bridge-nf-call-$f; done;"
            + " echo 1 > /proc/sys/net/ipv6/conf/all/forwarding; echo 1 > /proc/sys/net/ipv4/ip_forward");
    ProgramFile.write(nft, "#!/bin/sh\nexec ip netns exec " + node + " /usr/sbin/nft \"$@\"\n");
  }

  @Override
  public void close() throws Exception {
    for (Process server : servers) {
      server.destroyForcibly().waitFor(5, TimeUnit.SECONDS);
    }
    IpBatch.here()
        .add("netns del " + pod(2))
        .add("netns del " + pod(3))
        .add("netns del " + pod(4))
        .add("netns del " + outside)
        .add("netns del " + node)
        .runAll();
  }

  private void serve(int pod) throws Exception {
    Path root = Files.createDirectory(directory.resolve("pod" + pod));
    Files.writeString(root.resolve("index.html"), "pod " + pod);
    Path client = Files.createDirectory(root.resolve("cgi-bin")).resolve("client");
    ProgramFile.write(
        client,
        "#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\n%s' \"$(echo $REMOTE_ADDR | tr -d '[]' | sed s/::ffff://)\"\n");
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

  String get(int pod, String url) throws Exception {
    return output(
        "ip", "netns", "exec", pod(pod), "busybox", "timeout", "20", "busybox", "wget", "-qO-",
        url);
  }

  String getFromNode(String url) throws Exception {
    return output(
        "ip", "netns", "exec", node, "busybox", "timeout", "20", "busybox", "wget", "-qO-", url);
  }

  /** What the client outside of the cluster gets; empty where nothing comes within two seconds. */
  String getFromOutside(String url) throws Exception {
    return output(
        "ip", "netns", "exec", outside, "busybox", "timeout", "2", "busybox", "wget", "-qO-", url);
  }

  String rules(String table) throws Exception {
    return output("ip", "netns", "exec", node, "nft", "list", "table", "ip", table);
  }

  String pod(int i) {
    return "cp" + i + id;
  }

  void inNode(String... command) throws Exception {
    List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", node));
    all.addAll(List.of(command));
    run(all.toArray(String[]::new));
  }

  static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + ": " + output);
    }
  }

  static String output(String... command) throws Exception {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }
}
