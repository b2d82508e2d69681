package dev.coracle.kubelet.internal.volume;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LocalVolumes;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.client.Client;
import dev.coracle.client.Informer;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.host.Timers;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes the files of this node's volumes of the built-in storage class when the volumes are
 * deleted, and then lets the volumes go by taking their finalizer away (ADR 0120). Blocks on
 * virtual threads; safe for any thread.
 */
public final class LocalVolumeCleaner implements Informer.Handler {
  private static final Logger LOG = LoggerFactory.getLogger(LocalVolumeCleaner.class);
  private static final Duration AGAIN = Duration.ofSeconds(10);
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final Client client;
  private final Timers timers;
  private final String nodeName;
  private final Path directory;
  private final Set<String> working = ConcurrentHashMap.newKeySet();

  /**
   * @param directory the only place from which anything is removed
   */
  public LocalVolumeCleaner(Client client, Timers timers, String nodeName, Path directory) {
    this.client = client;
    this.timers = timers;
    this.nodeName = nodeName;
    this.directory = directory;
  }

  /** What a node needs to follow, and may. */
  public static LabelSelector ofNode(String nodeName) {
    return LabelSelector.ofLabels(Map.of(LocalVolumes.NODE, LocalVolumes.label(nodeName)));
  }

  @Override
  public void added(KubeObject volume) {
    look(volume);
  }

  @Override
  public void updated(KubeObject before, KubeObject now) {
    look(now);
  }

  private void look(KubeObject volume) {
    // Another finalizer, such as the protection of what is in use, goes first.
    if (volume.isDeleting()
        && LocalVolumes.is(volume)
        && volume.annotation(LocalVolumes.NODE).orElse("").equals(nodeName)
        && volume.finalizers().equals(List.of(LocalVolumes.FINALIZER))
        && working.add(volume.uid())) {
      timers.execute(() -> clean(volume));
    }
  }

  /** What is to be retained outlives its PersistentVolume; somebody else clears it away. */
  private static boolean isToBeDeleted(KubeObject volume) {
    return volume.text("spec", "persistentVolumeReclaimPolicy").equals("Delete");
  }

  private void clean(KubeObject volume) {
    try {
      Path path = Path.of(volume.text("spec", "local", "path"));
      if (directory.equals(path.getParent()) && isToBeDeleted(volume)) {
        PodPaths.deleteTree(path);
      }
      Patch patch =
          Patch.merge(n -> {
            ObjectNode metadata = n.putObject("metadata");
            metadata.put("uid", volume.uid());
            ArrayNode finalizers = metadata.putArray("finalizers");
            volume.finalizers().stream()
                .filter(f -> !f.equals(LocalVolumes.FINALIZER))
                .forEach(finalizers::add);
          });
      client.patch(Resources.PERSISTENT_VOLUMES, "", volume.name(), patch).await().atMost(LIMIT);
      LOG.atInfo().addKeyValue("volume", volume.name()).log("A local volume is let go");
    } catch (IOException | RuntimeException e) {
      if (StatusException.isNotFound(e)) {
        working.remove(volume.uid());
        return;
      }
      LOG.atWarn()
          .addKeyValue("volume", volume.name())
          .addKeyValue("why", e.toString())
          .log("A local volume could not be removed; it is tried again");
      timers.after(AGAIN, () -> clean(volume));
      return;
    }
    working.remove(volume.uid());
  }
}
