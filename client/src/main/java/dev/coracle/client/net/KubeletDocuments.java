package dev.coracle.client.net;

import dev.coracle.api.KubeObject;
import io.smallrye.mutiny.Uni;
import java.time.Duration;

/** What the kubelets of nodes answer to plain questions. */
public interface KubeletDocuments {

  /**
   * The text at a path of a node's kubelet.
   *
   * @param uri path and query
   * @param mostBytes a longer answer is a failure
   * @param patience the longest wait for the connection, and for bytes after it
   * @return fails with {@link KubeletAnswerException} where the kubelet answers anything but 200,
   *     and otherwise where it cannot be reached
   */
  Uni<String> read(KubeObject node, String uri, int mostBytes, Duration patience);

  /** Where the node's kubelet listens; 0 for one that has no API, as a simulated one. */
  static int port(KubeObject node) {
    return node.at("status", "daemonEndpoints", "kubeletEndpoint", "Port").asInt(0);
  }
}
