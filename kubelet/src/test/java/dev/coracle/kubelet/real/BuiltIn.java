package dev.coracle.kubelet.real;

import dev.coracle.criruntime.CriRuntime;
import dev.coracle.criruntime.ImageBuilder;
import dev.coracle.criruntime.config.CriRuntimeOptions;
import dev.coracle.criruntime.config.NetworkOptions;
import dev.coracle.kubelet.internal.host.FsCgroups;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** The built-in runtime for a test, with whatever it finds on this machine; nothing of it stays. */
final class BuiltIn {
  private BuiltIn() {}

  static KubeletOnRuntime.RealRuntime start(Vertx onVertx) throws Exception {
    return start(onVertx, Files.createTempDirectory("klet"), List.of());
  }

  /**
   * @param root a directory, short enough for sockets, that is removed at the end; CNI is used
   *     where it has a configuration in {@code cni}
   * @param plugins where CNI plugins are
   */
  static KubeletOnRuntime.RealRuntime start(Vertx onVertx, Path root, List<Path> plugins)
      throws Exception {
    Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "containers need root");
    Assumptions.assumeTrue(
        Files.exists(Path.of("/bin/busybox")), "busybox-static is not installed");
    int n = Subnets.next();
    CriRuntime runtime =
        new CriRuntime(
            onVertx,
            CriRuntimeOptions.of(root.resolve("cri"), String.format("k%05x", n))
                .withNetwork(
                    NetworkOptions.defaults()
                        .withCni(root.resolve("cni"), plugins)
                        .withPodCidr("10.197." + n + ".0/24")),
            new SimpleMeterRegistry());
    String image = "localhost/test/busybox:1";
    ImageBuilder builder =
        new ImageBuilder(image).file("/bin/busybox", Path.of("/bin/busybox"), 0755);
    for (String applet :
        List.of("sh", "sleep", "echo", "cat", "httpd", "touch", "true", "mkdir", "test", "ls")) {
      builder.symlink("/bin/" + applet, "busybox");
    }
    builder.directory("/tmp", 01777).env("PATH", "/bin").cmd("sh").buildInto(runtime.images());
    runtime.start().await().atMost(Duration.ofSeconds(60));
    System.out.println(runtime.describe());
    return new KubeletOnRuntime.RealRuntime() {
      @Override
      public String endpoint() {
        return "unix://" + runtime.socket();
      }

      @Override
      public Path root() {
        return root;
      }

      @Override
      public String image() {
        return image;
      }

      @Override
      public String name() {
        return "coracle";
      }

      @Override
      public String podPrefix() {
        return "10.197." + n + ".";
      }

      @Override
      public void close() throws Exception {
        runtime.stop(false).await().atMost(Duration.ofSeconds(60));
        delete(root);
        FsCgroups.below("coracle-" + root.getFileName()).removeAll();
      }
    };
  }

  private static void delete(Path root) throws IOException {
    try (var all = Files.walk(root)) {
      for (Path p : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(p);
      }
    }
  }
}
