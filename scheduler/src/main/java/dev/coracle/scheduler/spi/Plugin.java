package dev.coracle.scheduler.spi;

import dev.coracle.api.KubeObject;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One concern of scheduling, at one or more of the extension points (Kubernetes docs, "Scheduling
 * Framework"). All calls come on the scheduler's context, so plugins need no locks and must not
 * block.
 */
public interface Plugin {

  String name();

  /** Whether this event may let a pod through that this plugin has rejected. */
  default boolean mayHelp(ClusterEvent event, PodInfo pod) {
    return true;
  }

  /** May keep a pod from being tried at all. */
  interface PreEnqueue extends Plugin {
    Verdict preEnqueue(PodInfo pod);
  }

  /** Looks at the pod and the cluster once; may reject it everywhere, and leave state. */
  interface PreFilter extends Plugin {
    Verdict preFilter(CycleState state, PodInfo pod, ClusterView cluster);

    /**
     * The names of the nodes that alone come into question, so that no other is looked at; null
     * where the plugin knows none to leave out. Asked after {@link #preFilter} has let the pod
     * through.
     */
    default @Nullable Set<String> onlyNodes(PodInfo pod) {
      return null;
    }
  }

  /** May the pod run on this node? */
  interface Filter extends Plugin {

    /**
     * Whether it has a say about this pod at all, asked once after the pre-filters; it is asked
     * about no node where it has none (upstream's {@code Skip}). Wherever it says no, {@link
     * #filter} would have let the pod through.
     */
    default boolean concerns(CycleState state, PodInfo pod) {
      return true;
    }

    Verdict filter(CycleState state, PodInfo pod, NodeInfo node);
  }

  /** May make room, after no node would do; what comes of it is an event of the cluster. */
  interface PostFilter extends Plugin {
    Uni<Void> postFilter(CycleState state, PodInfo pod);
  }

  /** How well does the pod fit on the nodes that are left? */
  interface Score extends Plugin {
    int weight();

    /** What a plugin gives that prefers none of the nodes. */
    long[] ALL_THE_SAME = {};

    /** Zero to 100 for each node, in their order; or {@link #ALL_THE_SAME}. */
    long[] score(CycleState state, PodInfo pod, List<NodeInfo> nodes, ClusterView cluster);
  }

  /** Holds something for the pod on the node, and gives it back when it comes to nothing. */
  interface Reserve extends Plugin {
    void reserve(CycleState state, PodInfo pod, String node);

    void unreserve(CycleState state, PodInfo pod, String node);
  }

  /** What must be done before the pod is bound. */
  interface PreBind extends Plugin {

    /** Whether there is anything to do for this pod, known after it was reserved. */
    boolean willPreBind(CycleState state, PodInfo pod, String node);

    Uni<Void> preBind(CycleState state, PodInfo pod, String node);
  }

  /** Tells the API which node it is. */
  interface Bind extends Plugin {
    Uni<KubeObject> bind(PodInfo pod, String node);
  }
}
