package dev.coracle.proxy.internal;

import io.smallrye.mutiny.Uni;
import java.util.Collection;

/**
 * Makes service addresses lead to endpoints. Called by one loop, one call at a time: the next
 * change is given when the one before has ended.
 */
public interface Backend {

  /** {@code nftables}, {@code userspace}. */
  String name();

  /** Prepares, and removes what an earlier process of this cluster left. */
  Uni<Void> open();

  /**
   * @param changed new or changed ports
   * @param removed keys of ports that are gone
   */
  Uni<Void> apply(Collection<ServicePort> changed, Collection<String> removed);

  /** Gives everything back to the host. */
  Uni<Void> close();
}
