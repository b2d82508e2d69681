package dev.coracle.proxy.internal.nft;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
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
    run("ip", "netns", "add", node);
    run("ip", "netns", "add", outside);
    inNode("ip", "link", "set", "lo", "up");
    inNode("ip", "link", "add", "br0", "type", "bridge");
    inNode("ip", "addr", "add", "10.99.0.1/24", "dev", "br0");
    inNode("sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/br0/accept_dad");
    inNode("ip", "addr", "add", "fd00:99::1/64", "dev", "br0", "nodad");
    inNode("ip", "link", "set", "br0", "up");
    run("ip", "-n", node, "link", "add", "up0", "type", "veth", "peer", "up1", "netns", outside);
    inNode("ip", "link", "set", "up0", "up");
    run("ip", "-n", outside, "link", "set", "up1", "up");
    run("ip", "-n", outside, "addr", "add", OUTSIDE + "/24", "dev", "up1");
    run("ip", "-n", outside, "addr", "add", "2001:db8:77::2/64", "dev", "up1", "nodad");
    run("ip", "-n", outside, "route", "add", "203.0.113.0/24", "via", "192.168.77.1");
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
    Files.writeString(nft, "#!/bin/sh\nexec ip netns exec " + node + " /usr/sbin/nft \"$@\"\n");
    Files.setPosixFilePermissions(nft, PosixFilePermissions.fromString("rwx------"));
  }

  @Override
  public void close() throws Exception {
    for (Process server : servers) {
      server.destroyForcibly().waitFor(5, TimeUnit.SECONDS);
    }
    for (int i = 2; i <= 4; i++) {
      output("ip", "netns", "del", pod(i));
    }
    output("ip", "netns", "del", outside);
    output("ip", "netns", "del", node);
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
