package dev.coracle.system.conformance;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.criruntime.ImageStore;
import dev.coracle.criruntime.config.ImageOptions;
import dev.coracle.testkit.TestCluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Starts one cluster when the first suite asks and stops it after the last; gives each test a
 * {@link Space}, and deletes it when the test has ended, without waiting for its end.
 */
final class SharedCluster implements ParameterResolver {

  private static final Namespace KEY = Namespace.create(SharedCluster.class);

  /** What is there to be tested, and how to leave it. */
  record Running(
      Api api, Kinds kinds, Path kubeconfig, @Nullable TestCluster own, @Nullable Path directory)
      implements AutoCloseable {

    @Override
    public void close() throws Exception {
      if (own != null) {
        own.close();
      }
      if (directory != null) {
        try (Stream<Path> files = Files.walk(directory)) {
          files.sorted(Comparator.reverseOrder()).forEach(f -> f.toFile().delete());
        }
      }
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Space.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Running cluster =
        context.getRoot().getStore(KEY).computeIfAbsent("cluster", _ -> start(), Running.class);
    Space space = new Space(cluster);
    context.getStore(KEY).put("space", (AutoCloseable) space::close);
    return space;
  }

  private static Running start() {
    try {
      Optional<Path> given =
          Optional.ofNullable(System.getProperty("coracle.conformance.kubeconfig"))
              .filter(p -> !p.isEmpty())
              .map(Path::of);
      return given.isPresent() ? connect(given.get(), null, null) : startOwn();
    } catch (Exception e) {
      throw new IllegalStateException("the cluster does not start", e);
    }
  }

  private static Running startOwn() throws Exception {
    assumeTrue(Files.isExecutable(TestImage.BUSYBOX), "needs /bin/busybox (busybox-static)");
    assumeTrue("root".equals(System.getProperty("user.name")), "needs root");
    Path directory = Files.createTempDirectory("coracle-conformance");
    Path archive = directory.resolve("test-image.tar");
    TestImage.builder().writeArchive(archive);
    ImageStore.open(directory.resolve("data/runtime"), true, ImageOptions.defaults()).load(archive);
    TestCluster cluster = TestCluster.start(directory.resolve("data"));
    return connect(cluster.kubeconfig(), cluster, directory);
  }

  private static Running connect(
      Path kubeconfig, @Nullable TestCluster own, @Nullable Path directory) throws Exception {
    Kubeconfig config = Kubeconfig.read(kubeconfig);
    Api api = new Api(config.server(), config.tls());
    return new Running(api, new Kinds(api), kubeconfig, own, directory);
  }
}
