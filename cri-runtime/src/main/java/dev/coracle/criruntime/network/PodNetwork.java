package dev.coracle.criruntime.network;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.cri.v1.PortMapping;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Connects pods. All methods block; implementations are thread-safe. */
public interface PodNetwork {

  /**
   * A pod to connect or disconnect.
   *
   * @param labels the Pod's, as its sandbox was given them
   */
  record Pod(
      String sandboxId,
      String namespace,
      String name,
      String uid,
      Map<String, String> labels,
      Path networkNamespace,
      List<PortMapping> ports) {
    public Pod {
      labels = Map.copyOf(labels);
      ports = List.copyOf(ports);
    }
  }

  /**
   * What a pod got.
   *
   * @param ips one of each IP family that pods have, the primary first
   * @param details what {@link #disconnect} needs
   */
  record Connection(List<String> ips, JsonNode details) {
    public Connection {
      ips = List.copyOf(ips);
    }
  }

  /** One line for people. */
  String describe();

  /** Why pods cannot be connected now, if they cannot. */
  Optional<String> notReady();

  /**
   * The range of this node's pod addresses, as the kubelet tells it; may be told again.
   *
   * @param cidr one range, or one of each IP family with a comma between
   */
  void podCidr(String cidr) throws IOException;

  Connection connect(Pod pod) throws IOException;

  /** Idempotent; works without the pod's namespace, too. */
  void disconnect(Pod pod, JsonNode details) throws IOException;

  /** Takes a pod of an earlier run into account. */
  void adopt(Pod pod, Connection connection) throws IOException;

  /** Removes what belongs to no single pod. */
  void close() throws IOException;
}
