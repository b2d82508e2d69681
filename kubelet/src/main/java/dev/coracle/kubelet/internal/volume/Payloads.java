package dev.coracle.kubelet.internal.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.DownwardApi;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.podcertificate.CredentialBundle;
import dev.coracle.kubelet.internal.podcertificate.PodCertificates;
import dev.coracle.kubelet.internal.runtime.ObjectSource;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** The files of configMap, secret, downwardAPI and projected volumes. */
final class Payloads {
  private static final int DEFAULT_MODE = 0644;

  private final ObjectSource objects;
  private final Tokens tokens;
  private final PodCertificates certificates;
  private final TrustAnchors trustAnchors;
  private final Function<Pod, DownwardApi.Facts> facts;

  Payloads(
      ObjectSource objects,
      Tokens tokens,
      PodCertificates certificates,
      Function<Pod, DownwardApi.Facts> facts) {
    this.objects = objects;
    this.tokens = tokens;
    this.certificates = certificates;
    this.trustAnchors = new TrustAnchors(objects);
    this.facts = facts;
  }

  Map<String, AtomicWriter.Entry> configMap(VolumePlugin.Request request) {
    Map<String, AtomicWriter.Entry> files = new LinkedHashMap<>();
    object(
        request.pod(),
        request.source(),
        Resources.CONFIG_MAPS,
        "name",
        files,
        mode(request.source()));
    return files;
  }

  Map<String, AtomicWriter.Entry> secret(VolumePlugin.Request request) {
    Map<String, AtomicWriter.Entry> files = new LinkedHashMap<>();
    object(
        request.pod(),
        request.source(),
        Resources.SECRETS,
        "secretName",
        files,
        mode(request.source()));
    return files;
  }

  Map<String, AtomicWriter.Entry> downwardApi(VolumePlugin.Request request) {
    Map<String, AtomicWriter.Entry> files = new LinkedHashMap<>();
    downward(request.pod(), request.source(), files, mode(request.source()));
    return files;
  }

  Map<String, AtomicWriter.Entry> projected(VolumePlugin.Request request) {
    Map<String, AtomicWriter.Entry> files = new LinkedHashMap<>();
    int mode = mode(request.source());
    Pod pod = request.pod();
    int index = -1;
    for (JsonNode source : request.source().path("sources")) {
      index++;
      if (source.hasNonNull("configMap")) {
        object(pod, source.path("configMap"), Resources.CONFIG_MAPS, "name", files, mode);
      } else if (source.hasNonNull("secret")) {
        object(pod, source.path("secret"), Resources.SECRETS, "name", files, mode);
      } else if (source.hasNonNull("downwardAPI")) {
        downward(pod, source.path("downwardAPI"), files, mode);
      } else if (source.hasNonNull("serviceAccountToken")) {
        JsonNode wanted = source.path("serviceAccountToken");
        files.put(
            wanted.path("path").asText("token"),
            new AtomicWriter.Entry(
                tokens.token(pod, wanted).getBytes(StandardCharsets.UTF_8), secretMode(pod, mode)));
      } else if (source.hasNonNull("podCertificate")) {
        JsonNode wanted = source.path("podCertificate");
        CredentialBundle bundle = certificates.bundle(pod, request.name(), index, wanted);
        credential(wanted, "credentialBundlePath", bundle.whole(), files, secretMode(pod, mode));
        credential(wanted, "keyPath", bundle.key(), files, secretMode(pod, mode));
        credential(wanted, "certificateChainPath", bundle.chain(), files, secretMode(pod, mode));
      } else if (source.hasNonNull("clusterTrustBundle")) {
        JsonNode wanted = source.path("clusterTrustBundle");
        files.put(
            wanted.path("path").asText(""),
            new AtomicWriter.Entry(trustAnchors.of(pod, wanted), mode));
      } else {
        throw new IllegalArgumentException(
            "projected volume source " + source.fieldNames().next() + " is not supported");
      }
    }
    return files;
  }

  private static void credential(
      JsonNode source,
      String field,
      byte[] content,
      Map<String, AtomicWriter.Entry> files,
      int mode) {
    String path = source.path(field).asText("");
    if (!path.isEmpty()) {
      files.put(path, new AtomicWriter.Entry(content, mode));
    }
  }

  /** What only the pod's user may read, where it has one of its own. */
  private static int secretMode(Pod pod, int mode) {
    boolean ours = Ownership.fsGroup(pod).isPresent() || Ownership.singleUser(pod).isPresent();
    return ours ? 0600 : mode;
  }

  private static int mode(JsonNode source) {
    return source.path("defaultMode").asInt(DEFAULT_MODE);
  }

  private void object(
      Pod pod,
      JsonNode source,
      GroupVersionResource resource,
      String nameField,
      Map<String, AtomicWriter.Entry> files,
      int mode) {
    String name = source.path(nameField).asText("");
    boolean optional = source.path("optional").asBoolean(false);
    Optional<KubeObject> object;
    try {
      object = Optional.of(objects.get(pod.uid(), resource, pod.namespace(), name));
    } catch (StatusException e) {
      if (!optional || !StatusException.isNotFound(e)) {
        throw e;
      }
      object = Optional.empty();
    }
    boolean secret = resource.equals(Resources.SECRETS);
    JsonNode data = object.<JsonNode>map(o -> o.at("data")).orElse(MissingNode.getInstance());
    JsonNode binary =
        object.<JsonNode>map(o -> o.at("binaryData")).orElse(MissingNode.getInstance());
    Map<String, byte[]> content = new LinkedHashMap<>();
    data.properties()
        .forEach(e ->
            content.put(
                e.getKey(),
                secret
                    ? Base64.getMimeDecoder().decode(e.getValue().asText())
                    : e.getValue().asText().getBytes(StandardCharsets.UTF_8)));
    binary
        .properties()
        .forEach(
            e -> content.put(e.getKey(), Base64.getMimeDecoder().decode(e.getValue().asText())));
    if (source.path("items").isEmpty()) {
      content.forEach((k, v) -> files.put(k, new AtomicWriter.Entry(v, mode)));
      return;
    }
    for (JsonNode item : source.path("items")) {
      byte[] bytes = content.get(item.path("key").asText(""));
      if (bytes == null) {
        if (optional) {
          continue;
        }
        throw new IllegalArgumentException(
            (secret
                    ? "references non-existent secret key: "
                    : "configmap references non-existent config key: ")
                + item.path("key").asText(""));
      }
      files.put(
          item.path("path").asText(""),
          new AtomicWriter.Entry(bytes, item.path("mode").asInt(mode)));
    }
  }

  private void downward(Pod pod, JsonNode source, Map<String, AtomicWriter.Entry> files, int mode) {
    for (JsonNode item : source.path("items")) {
      String text;
      if (item.hasNonNull("fieldRef")) {
        text =
            DownwardApi.field(
                pod, item.path("fieldRef").path("fieldPath").asText(""), facts.apply(pod));
      } else {
        JsonNode ref = item.path("resourceFieldRef");
        ContainerSpec container =
            pod.container(ref.path("containerName").asText(""))
                .orElseThrow(() ->
                    new IllegalArgumentException(
                        "no such container: " + ref.path("containerName").asText("")));
        text = DownwardApi.resource(ref, container, facts.apply(pod));
      }
      files.put(
          item.path("path").asText(""),
          new AtomicWriter.Entry(
              text.getBytes(StandardCharsets.UTF_8), item.path("mode").asInt(mode)));
    }
  }
}
