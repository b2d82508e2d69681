package dev.coracle.client;

import dev.coracle.api.KubeObject;
import dev.coracle.api.selector.LabelSelector;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Reads a resource from the local copy that an {@link Informer} keeps. Safe on any thread; what it
 * gives is shared and immutable. It may lag behind the API by some milliseconds.
 */
public interface Lister {

  Optional<KubeObject> get(String namespace, String name);

  /** All objects, in no particular order. */
  Collection<KubeObject> list();

  Collection<KubeObject> list(String namespace);

  default List<KubeObject> list(String namespace, LabelSelector selector) {
    return (namespace.isEmpty() ? list() : list(namespace))
        .stream().filter(selector::matches).toList();
  }

  /**
   * The objects that an index of the informer files under {@code value}, without a scan.
   *
   * @param index the name under which {@link Informer#addIndex} was called
   */
  Collection<KubeObject> byIndex(String index, String value);
}
