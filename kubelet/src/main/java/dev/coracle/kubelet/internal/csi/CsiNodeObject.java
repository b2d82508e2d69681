package dev.coracle.kubelet.internal.csi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.Patch;
import dev.coracle.client.Client;
import dev.coracle.csi.v1.NodeGetInfoResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * What the API knows of this node's drivers: the CSINode object, and the Node's annotation and
 * topology labels. Blocks; guarded by this.
 */
public final class CsiNodeObject {
  private static final GroupVersionKind KIND =
      new GroupVersionKind("storage.k8s.io", "v1", "CSINode");
  private static final String NODE_IDS = "csi.volume.kubernetes.io/nodeid";
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final int ATTEMPTS = 5;

  private final Client client;
  private final String nodeName;

  public CsiNodeObject(Client client, String nodeName) {
    this.client = client;
    this.nodeName = nodeName;
  }

  synchronized void add(String driver, NodeGetInfoResponse info) {
    if (info.getNodeId().isEmpty()) {
      throw new IllegalArgumentException("driver " + driver + " gives no node id");
    }
    Map<String, String> topology = new TreeMap<>(info.getAccessibleTopology().getSegmentsMap());
    changeNode(ids -> ids.put(driver, info.getNodeId()), topology);
    change(drivers -> {
      removeFrom(drivers, driver);
      ObjectNode entry = drivers.addObject().put("name", driver).put("nodeID", info.getNodeId());
      ArrayNode keys = entry.putArray("topologyKeys");
      topology.keySet().forEach(keys::add);
      allocatable(entry, info);
    });
  }

  /** How many volumes the driver says it can have now, where it is known still. */
  synchronized void allocatable(String driver, NodeGetInfoResponse info) {
    change(drivers -> {
      for (JsonNode entry : drivers) {
        if (entry.path("name").asText("").equals(driver) && entry instanceof ObjectNode known) {
          allocatable(known, info);
        }
      }
    });
  }

  private static void allocatable(ObjectNode entry, NodeGetInfoResponse info) {
    entry.remove("allocatable");
    if (info.getMaxVolumesPerNode() > 0) {
      entry.putObject("allocatable").put("count", info.getMaxVolumesPerNode());
    }
  }

  synchronized void remove(String driver) {
    try {
      change(drivers -> removeFrom(drivers, driver));
      changeNode(ids -> ids.remove(driver), Map.of());
    } catch (StatusException e) {
      if (!StatusException.isNotFound(e)) {
        throw e;
      }
    }
  }

  private static void removeFrom(ArrayNode drivers, String name) {
    for (int i = drivers.size() - 1; i >= 0; i--) {
      if (drivers.get(i).path("name").asText("").equals(name)) {
        drivers.remove(i);
      }
    }
  }

  private void change(Consumer<ArrayNode> edit) {
    for (int attempt = 1; ; attempt++) {
      try {
        KubeObject known = get();
        KubeObject changed =
            known.with(
                tree -> edit.accept(tree.withObjectProperty("spec").withArrayProperty("drivers")));
        if (!changed.at("spec").equals(known.at("spec"))) {
          client.update(Resources.CSI_NODES, changed).await().atMost(LIMIT);
        }
        return;
      } catch (StatusException e) {
        if (!StatusException.isConflict(e) || attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private KubeObject get() {
    try {
      return client.get(Resources.CSI_NODES, "", nodeName).await().atMost(LIMIT);
    } catch (StatusException e) {
      if (!StatusException.isNotFound(e)) {
        throw e;
      }
      KubeObject node = client.get(Resources.NODES, "", nodeName).await().atMost(LIMIT);
      return client
          .create(
              Resources.CSI_NODES,
              KubeObject.create(
                  KIND,
                  "",
                  nodeName,
                  tree -> {
                    tree.withObjectProperty("metadata")
                        .putArray("ownerReferences")
                        .addObject()
                        .put("apiVersion", "v1")
                        .put("kind", "Node")
                        .put("name", nodeName)
                        .put("uid", node.uid());
                    tree.putObject("spec").putArray("drivers");
                  }))
          .await()
          .atMost(LIMIT);
    }
  }

  private void changeNode(Consumer<ObjectNode> edit, Map<String, String> labels) {
    KubeObject node = client.get(Resources.NODES, "", nodeName).await().atMost(LIMIT);
    ObjectNode ids = Json.object();
    node.annotation(NODE_IDS)
        .ifPresent(text -> {
          for (Map.Entry<String, JsonNode> e : Json.parseObject(text).properties()) {
            ids.set(e.getKey(), e.getValue());
          }
        });
    edit.accept(ids);
    client
        .patch(
            Resources.NODES,
            "",
            nodeName,
            Patch.merge(n -> {
              ObjectNode metadata = n.putObject("metadata");
              ObjectNode annotations = metadata.putObject("annotations");
              if (ids.isEmpty()) {
                annotations.putNull(NODE_IDS);
              } else {
                annotations.put(NODE_IDS, new String(Json.bytes(ids), StandardCharsets.UTF_8));
              }
              ObjectNode l = metadata.putObject("labels");
              labels.forEach(l::put);
            }))
        .await()
        .atMost(LIMIT);
  }
}
