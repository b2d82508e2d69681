package dev.coracle.kubelet.internal.csi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.csi.v1.NodeServiceCapability.RPC.Type;
import dev.coracle.csi.v1.VolumeCapability;
import dev.coracle.csi.v1.VolumeCapability.AccessMode.Mode;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ObjectSource;
import dev.coracle.kubelet.internal.volume.Ownership;
import dev.coracle.kubelet.internal.volume.Tokens;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

/** Parts of requests to drivers, from the API's objects. */
final class CsiRequests {
  private final ObjectSource objects;
  private final Tokens tokens;

  CsiRequests(ObjectSource objects, Tokens tokens) {
    this.objects = objects;
    this.tokens = tokens;
  }

  /** A volume that is a file system, as nearly all are. */
  static VolumeCapability capability(
      CsiDriver driver, Pod pod, String fsType, JsonNode accessModes, JsonNode mountOptions) {
    VolumeCapability.MountVolume.Builder mount =
        VolumeCapability.MountVolume.newBuilder().setFsType(fsType);
    mountOptions.forEach(o -> mount.addMountFlags(o.asText()));
    if (driver.can(Type.VOLUME_MOUNT_GROUP)) {
      Ownership.fsGroup(pod).ifPresent(g -> mount.setVolumeMountGroup(Long.toString(g)));
    }
    return VolumeCapability.newBuilder()
        .setMount(mount)
        .setAccessMode(VolumeCapability.AccessMode.newBuilder().setMode(mode(driver, accessModes)))
        .build();
  }

  /** What a PersistentVolume is to be, a file system or a block device. */
  static VolumeCapability capability(CsiDriver driver, Pod pod, KubeObject volume) {
    JsonNode modes = volume.at("spec", "accessModes");
    if (volume.text("spec", "volumeMode").equals("Block")) {
      return VolumeCapability.newBuilder()
          .setBlock(VolumeCapability.BlockVolume.getDefaultInstance())
          .setAccessMode(VolumeCapability.AccessMode.newBuilder().setMode(mode(driver, modes)))
          .build();
    }
    return capability(
        driver,
        pod,
        volume.text("spec", "csi", "fsType"),
        modes,
        volume.at("spec", "mountOptions"));
  }

  private static Mode mode(CsiDriver driver, JsonNode accessModes) {
    return mode(accessModes, driver.can(Type.SINGLE_NODE_MULTI_WRITER));
  }

  /**
   * What a volume is to be used as: the first of its modes, as upstream has it, whose drivers know
   * of no others.
   *
   * @param fine whether the driver tells one pod of a node from several
   */
  static Mode mode(JsonNode accessModes, boolean fine) {
    return switch (accessModes.path(0).asText("ReadWriteOnce")) {
      case "ReadWriteMany" -> Mode.MULTI_NODE_MULTI_WRITER;
      case "ReadOnlyMany" -> Mode.MULTI_NODE_READER_ONLY;
      case "ReadWriteOncePod" -> fine ? Mode.SINGLE_NODE_SINGLE_WRITER : Mode.SINGLE_NODE_WRITER;
      default -> fine ? Mode.SINGLE_NODE_MULTI_WRITER : Mode.SINGLE_NODE_WRITER;
    };
  }

  /** The content of a Secret; nothing where none is referred to. */
  Map<String, String> secret(Pod pod, JsonNode reference, String namespace) {
    Map<String, String> out = new LinkedHashMap<>();
    String name = reference.path("name").asText("");
    if (!name.isEmpty()) {
      KubeObject secret =
          objects.get(
              pod.uid(), Resources.SECRETS, reference.path("namespace").asText(namespace), name);
      secret
          .at("data")
          .properties()
          .forEach(e ->
              out.put(
                  e.getKey(),
                  new String(
                      Base64.getMimeDecoder().decode(e.getValue().asText()),
                      StandardCharsets.UTF_8)));
    }
    return out;
  }

  /** What the driver's own attributes and its CSIDriver object want to be told. */
  Map<String, String> context(Pod pod, JsonNode attributes, JsonNode driverSpec, boolean inline) {
    Map<String, String> out = new LinkedHashMap<>(KubeObject.strings(attributes));
    if (driverSpec.path("podInfoOnMount").asBoolean(false)) {
      out.put("csi.storage.k8s.io/pod.name", pod.name());
      out.put("csi.storage.k8s.io/pod.namespace", pod.namespace());
      out.put("csi.storage.k8s.io/pod.uid", pod.uid());
      out.put(
          "csi.storage.k8s.io/serviceAccount.name",
          pod.spec().path("serviceAccountName").asText(""));
      out.put("csi.storage.k8s.io/ephemeral", Boolean.toString(inline));
    }
    if (!inSecrets(driverSpec)) {
      tokens(pod, driverSpec, out);
    }
    return out;
  }

  /** What a volume's Secret holds, and the tokens of drivers that want them kept as secrets. */
  Map<String, String> publishSecrets(
      Pod pod, JsonNode reference, String namespace, JsonNode driverSpec) {
    Map<String, String> out = secret(pod, reference, namespace);
    if (inSecrets(driverSpec)) {
      tokens(pod, driverSpec, out);
    }
    return out;
  }

  /** KEP-5538: drivers log what they are told of a volume, and keep secrets to themselves. */
  private static boolean inSecrets(JsonNode driverSpec) {
    return driverSpec.path("serviceAccountTokenInSecrets").asBoolean(false);
  }

  private void tokens(Pod pod, JsonNode driverSpec, Map<String, String> out) {
    JsonNode wanted = driverSpec.path("tokenRequests");
    if (!wanted.isEmpty()) {
      ObjectNode all = Json.object();
      for (JsonNode request : wanted) {
        String audience = request.path("audience").asText("");
        all.putObject(audience).put("token", tokens.token(pod, request));
      }
      out.put(
          "csi.storage.k8s.io/serviceAccount.tokens",
          new String(Json.bytes(all), StandardCharsets.UTF_8));
    }
  }
}
