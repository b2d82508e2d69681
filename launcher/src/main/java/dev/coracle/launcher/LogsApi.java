package dev.coracle.launcher;

import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.schema.Scheme;
import dev.coracle.apiserver.ApiServerHooks;
import dev.coracle.apiserver.ObjectProvider;
import dev.coracle.client.Client;
import dev.coracle.client.net.KubeletDocuments;
import dev.coracle.launcher.config.LogStoreOptions;
import dev.coracle.logs.ClusterLogSearch;
import dev.coracle.logs.LogCollector;
import dev.coracle.logs.LogEntryKind;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Hangs the log stores of all nodes into the API server as {@code logentries.logs.coracle.dev}. The
 * API server is made before there is a Client to it, so the search is put in by {@link #open}.
 */
final class LogsApi implements ObjectProvider {

  private final LogStoreOptions options;
  private @Nullable ClusterLogSearch search;

  LogsApi(LogStoreOptions options) {
    this.options = options;
  }

  /** These hooks and the log store's. */
  ApiServerHooks addTo(ApiServerHooks hooks) {
    if (!options.isOn()) {
      return hooks;
    }
    Map<GroupResource, ObjectProvider> providers = new HashMap<>(hooks.providers());
    providers.put(LogEntryKind.RESOURCE.groupResource(), this);
    return new ApiServerHooks(hooks.routes(), hooks.checks(), providers);
  }

  /**
   * Searches from now on.
   *
   * @param collector that of this process's node, where it has one
   */
  void open(
      Client client,
      KubeletDocuments kubelets,
      String nodeName,
      Optional<LogCollector> collector,
      Scheme scheme) {
    if (options.isOn()) {
      LogEntryKind.definitions().forEach(scheme::put);
      search =
          new ClusterLogSearch(
              client,
              kubelets,
              nodeName,
              () -> collector.flatMap(LogCollector::search),
              Clock.systemUTC());
    }
  }

  private ClusterLogSearch search() {
    return Optional.ofNullable(search)
        .orElseThrow(() -> StatusException.unavailable("the log store is not open"));
  }

  @Override
  public Uni<KubeObject> get(String namespace, String name) {
    return Uni.createFrom().deferred(() -> search().get(namespace, name));
  }

  @Override
  public Uni<KubeList> list(String namespace, ListOptions listOptions) {
    return list(namespace, listOptions, _ -> {});
  }

  @Override
  public Uni<KubeList> list(String namespace, ListOptions listOptions, Consumer<String> warnings) {
    return Uni.createFrom().deferred(() -> search().list(namespace, listOptions, warnings));
  }
}
