package dev.coracle.apiserver;

import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.rest.ListOptions;
import io.smallrye.mutiny.Uni;
import java.util.function.Consumer;

/**
 * Serves a read-only resource whose objects are computed and never stored, such as {@code
 * pods.metrics.k8s.io}. Selectors are the provider's business; nothing may block.
 */
public interface ObjectProvider {

  /** {@code NotFound} when there is none. */
  Uni<KubeObject> get(String namespace, String name);

  /**
   * @param namespace empty for all
   */
  Uni<KubeList> list(String namespace, ListOptions options);

  /**
   * The same, where the client may have to be told something beside the list.
   *
   * @param warnings told before the answer, on any thread
   */
  default Uni<KubeList> list(String namespace, ListOptions options, Consumer<String> warnings) {
    return list(namespace, options);
  }
}
