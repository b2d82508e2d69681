package dev.coracle.kubelet.internal.manifest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.client.Client;
import dev.coracle.client.Lister;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.pod.Pod;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shows static pods in the API: a mirror pod for each, made again when somebody deletes it, gone
 * with its manifest.
 */
public final class MirrorPods {
  private static final Logger LOG = LoggerFactory.getLogger(MirrorPods.class);
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final Client client;
  private final Lister pods;
  private final Timers timers;
  private final Supplier<Optional<KubeObject>> node;
  private final Consumer<String> again;

  /** Why static pods are not shown, by uid, and those that will be tried again. */
  private final Map<String, String> refused = new ConcurrentHashMap<>();

  private final Set<String> waiting = ConcurrentHashMap.newKeySet();

  /**
   * @param again hears the uid of a static pod that is to be shown once more
   */
  public MirrorPods(
      Client client,
      Lister pods,
      Timers timers,
      Supplier<Optional<KubeObject>> node,
      Consumer<String> again) {
    this.client = client;
    this.pods = pods;
    this.timers = timers;
    this.node = node;
    this.again = again;
  }

  /** The mirror in the API, if it shows this manifest and not an older one. */
  public Optional<Pod> of(Pod pod) {
    return pods.get(pod.namespace(), pod.name())
        .filter(
            m -> m.annotation(Pod.CONFIG_MIRROR).equals(pod.object().annotation(Pod.CONFIG_HASH)))
        .filter(m -> !m.isDeleting())
        .map(Pod::new);
  }

  /** Makes the mirror, in place of an older one. Blocks. */
  public void ensure(Pod pod) {
    if (of(pod).isPresent()) {
      return;
    }
    try {
      // Somebody's own pod of that name is left alone; the API then says that it is there.
      Optional<KubeObject> other =
          pods.get(pod.namespace(), pod.name())
              .filter(o -> o.annotation(Pod.CONFIG_MIRROR).isPresent());
      if (other.isPresent()) {
        delete(other.get());
      }
      client
          .create(
              Resources.PODS,
              pod.object()
                  .with(tree -> {
                    ObjectNode metadata = tree.withObjectProperty("metadata");
                    metadata.remove("uid");
                    metadata.remove("resourceVersion");
                    metadata
                        .withObjectProperty("annotations")
                        .put(
                            Pod.CONFIG_MIRROR, pod.object().annotation(Pod.CONFIG_HASH).orElse(""));
                    node.get()
                        .ifPresent(n ->
                            metadata
                                .putArray("ownerReferences")
                                .addObject()
                                .put("apiVersion", "v1")
                                .put("kind", "Node")
                                .put("name", n.name())
                                .put("uid", n.uid())
                                .put("controller", true));
                  }))
          .await()
          .atMost(LIMIT);
      refused.remove(pod.uid());
    } catch (StatusException e) {
      if (!StatusException.isAlreadyExists(e) || of(pod).isEmpty()) {
        later(pod, String.valueOf(e.getMessage()));
      }
    }
  }

  /** Tells why, once for each reason, and has the pod looked at again. */
  private void later(Pod pod, String why) {
    if (why.equals(refused.put(pod.uid(), why))) {
      LOG.atDebug().addKeyValue("why", why).log("A static pod still cannot be shown in the API");
    } else {
      LOG.atWarn()
          .addKeyValue("pod", new NamespacedName(pod.namespace(), pod.name()))
          .addKeyValue("why", why)
          .log("A static pod cannot be shown in the API yet");
    }
    if (waiting.add(pod.uid())) {
      timers.after(
          Duration.ofSeconds(5),
          () -> {
            waiting.remove(pod.uid());
            again.accept(pod.uid());
          });
    }
  }

  /** A static pod is gone. */
  public void forget(String uid) {
    refused.remove(uid);
  }

  /** Removes a mirror whose manifest is gone. */
  public void delete(KubeObject mirror) {
    client
        .delete(
            Resources.PODS,
            mirror.namespace(),
            mirror.name(),
            DeleteOptions.now().ifUid(mirror.uid()))
        .onFailure(e -> StatusException.isNotFound(e) || StatusException.isConflict(e))
        .recoverWithNull()
        .await()
        .atMost(LIMIT);
  }
}
