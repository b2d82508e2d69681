package dev.coracle.client;

import dev.coracle.api.KubeObject;
import io.smallrye.mutiny.Uni;
import java.util.Collection;
import java.util.function.Function;

/**
 * A live local copy of one resource: lists once, then watches; resumes after interruptions, lists
 * again after {@code 410}. Handlers are called in order, on the informer's context, with the lister
 * already showing the change. Indexes and handlers are added before {@link #start()}.
 */
public interface Informer {

  /** Index by owner's uid of the controlling owner; offered by name because many need it. */
  String BY_CONTROLLER_UID = "controller-uid";

  /** Index by the node a Pod is bound to. */
  String BY_NODE = "node";

  /** What happens to objects, level-based: after a relist an update may stand for several. */
  interface Handler {
    default void added(KubeObject object) {}

    default void updated(KubeObject before, KubeObject now) {}

    /**
     * @param last the last state seen, which may not be the very last
     */
    default void deleted(KubeObject last) {}
  }

  /** Files each object under the values that {@code values} gives for it. */
  Informer addIndex(String name, Function<KubeObject, Collection<String>> values);

  /**
   * Adds one of the indexes offered by name, {@link #BY_CONTROLLER_UID} or {@link #BY_NODE}. Adding
   * an index that is there already changes nothing.
   */
  Informer addIndex(String name);

  /** A handler added to a running informer is first given every object as added. */
  Informer addHandler(Handler handler);

  /** Begins; completes when the first list is in the lister and was given to the handlers. */
  Uni<Void> start();

  Uni<Void> stop();

  boolean hasSynced();

  Lister lister();
}
