package dev.coracle.kubelet.server;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.criruntime.CriRuntime;
import dev.coracle.criruntime.ImageBuilder;
import dev.coracle.criruntime.config.CriRuntimeOptions;
import dev.coracle.criruntime.config.NetworkOptions;
import dev.coracle.kubelet.real.Subnets;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;

/** Streams of the built-in runtime, by WebSocket v5. */
class BuiltInStreamingTest extends RuntimeStreamingSuite {
  @Override
  Runtime start(Vertx onVertx) throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "containers need root");
    assumeTrue(Files.exists(Path.of("/bin/busybox")), "busybox-static is not installed");
    Path root = Files.createTempDirectory("kstr");
    int n = Subnets.next();
    CriRuntime runtime =
        new CriRuntime(
            onVertx,
            CriRuntimeOptions.of(root.resolve("cri"), String.format("s%05x", n))
                .withNetwork(
                    NetworkOptions.defaults()
                        .withCni(root.resolve("no-cni"), List.of())
                        .withPodCidr("10.196." + n + ".0/24")),
            new SimpleMeterRegistry());
    String image = "localhost/test/busybox:1";
    ImageBuilder builder =
        new ImageBuilder(image).file("/bin/busybox", Path.of("/bin/busybox"), 0755);
    for (String applet : List.of("sh", "sleep", "echo", "cat", "nc", "readlink", "true")) {
      builder.symlink("/bin/" + applet, "busybox");
    }
    builder.directory("/tmp", 01777).env("PATH", "/bin").cmd("sh").buildInto(runtime.images());
    runtime.start().await().atMost(Duration.ofSeconds(60));
    return new Runtime() {
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
      public void close() throws Exception {
        runtime.stop(false).await().atMost(Duration.ofSeconds(60));
        try (var all = Files.walk(root)) {
          for (Path p : all.sorted(Comparator.reverseOrder()).toList()) {
            Files.deleteIfExists(p);
          }
        }
      }
    };
  }
}
