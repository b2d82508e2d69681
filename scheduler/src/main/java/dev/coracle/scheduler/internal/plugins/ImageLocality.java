package dev.coracle.scheduler.internal.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.scheduler.spi.ClusterView;
import dev.coracle.scheduler.spi.CycleState;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.Plugin;
import dev.coracle.scheduler.spi.PodInfo;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Prefers nodes that have the pod's images, by their sizes (23 MB count for nothing, 1 GB per
 * container for all), and less so when few nodes have them, lest everything runs there.
 */
public final class ImageLocality implements Plugin.Score {

  private static final long LEAST = 23L << 20;
  private static final long MOST_PER_CONTAINER = 1000L << 20;

  @Override
  public String name() {
    return "ImageLocality";
  }

  @Override
  public int weight() {
    return 1;
  }

  @Override
  public long[] score(CycleState state, PodInfo pod, List<NodeInfo> nodes, ClusterView cluster) {
    Set<String> wanted = new HashSet<>();
    int containers = 0;
    for (String list : new String[] {"initContainers", "containers"}) {
      for (JsonNode container : pod.pod().at("spec", list)) {
        wanted.add(normalised(container.path("image").asText("")));
        containers++;
      }
    }
    for (JsonNode volume : pod.pod().at("spec", "volumes")) {
      String image = volume.path("image").path("reference").asText("");
      if (!image.isEmpty()) {
        wanted.add(normalised(image));
        containers++;
      }
    }
    Map<String, Integer> spread = new HashMap<>();
    for (String image : wanted) {
      int on = cluster.nodesWithImage().applyAsInt(image);
      if (on > 0) {
        spread.put(image, on);
      }
    }
    if (spread.isEmpty()) {
      return ALL_THE_SAME;
    }
    int all = Math.max(1, cluster.nodes().size());
    long most = MOST_PER_CONTAINER * Math.max(1, containers);
    long[] scores = new long[nodes.size()];
    for (int i = 0; i < scores.length; i++) {
      NodeInfo node = nodes.get(i);
      double sum = 0;
      for (Map.Entry<String, Integer> image : spread.entrySet()) {
        Long bytes = node.imageBytes(image.getKey());
        sum += bytes == null ? 0 : (double) bytes * image.getValue() / all;
      }
      long within = Math.clamp((long) sum, LEAST, most);
      scores[i] = Scores.MAX * (within - LEAST) / (most - LEAST);
    }
    return scores;
  }

  private static String normalised(String image) {
    return image.lastIndexOf(':') <= image.lastIndexOf('/') ? image + ":latest" : image;
  }
}
