package dev.coracle.apiserver.internal.bootstrap;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.apiserver.internal.registry.DeviceConversions;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Claims, templates and slices that version 0.1 stored under the name of v1 with the fields of
 * v1beta1, as it took the two for the same. They are written anew when the server starts, so that
 * everybody who reads them finds v1.
 */
public final class FlatDevices {

  private static final Logger LOG = LoggerFactory.getLogger(FlatDevices.class);
  private static final int AT_ONCE = 16;
  private static final List<String> RESOURCES =
      List.of("resourceclaims", "resourceclaimtemplates", "resourceslices");

  private final ResourceStore store;

  public FlatDevices(ResourceStore store) {
    this.store = store;
  }

  public Uni<Void> nest() {
    Uni<Void> all = Uni.createFrom().voidItem();
    for (String name : RESOURCES) {
      GroupResource resource = new GroupResource("resource.k8s.io", name);
      all =
          all.chain(() -> store.list(resource, "", ListOptions.ALL))
              .chain(list -> nest(resource, list.items()));
    }
    return all;
  }

  private Uni<Void> nest(GroupResource resource, List<KubeObject> objects) {
    List<KubeObject> flat = objects.stream().filter(o -> nested(o) != o).toList();
    if (flat.isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    LOG.atInfo()
        .addKeyValue("resource", resource)
        .addKeyValue("objects", flat.size())
        .log("Objects that are stored in v1beta1's form are written anew");
    return Multi.createFrom()
        .iterable(flat)
        .onItem()
        .transformToUni(
            o -> store.update(resource, o.key(), now -> Uni.createFrom().item(() -> nested(now))))
        .merge(AT_ONCE)
        .collect()
        .asList()
        .replaceWithVoid();
  }

  /** The very same object where it has v1's form; it is looked at without leaving it parsed. */
  private static KubeObject nested(KubeObject object) {
    ObjectNode known = object.fleeting().tree();
    ObjectNode tree = DeviceConversions.stored(known);
    return tree.equals(known) ? object : KubeObject.of(tree);
  }
}
