package dev.coracle.criruntime;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.criruntime.internal.image.FileTrees;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.TestInstance;

/** The same contract on a real containerd, so that the suite asks for what the world has. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Order(1)
class ContainerdContractTest extends CriContractSuite {
  private static final Path BINARY = Path.of("/usr/bin/containerd");
  private static final Path CNI = Path.of("/usr/lib/cni");
  private static final String PAUSE = "localhost/test/pause:1";

  private Path root;
  private Vertx vertx;
  private Process containerd;
  private CriClient client;
  private String bridge;

  @BeforeAll
  void startContainerd() throws Exception {
    assumeTrue(Files.isExecutable(BINARY), "needs containerd (Debian: containerd)");
    assumeTrue(
        Files.isExecutable(CNI.resolve("bridge")),
        "needs CNI plugins (Debian: containernetworking-plugins)");
    assumeTrue(Files.isWritable(Path.of("/sys/class/net")) || isRoot(), "needs root");
    root = Files.createTempDirectory(Path.of("/tmp"), "ctd");
    vertx = TestVertx.create();
    bridge = "ctd" + UUID.randomUUID().toString().substring(0, 6);
    Path conf = Files.createDirectories(root.resolve("cni"));
    Files.writeString(
        conf.resolve("10-test.conflist"),
        """
        {"cniVersion": "0.4.0", "name": "%1$s", "plugins": [
          {"type": "bridge", "bridge": "%1$s", "isGateway": true, "ipMasq": false,
           "ipam": {"type": "host-local", "dataDir": "%2$s", "ranges": [[{"subnet": "10.199.200.0/24"}]],
                    "routes": [{"dst": "0.0.0.0/0"}]}},
          {"type": "portmap", "capabilities": {"portMappings": true}}]}
        """
            .formatted(bridge, root.resolve("ipam")));
    mountNamedNamespaces();
    Path config = root.resolve("config.toml");
    Files.writeString(
        config,
        """
        version = 2
        root = "%1$s/root"
        state = "%1$s/state"
        [grpc]
          address = "%1$s/c.sock"
        [plugins."io.containerd.grpc.v1.cri"]
          sandbox_image = "%2$s"
          restrict_oom_score_adj = true
          disable_apparmor = true
          stream_server_address = "127.0.0.1"
          stream_server_port = "0"
          [plugins."io.containerd.grpc.v1.cri".containerd]
            snapshotter = "overlayfs"
          [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
            runtime_type = "io.containerd.runc.v2"
            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
              SystemdCgroup = false
          [plugins."io.containerd.grpc.v1.cri".cni]
            bin_dir = "%3$s"
            conf_dir = "%4$s"
        """
            .formatted(root, PAUSE, CNI, conf));
    containerd =
        new ProcessBuilder(BINARY.toString(), "--config", config.toString())
            .redirectErrorStream(true)
            .redirectOutput(root.resolve("log").toFile())
            .start();
    Path socket = root.resolve("c.sock");
    await().atMost(Duration.ofSeconds(20)).until(() -> Files.exists(socket));
    load(BusyboxImage.builder(), "busybox.tar");
    load(
        new ImageBuilder(PAUSE)
            .file("/bin/busybox", Path.of("/bin/busybox"), 0755)
            .entrypoint("/bin/busybox", "sleep", "2147483647"),
        "pause.tar");
    client = new CriClient(vertx, socket);
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() ->
            client.status().getStatus().getConditionsList().stream()
                .allMatch(dev.coracle.cri.v1.RuntimeCondition::getStatus));
  }

  /**
   * The first {@code ip netns add} since the machine's start mounts the directory of the names onto
   * itself. Done while containerd has a pod, it would hide the pod's namespace and keep it for
   * good.
   */
  private void mountNamedNamespaces() throws Exception {
    for (String verb : List.of("add", "del")) {
      new ProcessBuilder("ip", "netns", verb, bridge).start().waitFor(10, TimeUnit.SECONDS);
    }
  }

  private static boolean isRoot() throws IOException {
    return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
  }

  private void load(ImageBuilder builder, String name) throws Exception {
    Path archive = root.resolve(name);
    builder.writeArchive(archive);
    Process ctr =
        new ProcessBuilder(
                "ctr",
                "-a",
                root.resolve("c.sock").toString(),
                "-n",
                "k8s.io",
                "images",
                "import",
                archive.toString())
            .redirectErrorStream(true)
            .redirectOutput(root.resolve("ctr.log").toFile())
            .start();
    assumeTrue(
        ctr.waitFor(60, TimeUnit.SECONDS) && ctr.exitValue() == 0,
        () -> "ctr did not import: " + read(root.resolve("ctr.log")));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  @AfterAll
  void stopContainerd() throws Exception {
    if (client != null) {
      client.close();
    }
    if (containerd != null) {
      containerd.destroy();
      containerd.waitFor(20, TimeUnit.SECONDS);
    }
    if (bridge != null) {
      new ProcessBuilder("ip", "link", "del", bridge).start().waitFor(10, TimeUnit.SECONDS);
    }
    if (vertx != null) {
      CriClient.get(vertx.close());
    }
    if (root != null) {
      FileTrees.delete(root);
    }
  }

  @Override
  protected CriClient client() {
    return client;
  }

  @Override
  protected Vertx vertx() {
    return vertx;
  }

  @Override
  protected String image() {
    return BusyboxImage.NAME;
  }

  @Override
  protected boolean tellsEvents() {
    return false;
  }

  @Override
  protected String streamProtocol() {
    return "v4.channel.k8s.io";
  }

  /**
   * On cgroup v1 its shim drops the kernel's notice where the cgroup is gone by the time it looks,
   * which under load happens to one kill in four.
   */
  @Override
  protected boolean missesKills() {
    return true;
  }
}
