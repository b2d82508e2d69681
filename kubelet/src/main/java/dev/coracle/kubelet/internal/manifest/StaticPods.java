package dev.coracle.kubelet.internal.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.Yaml;
import dev.coracle.api.schema.Decoder;
import dev.coracle.api.schema.FieldValidation;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.Scheme;
import dev.coracle.kubelet.internal.pod.Pod;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchService;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pods of a directory of manifests (Kubernetes docs, "Create static Pods"), YAML or JSON, one
 * pod a file; names beginning with a dot are skipped. Followed by the kernel's file events, so an
 * idle directory costs nothing. A manifest that is no pod is told in the log, and what it was
 * before stays.
 */
public final class StaticPods implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StaticPods.class);
  private static final ResourceDefinition PODS =
      Scheme.builtIn().resource("", "v1", "pods").orElseThrow();

  /** As many as the API takes. */
  private static final int MOST_BYTES = 3 << 20;

  private final Path directory;
  private final String nodeName;
  private final Consumer<KubeObject> changed;
  private final Consumer<KubeObject> removed;
  private final Map<Path, KubeObject> pods = new ConcurrentHashMap<>();
  private @Nullable WatchService watch;

  public StaticPods(
      Path directory, String nodeName, Consumer<KubeObject> changed, Consumer<KubeObject> removed) {
    this.directory = directory;
    this.nodeName = nodeName;
    this.changed = changed;
    this.removed = removed;
  }

  public void start() throws IOException {
    Files.createDirectories(directory);
    WatchService service = directory.getFileSystem().newWatchService();
    watch = service;
    directory.register(
        service,
        StandardWatchEventKinds.ENTRY_CREATE,
        StandardWatchEventKinds.ENTRY_DELETE,
        StandardWatchEventKinds.ENTRY_MODIFY);
    look();
    Thread.ofVirtual().name("kubelet-manifests").start(() -> follow(service));
  }

  /** All static pods. */
  public Collection<KubeObject> list() {
    return List.copyOf(pods.values());
  }

  private void follow(WatchService service) {
    try {
      while (true) {
        var key = service.take();
        key.pollEvents();
        look();
        key.reset();
      }
    } catch (ClosedWatchServiceException | InterruptedException e) {
      LOG.atDebug().log("The manifests are not followed any more");
    }
  }

  private synchronized void look() {
    Map<Path, KubeObject> now = new HashMap<>();
    try (var files = Files.list(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (file.getFileName().toString().startsWith(".")) {
          continue;
        }
        KubeObject pod = read(file);
        if (pod != null) {
          now.put(file, pod);
        }
      }
    } catch (IOException e) {
      LOG.atWarn().addKeyValue("why", e.getMessage()).log("The manifests cannot be listed");
      return;
    }
    pods.forEach((file, pod) -> {
      KubeObject newer = now.get(file);
      if (newer == null || !newer.uid().equals(pod.uid())) {
        pods.remove(file);
        removed.accept(pod);
      }
    });
    now.forEach((file, pod) -> {
      if (pods.putIfAbsent(file, pod) == null) {
        changed.accept(pod);
      }
    });
  }

  private @Nullable KubeObject read(Path file) {
    try {
      byte[] bytes;
      try (InputStream in = Files.newInputStream(file)) {
        bytes = in.readNBytes(MOST_BYTES + 1);
      }
      if (bytes.length == 0) {
        return pods.get(file);
      }
      KubeObject pod = complete(tree(bytes), file, bytes);
      StaticPodRules.check(pod);
      return pod;
    } catch (IOException | StatusException | IllegalArgumentException e) {
      LOG.atWarn()
          .addKeyValue("file", file)
          .addKeyValue("why", e.getMessage())
          .log("A manifest is no Pod that can run here");
      return pods.get(file);
    }
  }

  /**
   * The pod in the shape that its schema has: unknown fields are dropped, wrong types refused.
   *
   * @throws StatusException when it is no YAML, or a field has the wrong type
   * @throws IllegalArgumentException when it is no Pod
   */
  static ObjectNode tree(byte[] bytes) {
    if (bytes.length > MOST_BYTES) {
      throw new IllegalArgumentException("the manifest has more than " + MOST_BYTES + " bytes");
    }
    JsonNode pod = Yaml.parse(bytes, MOST_BYTES);
    if (!pod.path("kind").asText("").equals("Pod")
        || pod.path("metadata").path("name").asText("").isEmpty()) {
      throw new IllegalArgumentException("kind Pod and metadata.name are needed");
    }
    return Decoder.decode(pod, PODS.schema(), PODS.kind(), FieldValidation.IGNORE, _ -> {});
  }

  /** Gives it what the API would have: uid by content, the node's name behind its own, defaults. */
  KubeObject complete(ObjectNode pod, Path file, byte[] bytes) {
    ObjectNode metadata = pod.withObjectProperty("metadata");
    String name = metadata.path("name").asText();
    if (!name.endsWith("-" + nodeName)) {
      metadata.put("name", name + "-" + nodeName);
    }
    if (!metadata.hasNonNull("namespace")) {
      metadata.put("namespace", "default");
    }
    String hash = hash(bytes, file);
    String uid = metadata.path("uid").asText("");
    metadata.put("uid", uid.isEmpty() ? hash : uid);
    metadata.put("resourceVersion", hash);
    ObjectNode notes = metadata.withObjectProperty("annotations");
    notes.put(Pod.CONFIG_HASH, hash);
    notes.put(Pod.CONFIG_SOURCE, "file");
    notes.put("kubernetes.io/config.seen", Instant.now().toString());
    ObjectNode spec = pod.withObjectProperty("spec");
    spec.put("nodeName", nodeName);
    def(spec, "restartPolicy", "Always");
    def(spec, "dnsPolicy", "ClusterFirst");
    if (!spec.hasNonNull("terminationGracePeriodSeconds")) {
      spec.put("terminationGracePeriodSeconds", 30);
    }
    ArrayNode tolerations = spec.withArrayProperty("tolerations");
    if (tolerations.isEmpty()) {
      tolerations.addObject().put("operator", "Exists").put("effect", "NoExecute");
    }
    pod.remove("status");
    return KubeObject.of(pod);
  }

  private static void def(ObjectNode node, String field, String value) {
    if (!node.hasNonNull(field)) {
      node.put(field, value);
    }
  }

  private String hash(byte[] bytes, Path file) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(bytes);
      digest.update(nodeName.getBytes(StandardCharsets.UTF_8));
      digest.update(file.toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest.digest(), 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    WatchService service = watch;
    if (service != null) {
      try {
        Objects.requireNonNull(service).close();
      } catch (IOException e) {
        LOG.atDebug().log("The manifests' watch could not be closed");
      }
    }
  }
}
