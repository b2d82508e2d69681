package dev.coracle.apiserver.internal.registry.kinds;

import dev.coracle.apiserver.internal.registry.KindStrategy;
import java.util.Set;

/** Kinds without a counted wanted state. */
public record SimpleStrategy(boolean createsOnUpdate, boolean returnsDeletedObject)
    implements KindStrategy {

  private static final Set<String> CREATE_ON_UPDATE =
      Set.of(
          "endpoints",
          "events",
          "events.events.k8s.io",
          "limitranges",
          "resourcequotas",
          "leases.coordination.k8s.io",
          "podtemplates",
          "runtimeclasses.node.k8s.io");
  private static final Set<String> RETURN_DELETED =
      Set.of("serviceaccounts", "resourcequotas", "podtemplates");

  public static SimpleStrategy of(String resource) {
    return new SimpleStrategy(
        CREATE_ON_UPDATE.contains(resource), RETURN_DELETED.contains(resource));
  }

  @Override
  public boolean tracksGeneration() {
    return false;
  }

  @Override
  public boolean allowsCreateOnUpdate() {
    return createsOnUpdate;
  }
}
