package dev.coracle.scheduler.internal.dra;

import dev.coracle.api.KubeObject;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which extended resources are devices of a DeviceClass (KEP-5004): those that classes name, and
 * for every class one by the class's own name. Owned by the scheduler's context.
 */
public final class DeviceClassNames implements Informer.Handler {

  static final String PREFIX = "deviceclass.resource.kubernetes.io/";

  /** The newest class of a name counts, of several as new the first by name. */
  private static final Comparator<KubeObject> RANK =
      Comparator.comparing((KubeObject c) -> c.text("metadata", "creationTimestamp"))
          .reversed()
          .thenComparing(KubeObject::name);

  private final Lister classes;
  private final Map<String, String> named = new HashMap<>();

  public DeviceClassNames(Lister classes) {
    this.classes = classes;
  }

  /** Whether such a resource is asked of devices, where no plugin of the node has it. */
  public boolean isOfDevices(String resource) {
    return classOf(resource) != null;
  }

  /** The name of the class that has the devices; null where none has. */
  @Nullable String classOf(String resource) {
    if (resource.startsWith(PREFIX)) {
      String name = resource.substring(PREFIX.length());
      return classes.get("", name).isPresent() ? name : null;
    }
    return named.get(resource);
  }

  private void read() {
    named.clear();
    classes.list().stream()
        .sorted(RANK)
        .forEach(c -> {
          String resource = c.text("spec", "extendedResourceName");
          if (!resource.isEmpty()) {
            named.putIfAbsent(resource, c.name());
          }
        });
  }

  @Override
  public void added(KubeObject now) {
    read();
  }

  @Override
  public void updated(KubeObject before, KubeObject now) {
    read();
  }

  @Override
  public void deleted(KubeObject last) {
    read();
  }
}
