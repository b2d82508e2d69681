package dev.coracle.kubelet.internal.runtime;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.selector.FieldSelector;
import java.util.Collection;

/** The API objects pods refer to. Blocks; called on virtual threads. */
public interface ObjectSource {
  /**
   * The object, which is followed from now on for this pod: a change of it brings the pod a sync.
   *
   * @param podUid who asks
   * @throws dev.coracle.api.StatusException NotFound when there is none
   */
  KubeObject get(String podUid, GroupVersionResource resource, String namespace, String name);

  /** All of a cluster-wide resource that are selected; they are followed for this pod, too. */
  Collection<KubeObject> list(String podUid, GroupVersionResource resource, FieldSelector fields);

  /**
   * The Services whose variables a pod of this namespace gets, {@code default/kubernetes} always
   * among them.
   */
  Collection<KubeObject> servicesFor(String namespace, boolean links);
}
