package dev.coracle.kubelet.internal.manifest;

import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.kubelet.internal.pod.Pod;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The static pods of a node, by the places of their manifests. A name is one pod's: of several
 * manifests that have it the first runs, files before the URL, each by its place. The lock holds
 * what was read; {@link #list} and {@link #at} need none.
 */
final class StaticPodSet {
  private static final Logger LOG = LoggerFactory.getLogger(StaticPodSet.class);

  private final Consumer<KubeObject> changed;
  private final Consumer<KubeObject> removed;
  private final Map<ManifestSource.Kind, SortedMap<String, KubeObject>> read =
      new EnumMap<>(ManifestSource.Kind.class);
  private final Map<String, KubeObject> pods = new ConcurrentHashMap<>();

  /**
   * @param removed hears of a pod before {@code changed} hears of another in its place
   */
  StaticPodSet(Consumer<KubeObject> changed, Consumer<KubeObject> removed) {
    this.changed = changed;
    this.removed = removed;
  }

  Collection<KubeObject> list() {
    return List.copyOf(pods.values());
  }

  /** What runs by the manifest at a place. */
  @Nullable KubeObject at(String place) {
    return pods.get(place);
  }

  /** All that a kind of source has now, by its places. */
  synchronized void found(ManifestSource.Kind kind, Map<String, KubeObject> now) {
    read.put(kind, new TreeMap<>(now));
    Map<String, KubeObject> wanted = wanted();
    pods.forEach((place, pod) -> {
      KubeObject newer = wanted.get(place);
      if (newer == null || !newer.uid().equals(pod.uid())) {
        pods.remove(place);
        removed.accept(pod);
      }
    });
    wanted.forEach((place, pod) -> {
      KubeObject before = pods.get(place);
      if (before == null || !hash(before).equals(hash(pod))) {
        pods.put(place, pod);
        changed.accept(pod);
      }
    });
  }

  private Map<String, KubeObject> wanted() {
    Map<String, KubeObject> wanted = new LinkedHashMap<>();
    Map<NamespacedName, String> names = new HashMap<>();
    read.values()
        .forEach(places ->
            places.forEach((place, pod) -> {
              String first = names.putIfAbsent(pod.key(), place);
              if (first == null) {
                wanted.put(place, pod);
              } else {
                LOG.atWarn()
                    .addKeyValue("pod", pod.key())
                    .addKeyValue("manifest", place)
                    .addKeyValue("first", first)
                    .log("Pod failed validation due to duplicate pod name, ignoring");
              }
            }));
    return wanted;
  }

  private static String hash(KubeObject pod) {
    return pod.annotation(Pod.CONFIG_HASH).orElse("");
  }
}
