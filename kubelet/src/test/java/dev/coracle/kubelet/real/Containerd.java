package dev.coracle.kubelet.real;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.kubelet.internal.host.FsCgroups;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;

/**
 * A containerd of its own for a test: own root, state, socket, bridge and images; nothing of it
 * stays.
 */
public final class Containerd implements KubeletOnRuntime.RealRuntime {
  public static final String IMAGE = "test.local/busybox:1";
  private final Path root;
  private final String bridge;
  private Process process;

  private Containerd(Path root, String bridge) {
    this.root = root;
    this.bridge = bridge;
  }

  public static Containerd start() throws Exception {
    Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "containers need root");
    for (String tool : List.of("containerd", "ctr", "runc", "tar")) {
      Assumptions.assumeTrue(find(tool), tool + " is not installed");
    }
    Assumptions.assumeTrue(
        Files.exists(Path.of("/bin/busybox")), "busybox-static is not installed");
    Assumptions.assumeTrue(
        Files.isDirectory(Path.of("/usr/lib/cni")),
        "CNI plugins are not installed in /usr/lib/cni");
    int n = Subnets.next();
    Containerd c = new Containerd(Files.createTempDirectory("kubelet-ctrd"), "klt" + n);
    try {
      c.configure(n);
      c.mountNamedNamespaces();
      c.launch();
      c.importImages();
    } catch (Exception | Error e) {
      c.close();
      throw e;
    }
    return c;
  }

  private static boolean find(String tool) {
    for (String dir : System.getenv("PATH").split(":")) {
      if (Files.isExecutable(Path.of(dir, tool))) {
        return true;
      }
    }
    return false;
  }

  @Override
  public String endpoint() {
    return "unix://" + root.resolve("containerd.sock");
  }

  private void configure(int n) throws IOException {
    int port;
    try (ServerSocket s = new ServerSocket(0)) {
      port = s.getLocalPort();
    }
    Files.createDirectories(root.resolve("cni"));
    Files.writeString(
        root.resolve("cni/10-test.conflist"),
        """
        {"cniVersion":"0.4.0","name":"%1$s","plugins":[
          {"type":"bridge","bridge":"%1$s","isGateway":true,"ipMasq":false,
           "ipam":{"type":"host-local","dataDir":"%3$s/ipam","ranges":[[{"subnet":"10.199.%2$d.0/24"}]],"routes":[{"dst":"0.0.0.0/0"}]}},
          {"type":"portmap","capabilities":{"portMappings":true}}]}
        """
            .formatted(bridge, n, root));
    Files.writeString(
        root.resolve("config.toml"),
        """
        version = 2
        root = "%1$s/root"
        state = "%1$s/state"
        [grpc]
          address = "%1$s/containerd.sock"
        [plugins."io.containerd.grpc.v1.cri"]
          sandbox_image = "test.local/pause:1"
          restrict_oom_score_adj = true
          disable_apparmor = true
          stream_server_address = "127.0.0.1"
          stream_server_port = "%2$d"
          [plugins."io.containerd.grpc.v1.cri".containerd]
            snapshotter = "overlayfs"
            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
              runtime_type = "io.containerd.runc.v2"
              [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
                SystemdCgroup = false
          [plugins."io.containerd.grpc.v1.cri".cni]
            bin_dir = "/usr/lib/cni"
            conf_dir = "%1$s/cni"
        """
            .formatted(root, port));
  }

  /**
   * The first {@code ip netns add} since the machine's start mounts the directory of the names onto
   * itself. Done while containerd has a pod, it would hide the pod's namespace and keep it for
   * good.
   */
  private void mountNamedNamespaces() throws IOException, InterruptedException {
    for (String verb : List.of("add", "del")) {
      new ProcessBuilder("ip", "netns", verb, bridge).start().waitFor(10, TimeUnit.SECONDS);
    }
  }

  /** Starts it, also once more. */
  public void launch() throws IOException {
    process =
        new ProcessBuilder("containerd", "-c", root.resolve("config.toml").toString())
            .redirectErrorStream(true)
            .redirectOutput(root.resolve("log").toFile())
            .start();
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> ctr("version") == 0);
  }

  /** Ends containerd at once; containers go on. */
  public void kill() throws InterruptedException {
    process.destroyForcibly();
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
  }

  /** Imports an image archive, as {@code ctr images import} does. */
  public void importImage(Path archive) throws IOException, InterruptedException {
    assertThat(ctr("images", "import", archive.toString())).as("import of " + archive).isZero();
  }

  /** What {@code ctr containers ls} lists: empty where every pod is gone. */
  public String containers() throws IOException, InterruptedException {
    assertThat(ctr("containers", "ls", "-q")).isZero();
    return Files.readString(root.resolve("ctr.log"));
  }

  private int ctr(String... args) throws IOException, InterruptedException {
    List<String> command = new java.util.ArrayList<>();
    command.addAll(
        List.of("ctr", "-a", root.resolve("containerd.sock").toString(), "-n", "k8s.io"));
    command.addAll(List.of(args));
    Process p =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(root.resolve("ctr.log").toFile())
            .start();
    return p.waitFor(60, TimeUnit.SECONDS) ? p.exitValue() : -1;
  }

  private void importImages() throws Exception {
    Path fs = Files.createDirectories(root.resolve("fs/bin"));
    Files.copy(Path.of("/bin/busybox"), fs.resolve("busybox"));
    for (String applet :
        List.of(
            "sh",
            "sleep",
            "echo",
            "cat",
            "nc",
            "httpd",
            "id",
            "env",
            "ls",
            "hostname",
            "touch",
            "kill",
            "true",
            "false",
            "wget",
            "dd",
            "readlink",
            "stat",
            "mkdir",
            "date",
            "ps",
            "mount",
            "grep")) {
      Files.createSymbolicLink(fs.resolve(applet), Path.of("busybox"));
    }
    for (String dir : List.of("etc", "tmp", "proc", "sys", "dev", "root")) {
      Files.createDirectories(root.resolve("fs").resolve(dir));
    }
    Files.writeString(root.resolve("fs/etc/passwd"), "root:x:0:0::/root:/bin/sh\n");
    run(
        "tar",
        "-C",
        root.resolve("fs").toString(),
        "-cf",
        root.resolve("layer.tar").toString(),
        ".");
    String digest = sha256(root.resolve("layer.tar"));
    image("busybox", digest, "[\"/bin/sh\"]");
    image("pause", digest, "[\"/bin/sleep\",\"1000000\"]");
  }

  private void image(String name, String digest, String cmd) throws Exception {
    Path dir = Files.createDirectories(root.resolve("img-" + name));
    Files.copy(root.resolve("layer.tar"), dir.resolve("layer.tar"));
    Files.writeString(
        dir.resolve("config.json"),
        """
        {"architecture":"amd64","os":"linux","config":{"Cmd":%s,"Env":["PATH=/bin"]},
         "rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[{"created_by":"test"}]}
        """
            .formatted(cmd, digest));
    Files.writeString(
        dir.resolve("manifest.json"),
        "[{\"Config\":\"config.json\",\"RepoTags\":[\"test.local/%s:1\"],\"Layers\":[\"layer.tar\"]}]"
            .formatted(name));
    Path tar = root.resolve(name + ".tar");
    run(
        "tar",
        "-C",
        dir.toString(),
        "-cf",
        tar.toString(),
        "manifest.json",
        "config.json",
        "layer.tar");
    assertThat(ctr("images", "import", tar.toString())).isZero();
  }

  private static String sha256(Path file) throws Exception {
    byte[] digest =
        java.security.MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
    return java.util.HexFormat.of().formatHex(digest);
  }

  private void run(String... command) throws IOException, InterruptedException {
    Process p = new ProcessBuilder(command).inheritIO().start();
    assertThat(p.waitFor()).isZero();
  }

  @Override
  public String image() {
    return IMAGE;
  }

  @Override
  public String name() {
    return "containerd";
  }

  @Override
  public String podPrefix() {
    return "10.199.";
  }

  @Override
  public Path root() {
    return root;
  }

  @Override
  public void close() throws Exception {
    if (process != null && process.isAlive()) {
      new ProcessBuilder(
              "sh",
              "-c",
              "for t in $(ctr -a "
                  + root
                  + "/containerd.sock -n k8s.io tasks ls -q); do ctr -a "
                  + root
                  + "/containerd.sock -n k8s.io tasks kill -s 9 $t; done 2>/dev/null; sleep 0.3;"
                  + " for t in $(ctr -a "
                  + root
                  + "/containerd.sock -n k8s.io tasks ls -q); do ctr -a "
                  + root
                  + "/containerd.sock -n k8s.io tasks rm -f $t; done; true")
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor(30, TimeUnit.SECONDS);
      process.destroy();
      process.waitFor(10, TimeUnit.SECONDS);
    }
    ProcessHandle.allProcesses()
        .filter(p -> p.info().commandLine().orElse("").contains(root.toString()))
        .forEach(ProcessHandle::destroyForcibly);
    new ProcessBuilder(
            "sh",
            "-c",
            "awk '{print $5}' /proc/self/mountinfo | grep '^"
                + root
                + "' | sort -r | xargs -r -n1 umount -l;"
                + " ip link del "
                + bridge
                + "; rm -rf "
                + root)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor(30, TimeUnit.SECONDS);
    FsCgroups.below("coracle-" + root.getFileName()).removeAll();
  }
}
