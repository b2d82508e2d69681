package dev.coracle.launcher.config;

import dev.coracle.client.Client;
import dev.coracle.launcher.DataDirectory;
import dev.coracle.launcher.UserErrorException;
import dev.coracle.logs.LogCollector;
import dev.coracle.logs.config.LogOptions;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import java.net.URI;
import java.util.List;
import java.util.Optional;

/**
 * The collection of containers' logs.
 *
 * @param mebibytes how much the store may keep on disk; 0: nothing is collected
 * @param sink an Elasticsearch-compatible server to ship to; empty for none
 */
public record LogStoreOptions(int mebibytes, String sink) {

  public static final LogStoreOptions DEFAULT = new LogStoreOptions(64, "");

  private static final long MEBIBYTE = 1024 * 1024;

  public boolean isOn() {
    return mebibytes > 0;
  }

  /** What collects the logs of this process's node; none where it is switched off. */
  public Optional<LogCollector> collector(
      Vertx vertx, Client client, DataDirectory data, String nodeName, MeterRegistry registry) {
    if (!isOn()) {
      return Optional.empty();
    }
    return Optional.of(
        new LogCollector(
            vertx,
            client,
            LogOptions.of(
                data.podLogs(),
                data.root().resolve("logs").resolve("store"),
                mebibytes * MEBIBYTE,
                nodeName,
                sinkUri()),
            registry));
  }

  private Optional<URI> sinkUri() {
    if (sink.isEmpty()) {
      return Optional.empty();
    }
    try {
      URI uri = URI.create(sink);
      if (uri.getHost() != null && List.of("http", "https").contains(uri.getScheme())) {
        return Optional.of(uri);
      }
    } catch (IllegalArgumentException e) {
      throw new UserErrorException("--log-sink: " + e.getMessage());
    }
    throw new UserErrorException(
        "--log-sink has to be the root of a server, such as http://elastic:9200");
  }
}
