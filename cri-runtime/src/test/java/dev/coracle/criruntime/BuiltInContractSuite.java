package dev.coracle.criruntime;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.criruntime.config.CriRuntimeOptions;
import dev.coracle.criruntime.config.CriRuntimeOptions.RuntimeChoice;
import dev.coracle.criruntime.config.NetworkOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/** The contract on our own runtime, with one way of running containers. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class BuiltInContractSuite extends CriContractSuite {
  final RuntimeChoice choice;
  Vertx vertx;
  Path root;
  CriRuntimeOptions options;
  CriRuntime runtime;
  CriClient client;

  BuiltInContractSuite(RuntimeChoice choice) {
    this.choice = choice;
  }

  @BeforeAll
  void startRuntime() throws IOException {
    vertx = TestVertx.create();
    assumeTrue(vertx.isNativeTransportEnabled(), "needs Netty's native epoll");
    root = Files.createTempDirectory(Path.of("/tmp"), "cri");
    String id = UUID.randomUUID().toString().substring(0, 6);
    options =
        CriRuntimeOptions.of(root, id)
            .withRuntime(choice)
            .withNetwork(
                NetworkOptions.defaults()
                    .withCni(root.resolve("no-cni"), java.util.List.of())
                    .withPodCidr(cidr()));
    try {
      runtime = new CriRuntime(vertx, options, new SimpleMeterRegistry());
    } catch (IllegalStateException e) {
      assumeTrue(false, e.getMessage());
    }
    BusyboxImage.builder().buildInto(runtime.images());
    start();
  }

  /** A range that no other test class uses. */
  String cidr() {
    return "10.199." + choice.ordinal() + ".0/24";
  }

  void start() {
    runtime.start().await().atMost(Duration.ofSeconds(20));
    client = new CriClient(vertx, options.socket());
  }

  @AfterAll
  void stopRuntime() throws IOException {
    if (client != null) {
      client.close();
    }
    if (runtime != null) {
      runtime.stop(false).await().atMost(Duration.ofSeconds(20));
    }
    if (vertx != null) {
      CriClient.get(vertx.close());
    }
    dev.coracle.criruntime.internal.image.FileTrees.delete(root);
  }

  @Override
  protected Vertx vertx() {
    return vertx;
  }

  @Override
  protected CriClient client() {
    return client;
  }

  @Override
  protected String image() {
    return BusyboxImage.NAME;
  }
}
