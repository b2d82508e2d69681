package dev.coracle.criruntime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.cri.v1.ContainerConfig;
import dev.coracle.cri.v1.ContainerMetadata;
import dev.coracle.cri.v1.ImageSpec;
import dev.coracle.cri.v1.PodSandboxConfig;
import dev.coracle.cri.v1.PodSandboxMetadata;
import dev.coracle.cri.v1.PortMapping;
import dev.coracle.criruntime.config.CriRuntimeOptions;
import dev.coracle.criruntime.config.CriRuntimeOptions.RuntimeChoice;
import dev.coracle.criruntime.config.NetworkOptions;
import dev.coracle.criruntime.internal.image.FileTrees;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A pod by real CNI plugins, where there is a configuration for them. */
class CniNetworkTest {
  private static final Path PLUGINS = Path.of("/usr/lib/cni");

  @Test
  void connectsPodsByPlugins() throws Exception {
    assumeTrue(
        Files.isExecutable(PLUGINS.resolve("bridge")),
        "needs CNI plugins (Debian: containernetworking-plugins)");
    Path root = Files.createTempDirectory(Path.of("/tmp"), "cri");
    String bridge = "cni" + root.getFileName().toString().substring(3, 9);
    Path conf = Files.createDirectory(root.resolve("cni"));
    Files.writeString(
        conf.resolve("10-test.conflist"),
        """
        {"cniVersion": "0.4.0", "name": "%1$s", "plugins": [
          {"type": "bridge", "bridge": "%1$s", "isGateway": true,
           "ipam": {"type": "host-local", "dataDir": "%2$s",
                    "ranges": [[{"subnet": "10.199.210.0/24"}]],
                    "routes": [{"dst": "0.0.0.0/0"}]}},
          {"type": "portmap", "capabilities": {"portMappings": true}}]}
        """
            .formatted(bridge, root.resolve("ipam")));
    Vertx vertx = TestVertx.create();
    CriRuntimeOptions options =
        CriRuntimeOptions.of(root, root.getFileName().toString())
            .withRuntime(RuntimeChoice.NAMESPACES)
            .withNetwork(NetworkOptions.defaults().withCni(conf, List.of(PLUGINS)));
    CriRuntime runtime;
    try {
      runtime = new CriRuntime(vertx, options, new SimpleMeterRegistry());
    } catch (IllegalStateException e) {
      assumeTrue(false, e.getMessage());
      return;
    }
    BusyboxImage.builder().buildInto(runtime.images());
    runtime.start().await().atMost(Duration.ofSeconds(20));
    try (CriClient cri = new CriClient(vertx, options.socket())) {
      int port;
      try (ServerSocket s = new ServerSocket(0)) {
        port = s.getLocalPort();
      }
      PodSandboxConfig pod =
          PodSandboxConfig.newBuilder()
              .setMetadata(
                  PodSandboxMetadata.newBuilder().setName("p").setNamespace("d").setUid("u"))
              .setHostname("p")
              .addPortMappings(PortMapping.newBuilder().setContainerPort(8080).setHostPort(port))
              .build();
      String sandbox = cri.run(pod);
      assertThat(cri.sandboxStatus(sandbox).getNetwork().getIp()).startsWith("10.199.210.");
      String id =
          cri.create(
              sandbox,
              pod,
              ContainerConfig.newBuilder()
                  .setMetadata(ContainerMetadata.newBuilder().setName("c"))
                  .setImage(ImageSpec.newBuilder().setImage(BusyboxImage.NAME))
                  .addCommand("sh")
                  .addCommand("-c")
                  .addArgs("while :; do echo mapped | nc -l -p 8080; done")
                  .build());
      cri.start(id);
      await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() ->
              assertThat(
                      cri.exec(id, "sh", "-c", "nc -w 1 127.0.0.1 8080 </dev/null")
                          .getStdout()
                          .toStringUtf8())
                  .isEqualTo("mapped\n"));
      await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() -> {
            try (Socket s = new Socket()) {
              s.connect(new InetSocketAddress("127.0.0.1", port), 1000);
              s.setSoTimeout(2000);
              assertThat(new String(s.getInputStream().readNBytes(6))).isEqualTo("mapped");
            }
          });
    } finally {
      runtime.stop(false).await().atMost(Duration.ofSeconds(20));
      new ProcessBuilder("ip", "link", "del", bridge).start().waitFor();
      CriClient.get(vertx.close());
      FileTrees.delete(root);
    }
  }
}
