package dev.coracle.cridocker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.cri.v1.ContainerConfig;
import dev.coracle.cri.v1.ImageSpec;
import dev.coracle.cri.v1.Mount;
import dev.coracle.cri.v1.NamespaceMode;
import dev.coracle.cri.v1.PodSandboxConfig;
import dev.coracle.cridocker.config.DockerOptions;
import dev.coracle.criruntime.BusyboxImage;
import dev.coracle.criruntime.CriClient;
import dev.coracle.criruntime.CriContractSuite;
import dev.coracle.criruntime.TestVertx;
import dev.coracle.criruntime.config.NetworkOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcStatus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The contract of a CRI runtime on a real Docker Engine. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DockerContractTest extends CriContractSuite {
  private Vertx vertx;
  private DockerDaemon daemon;
  private Path root;
  private DockerRuntime runtime;
  private CriClient client;

  @BeforeAll
  void start() throws Exception {
    daemon = DockerDaemon.start();
    daemon.load(BusyboxImage.builder());
    vertx = TestVertx.create();
    root = Files.createTempDirectory(Path.of("/tmp"), "dkc");
    DockerOptions options =
        DockerOptions.of(root, daemon.socket(), "d" + UUID.randomUUID().toString().substring(0, 5))
            .withNetwork(
                NetworkOptions.defaults()
                    .withCni(root.resolve("no-cni"), List.of())
                    .withPodCidr("10.199.60.0/24"));
    runtime = new DockerRuntime(vertx, options, new SimpleMeterRegistry());
    runtime.start().await().atMost(Duration.ofSeconds(30));
    client = new CriClient(vertx, options.socket());
  }

  @AfterAll
  void stop() throws Exception {
    try {
      if (client != null) {
        client.close();
      }
      if (runtime != null) {
        runtime.stop(false).await().atMost(Duration.ofSeconds(30));
        assertThat(daemon.docker("ps", "-aq")).as("containers left").isEmpty();
        Files.delete(root.resolve("sandboxes"));
        Files.delete(root);
      }
      if (vertx != null) {
        CriClient.get(vertx.close());
      }
    } finally {
      if (daemon != null) {
        daemon.close();
      }
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

  private void assertRefused(ThrowingCallable call, String why) {
    assertThatThrownBy(call)
        .isInstanceOf(CriClient.Refused.class)
        .hasMessage(GrpcStatus.UNIMPLEMENTED + ": " + why);
  }

  /** Without the ids it asks for, it would have those of the host. */
  @Test
  void aPodWithUsersOfItsOwnIsRefused() {
    PodSandboxConfig.Builder pod = pod("mapped");
    pod.getLinuxBuilder()
        .getSecurityContextBuilder()
        .getNamespaceOptionsBuilder()
        .getUsernsOptionsBuilder()
        .setMode(NamespaceMode.POD);
    assertRefused(
        () -> client.run(pod.build()),
        "a pod cannot have users of its own on Docker, which maps those of all containers alike:"
            + " leave hostUsers away, or run the pod on a node with another container runtime");
    pod.getLinuxBuilder()
        .getSecurityContextBuilder()
        .getNamespaceOptionsBuilder()
        .getUsernsOptionsBuilder()
        .setMode(NamespaceMode.NODE);
    assertThat(run(pod.build())).isNotEmpty();
  }

  /** Docker can from 28 on. */
  @Test
  void aVolumeOfAnImageIsMountedOrRefused() throws Exception {
    String script = "cd /data/bin; [ -x busybox ] && echo there; touch x 2>&1; true";
    ContainerConfig.Builder container =
        shell("c", script)
            .addMounts(
                Mount.newBuilder()
                    .setContainerPath("/data")
                    .setReadonly(true)
                    .setImage(ImageSpec.newBuilder().setImage(image())));
    String version = daemon.docker("version", "--format", "{{.Server.Version}}").strip();
    if (Integer.parseInt(version.split("\\.")[0]) >= 28) {
      assertThat(output(container)).startsWith("there\n").contains("Read-only file system");
      container.getMountsBuilder(0).setImageSubPath("bin");
      container.clearArgs().clearCommand();
      container.addCommand("/bin/sh").addArgs("-c").addArgs("[ -x /data/busybox ] && echo below");
      assertThat(output(container)).contains("below");
      return;
    }
    PodSandboxConfig pod = pod("with-image").build();
    String sandbox = run(pod);
    assertRefused(
        () -> client.create(sandbox, pod, container.build()),
        "an image cannot be mounted as a volume at /data: that needs Docker 28 or newer, and this"
            + " node has Docker "
            + version);
  }
}
