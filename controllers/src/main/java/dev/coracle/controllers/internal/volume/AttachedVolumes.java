package dev.coracle.controllers.internal.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.EventRecorder;
import dev.coracle.client.Lister;
import dev.coracle.client.Reconciler.Result;
import dev.coracle.controllers.internal.Environment;
import io.smallrye.mutiny.Uni;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;

/** {@code status.volumesAttached} of Nodes, from what drivers say about their attachments. */
final class AttachedVolumes {

  private final Environment env;
  private final EventRecorder events;
  private final Lister volumes;
  private final Function<String, Collection<KubeObject>> attachments;

  /**
   * @param attachments by node
   */
  AttachedVolumes(
      Environment env,
      EventRecorder events,
      Lister volumes,
      Function<String, Collection<KubeObject>> attachments) {
    this.env = env;
    this.events = events;
    this.volumes = volumes;
    this.attachments = attachments;
  }

  /** How Nodes name a volume. */
  static String uniqueName(KubeObject volume) {
    return "kubernetes.io/csi/"
        + volume.text("spec", "csi", "driver")
        + "^"
        + volume.text("spec", "csi", "volumeHandle");
  }

  /**
   * Brings the list up to date where it is not.
   *
   * @param users by volume, the pods that hear of a volume that has come
   */
  Optional<Uni<Result>> tell(KubeObject node, Map<String, List<KubeObject>> users) {
    TreeSet<String> attached = new TreeSet<>();
    for (KubeObject a : attachments.apply(node.name())) {
      if (a.at("status", "attached").asBoolean(false)) {
        volumes
            .get("", a.text("spec", "source", "persistentVolumeName"))
            .ifPresent(v -> attached.add(uniqueName(v)));
      }
    }
    ArrayNode list = Json.array();
    attached.forEach(name -> list.addObject().put("name", name).put("devicePath", ""));
    JsonNode before = node.at("status", "volumesAttached");
    if (before.equals(list) || (list.isEmpty() && before.isMissingNode())) {
      return Optional.empty();
    }
    for (JsonNode entry : list) {
      boolean fresh = true;
      for (JsonNode b : before) {
        fresh &= !b.path("name").equals(entry.path("name"));
      }
      if (fresh) {
        succeeded(entry.path("name").asText(""), users);
      }
    }
    return Optional.of(
        env.client()
            .patch(
                Resources.NODES,
                "",
                node.name(),
                Patch.merge(n -> n.putObject("status").set("volumesAttached", list)),
                "status",
                WriteOptions.NONE)
            .onFailure(StatusException::isNotFound)
            .recoverWithNull()
            .replaceWith(Result.DONE));
  }

  private void succeeded(String unique, Map<String, List<KubeObject>> users) {
    users.forEach((name, pods) ->
        volumes
            .get("", name)
            .filter(v -> uniqueName(v).equals(unique))
            .ifPresent(_ ->
                pods.forEach(pod ->
                    events.normal(
                        pod,
                        "SuccessfulAttachVolume",
                        "AttachVolume.Attach succeeded for volume \"" + name + "\" "))));
  }
}
