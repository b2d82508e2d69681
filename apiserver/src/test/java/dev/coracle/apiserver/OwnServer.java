package dev.coracle.apiserver;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives a test class a server of its own over a store in memory, which ends with it, where a method
 * of the class asks for a {@link TestServer} or a {@link TestApi}.
 */
public final class OwnServer implements ParameterResolver {

  private static final ExtensionContext.Namespace NAMESPACE =
      ExtensionContext.Namespace.create(OwnServer.class);

  /** Of one class; its context closes it. */
  private static final class Running implements AutoCloseable {
    private final Path dir;
    private final TestServer server;
    private final TestApi api;

    Running() {
      try {
        dir = Files.createTempDirectory("api-server");
        server = new TestServer(dir);
      } catch (Exception e) {
        throw new AssertionError("no server", e);
      }
      api = new TestApi(server);
    }

    @Override
    public void close() throws Exception {
      server.close();
      try (Stream<Path> files = Files.walk(dir)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == TestServer.class || type == TestApi.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Running running =
        context
            .getStore(NAMESPACE)
            .computeIfAbsent(Running.class, _ -> new Running(), Running.class);
    return parameter.getParameter().getType() == TestApi.class ? running.api : running.server;
  }
}
