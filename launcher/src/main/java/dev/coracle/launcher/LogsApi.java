package dev.coracle.launcher;

import dev.coracle.api.Component;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.schema.Scheme;
import dev.coracle.apiserver.ApiServerHooks;
import dev.coracle.apiserver.ObjectProvider;
import dev.coracle.client.Client;
import dev.coracle.launcher.config.LogStoreOptions;
import dev.coracle.logs.LogCollector;
import dev.coracle.logs.LogEntryKind;
import dev.coracle.logs.LogSearch;
import dev.coracle.logs.config.LogOptions;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Hangs the log store into the API server as {@code logentries.logs.coracle.dev}. The API server is
 * made before there is a Client to it, so the store is put in by {@link #open}.
 */
final class LogsApi implements ObjectProvider {

  private static final long MEBIBYTE = 1024 * 1024;

  private final LogStoreOptions options;
  private @Nullable LogCollector collector;

  LogsApi(LogStoreOptions options) {
    this.options = options;
  }

  private boolean isOn() {
    return options.mebibytes() > 0;
  }

  /** These hooks and the log store's. */
  ApiServerHooks addTo(ApiServerHooks hooks) {
    if (!isOn()) {
      return hooks;
    }
    Map<GroupResource, ObjectProvider> providers = new HashMap<>(hooks.providers());
    providers.put(LogEntryKind.RESOURCE.groupResource(), this);
    return new ApiServerHooks(hooks.routes(), hooks.checks(), providers);
  }

  /** What collects; none where it is switched off. */
  List<Component> open(
      Vertx vertx,
      Client client,
      DataDirectory data,
      String nodeName,
      Scheme scheme,
      MeterRegistry registry) {
    if (!isOn()) {
      return List.of();
    }
    LogEntryKind.definitions().forEach(scheme::put);
    LogCollector made =
        new LogCollector(
            vertx,
            client,
            LogOptions.of(
                data.podLogs(),
                data.root().resolve("logs").resolve("store"),
                options.mebibytes() * MEBIBYTE,
                nodeName,
                sink()),
            registry);
    collector = made;
    return List.of(made);
  }

  private Optional<URI> sink() {
    if (options.sink().isEmpty()) {
      return Optional.empty();
    }
    try {
      URI uri = URI.create(options.sink());
      if (uri.getHost() != null && List.of("http", "https").contains(uri.getScheme())) {
        return Optional.of(uri);
      }
    } catch (IllegalArgumentException e) {
      throw new UserErrorException("--log-sink: " + e.getMessage());
    }
    throw new UserErrorException(
        "--log-sink has to be the root of a server, such as http://elastic:9200");
  }

  private LogSearch search() {
    LogCollector made = collector;
    return Optional.ofNullable(made)
        .flatMap(LogCollector::search)
        .orElseThrow(() -> StatusException.unavailable("the log store is not open"));
  }

  @Override
  public Uni<KubeObject> get(String namespace, String name) {
    return Uni.createFrom().deferred(() -> search().get(namespace, name));
  }

  @Override
  public Uni<KubeList> list(String namespace, ListOptions listOptions) {
    return Uni.createFrom().deferred(() -> search().list(namespace, listOptions));
  }
}
