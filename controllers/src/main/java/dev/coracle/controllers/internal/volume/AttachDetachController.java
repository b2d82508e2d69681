package dev.coracle.controllers.internal.volume;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import dev.coracle.controllers.internal.pods.Pods;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Asks drivers to attach volumes to the nodes of the pods that use them, by VolumeAttachment
 * objects which the drivers' own external-attacher acts on, and to detach them when the last pod
 * has gone and the node says that it does not use the volume any more. A node that cannot say so
 * any more is waited for six minutes, or not at all when it is marked out of service. Works node by
 * node.
 */
public final class AttachDetachController extends LoopController {

  private static final Pattern OUR_NAME = Pattern.compile("csi-[0-9a-f]{64}");
  private static final String BY_NODE = "volumes-by-node";
  private static final String ATTACHMENTS_BY_NODE = "attachments-by-node";
  private static final String OUT_OF_SERVICE = "node.kubernetes.io/out-of-service";
  private static final Duration FORCE = Duration.ofMinutes(6);

  /** How long a driver may take to attach before its silence is told. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Lister pods;
  private final Lister claims;
  private final Lister volumes;
  private final Lister nodes;
  private final Lister drivers;
  private final Lister attachments;
  private final AttachedVolumes attached;

  private final AttachMetrics metrics;

  /** By node, the volumes of which its pods have heard that another node has them. */
  private final Map<String, Set<String>> refused = new HashMap<>();

  /** Since when an attachment waits for its driver, or it was last told. */
  private final Map<String, Instant> unanswered = new HashMap<>();

  /** Since when an attachment that is not wanted waits for its node. */
  private final Map<String, Instant> waiting = new HashMap<>();

  public AttachDetachController(Environment env) {
    super("persistentvolume-attach-detach-controller", "attachdetach-controller", env);
    Informer podInformer =
        env.informer(Resources.PODS).addIndex(BY_NODE, AttachDetachController::nodeOf);
    Informer claimInformer = env.informer(Resources.PERSISTENT_VOLUME_CLAIMS);
    Informer volumeInformer = env.informer(Resources.PERSISTENT_VOLUMES);
    Informer nodeInformer = env.informer(Resources.NODES);
    Informer driverInformer = env.informer(Resources.CSI_DRIVERS);
    Informer attachmentInformer =
        env.informer(Resources.VOLUME_ATTACHMENTS)
            .addIndex(ATTACHMENTS_BY_NODE, a -> List.of(a.text("spec", "nodeName")));
    this.pods = podInformer.lister();
    this.claims = claimInformer.lister();
    this.volumes = volumeInformer.lister();
    this.nodes = nodeInformer.lister();
    this.drivers = driverInformer.lister();
    this.attachments = attachmentInformer.lister();
    this.attached =
        new AttachedVolumes(
            env, events, volumes, node -> attachments.byIndex(ATTACHMENTS_BY_NODE, node));
    this.metrics = new AttachMetrics(env.registry(), attachmentInformer, env::now);
    onAny(podInformer, pod -> nodeOf(pod).forEach(node -> enqueue("", node)));
    onAny(attachmentInformer, a -> enqueue("", a.text("spec", "nodeName")));
    attachmentInformer.addHandler(
        new Informer.Handler() {
          @Override
          public void deleted(KubeObject last) {
            unanswered.remove(last.name());
            String volume = last.text("spec", "source", "persistentVolumeName");
            refused.forEach((node, volumes) -> {
              if (volumes.remove(volume)) {
                enqueue("", node);
              }
            });
          }
        });
    onAny(
        volumeInformer,
        volume -> {
          if (volume.at("spec", "csi").isObject()) {
            nodes.list().forEach(n -> enqueue("", n.name()));
          }
        });
    onAny(driverInformer, _ -> nodes.list().forEach(n -> enqueue("", n.name())));
    nodeInformer.addHandler(
        new Informer.Handler() {
          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (!before.at("status", "volumesInUse").equals(now.at("status", "volumesInUse"))
                || !before.at("spec", "taints").equals(now.at("spec", "taints"))) {
              enqueue("", now.name());
            }
          }

          @Override
          public void deleted(KubeObject last) {
            enqueue("", last.name());
          }
        });
  }

  /** Only pods with claims, so that nothing is looked at for the others. */
  private static List<String> nodeOf(KubeObject pod) {
    String node = pod.text("spec", "nodeName");
    if (node.isEmpty()) {
      return List.of();
    }
    for (JsonNode volume : pod.at("spec", "volumes")) {
      if (volume.has("persistentVolumeClaim") || volume.has("ephemeral")) {
        return List.of(node);
      }
    }
    return List.of();
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    String node = name.name();
    Map<String, List<KubeObject>> wanted = wanted(node);
    List<Uni<Result>> steps = new ArrayList<>();
    forgetRefused(node, wanted.keySet());
    Set<String> names = new HashSet<>();
    Map<String, String> attachers = new HashMap<>();
    wanted.forEach((volume, users) -> {
      KubeObject known = volumes.get("", volume).orElseThrow();
      String attachment = attachmentName(known, node);
      waiting.remove(attachment);
      attachers.put(volume, known.text("spec", "csi", "driver"));
      if (names.add(attachment)) { // Two volumes may be the same to their driver.
        attach(known, node, users).ifPresent(steps::add);
      }
    });
    metrics.wanted(node, wanted, attachers);
    Optional<Duration> next = silence(node, wanted);
    for (KubeObject attachment : attachments.byIndex(ATTACHMENTS_BY_NODE, node)) {
      String volume = attachment.text("spec", "source", "persistentVolumeName");
      if (isOurs(attachment) && !names.contains(attachment.name()) && !attachment.isDeleting()) {
        Duration left = untilDetach(attachment, volume, node);
        if (left.isZero()) {
          steps.add(unlessUsed(attachment, volume, node));
        } else {
          next = Optional.of(next.filter(n -> n.compareTo(left) < 0).orElse(left));
        }
      }
    }
    nodes.get("", node).flatMap(n -> attached.tell(n, wanted)).ifPresent(steps::add);
    Result later = next.map(Result::requeueAfter).orElse(Result.DONE);
    return steps.isEmpty()
        ? Uni.createFrom().item(later)
        : Uni.join().all(steps).andCollectFailures().map(_ -> later);
  }

  /**
   * Tells the pods whose volumes a driver has not said a word about.
   *
   * @return until when it is to be looked at again
   */
  private Optional<Duration> silence(String node, Map<String, List<KubeObject>> wanted) {
    Optional<Duration> next = Optional.empty();
    for (Map.Entry<String, List<KubeObject>> e : wanted.entrySet()) {
      KubeObject volume = volumes.get("", e.getKey()).orElseThrow();
      KubeObject attachment = attachments.get("", attachmentName(volume, node)).orElse(null);
      if (attachment == null) {
        continue;
      }
      if (attachment.at("status", "attached").asBoolean(false)
          || attachment.at("status", "attachError").isObject()) {
        unanswered.remove(attachment.name());
        continue;
      }
      Instant now = env.now();
      Instant since = unanswered.computeIfAbsent(attachment.name(), _ -> now);
      Duration left = Duration.between(now, since.plus(PATIENCE));
      if (!left.isPositive()) {
        unanswered.put(attachment.name(), now);
        left = PATIENCE;
        e.getValue().forEach(pod -> failed(pod, volume, unattached(volume)));
      }
      Duration wait = left;
      next = Optional.of(next.filter(n -> n.compareTo(wait) < 0).orElse(wait));
    }
    return next;
  }

  private static String unattached(KubeObject volume) {
    return "timed out waiting for external-attacher of "
        + volume.text("spec", "csi", "driver")
        + " CSI driver to attach volume "
        + volume.text("spec", "csi", "volumeHandle");
  }

  private void failed(KubeObject pod, KubeObject volume, String why) {
    events.warning(
        pod,
        "FailedAttachVolume",
        "AttachVolume.Attach failed for volume \"" + volume.name() + "\" : " + why);
  }

  private void forgetRefused(String node, Set<String> wanted) {
    Set<String> volumes = refused.get(node);
    if (volumes != null) {
      volumes.retainAll(wanted);
      if (volumes.isEmpty()) {
        refused.remove(node);
      }
    }
  }

  /** By volume, the pods of this node that use it and whose driver has to attach it. */
  private Map<String, List<KubeObject>> wanted(String node) {
    Map<String, List<KubeObject>> out = new LinkedHashMap<>();
    if (nodes.get("", node).isEmpty()) {
      return out;
    }
    for (KubeObject pod : pods.byIndex(BY_NODE, node)) {
      if (Pods.isFinished(pod)) {
        continue;
      }
      for (JsonNode volume : pod.at("spec", "volumes")) {
        String claim =
            volume.has("ephemeral")
                ? pod.name() + "-" + volume.path("name").asText("")
                : volume.path("persistentVolumeClaim").path("claimName").asText("");
        claims
            .get(pod.namespace(), claim)
            .filter(c -> c.text("status", "phase").equals("Bound"))
            .filter(c -> !volume.has("ephemeral") || isOwned(c, pod))
            .flatMap(c -> volumes.get("", c.text("spec", "volumeName")))
            .filter(this::isAttachable)
            .ifPresent(v -> out.computeIfAbsent(v.name(), _ -> new ArrayList<>()).add(pod));
      }
    }
    return out;
  }

  /** One that is only called like a pod's own is not. */
  private static boolean isOwned(KubeObject claim, KubeObject pod) {
    return claim.controllerOwner().filter(o -> o.uid().equals(pod.uid())).isPresent();
  }

  private boolean isAttachable(KubeObject volume) {
    String driver = volume.text("spec", "csi", "driver");
    return !driver.isEmpty()
        && drivers
            .get("", driver)
            .map(d -> d.at("spec", "attachRequired").asBoolean(true))
            .orElse(true);
  }

  /** Known by its name: what others attach is theirs to detach. */
  private static boolean isOurs(KubeObject attachment) {
    return OUR_NAME.matcher(attachment.name()).matches();
  }

  static String attachmentName(KubeObject volume, String node) {
    String text =
        volume.text("spec", "csi", "volumeHandle") + volume.text("spec", "csi", "driver") + node;
    try {
      return "csi-"
          + HexFormat.of()
              .formatHex(
                  MessageDigest.getInstance("SHA-256")
                      .digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private Optional<Uni<Result>> attach(KubeObject volume, String node, List<KubeObject> users) {
    String name = attachmentName(volume, node);
    KubeObject known = attachments.get("", name).orElse(null);
    if (known != null) {
      String error = known.text("status", "attachError", "message");
      if (!error.isEmpty() && !known.at("status", "attached").asBoolean(false)) {
        users.forEach(pod -> failed(pod, volume, error));
      }
      return Optional.empty();
    }
    List<String> others = otherHolders(volume, node);
    if (!others.isEmpty()) {
      if (refused.computeIfAbsent(node, _ -> new HashSet<>()).add(volume.name())) {
        tellWhoHolds(volume, others, users);
      }
      return Optional.empty(); // The end of the other attachment is the next thing to hear of.
    }
    KubeObject attachment =
        KubeObject.create(
            new GroupVersionKind("storage.k8s.io", "v1", "VolumeAttachment"),
            "",
            name,
            tree -> {
              var spec = tree.putObject("spec");
              spec.put("attacher", volume.text("spec", "csi", "driver")).put("nodeName", node);
              spec.putObject("source").put("persistentVolumeName", volume.name());
            });
    metrics.attaching(name);
    return Optional.of(
        env.client()
            .create(Resources.VOLUME_ATTACHMENTS, "", attachment, WriteOptions.NONE)
            .onFailure(StatusException::isAlreadyExists)
            .recoverWithNull()
            .replaceWith(Result.DONE));
  }

  /** The other nodes that have the volume, which only one may have. */
  private List<String> otherHolders(KubeObject volume, String node) {
    for (JsonNode mode : volume.at("spec", "accessModes")) {
      if (mode.asText().endsWith("Many")) {
        return List.of();
      }
    }
    return attachments.list().stream()
        .filter(a -> a.text("spec", "source", "persistentVolumeName").equals(volume.name()))
        .map(a -> a.text("spec", "nodeName"))
        .filter(other -> !other.equals(node))
        .toList();
  }

  /** Nobody hears the names of pods in other namespaces. */
  private void tellWhoHolds(KubeObject volume, List<String> others, List<KubeObject> users) {
    List<KubeObject> holders =
        others.stream()
            .flatMap(n -> wanted(n).getOrDefault(volume.name(), List.of()).stream())
            .toList();
    for (KubeObject pod : users) {
      List<String> near =
          holders.stream()
              .filter(h -> h.namespace().equals(pod.namespace()))
              .map(KubeObject::name)
              .toList();
      int far = holders.size() - near.size();
      String elsewhere = far + " pod(s) in different namespaces";
      String why;
      if (holders.isEmpty()) {
        why = "Volume is already exclusively attached to one node and can't be attached to another";
      } else if (near.isEmpty()) {
        why = "Volume is already used by " + elsewhere;
      } else {
        why =
            "Volume is already used by pod(s) "
                + String.join(", ", near)
                + (far == 0 ? "" : " and " + elsewhere);
      }
      events.warning(
          pod,
          "FailedAttachVolume",
          "Multi-Attach error for volume \"" + volume.name() + "\" " + why);
    }
  }

  /** Zero: now. */
  private Duration untilDetach(KubeObject attachment, String volumeName, String nodeName) {
    KubeObject node = nodes.get("", nodeName).orElse(null);
    KubeObject volume = volumes.get("", volumeName).orElse(null);
    if (node == null || volume == null || !isAttachable(volume)) {
      return Duration.ZERO;
    }
    if (!isUsed(node, volume)) {
      return Duration.ZERO;
    }
    if (isOutOfService(node)) {
      metrics.forced("out-of-service");
      return Duration.ZERO;
    }
    Instant since = waiting.computeIfAbsent(attachment.name(), _ -> env.now());
    if (isReady(node)) {
      return FORCE; // Its change of volumesInUse comes earlier.
    }
    Duration left = Duration.between(env.now(), since.plus(FORCE));
    if (left.isPositive()) {
      return left;
    }
    metrics.forced("timeout");
    return Duration.ZERO;
  }

  private static boolean isUsed(KubeObject node, KubeObject volume) {
    String unique = AttachedVolumes.uniqueName(volume);
    boolean used = false;
    for (JsonNode u : node.at("status", "volumesInUse")) {
      used |= u.asText().equals(unique);
    }
    return used;
  }

  /**
   * A node that does not use the volume by what was heard of it is asked for, since it may have
   * begun to; that is heard of, too, and the volume waited for then.
   */
  private Uni<Result> unlessUsed(KubeObject attachment, String volumeName, String nodeName) {
    KubeObject node = nodes.get("", nodeName).orElse(null);
    KubeObject volume = volumes.get("", volumeName).orElse(null);
    if (node == null || volume == null || !isAttachable(volume) || isUsed(node, volume)) {
      return detach(attachment);
    }
    return env.client()
        .get(Resources.NODES, "", nodeName)
        .map(now -> isUsed(now, volume))
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(false)
        .chain(used -> used ? DONE : detach(attachment));
  }

  private static boolean isOutOfService(KubeObject node) {
    for (JsonNode taint : node.at("spec", "taints")) {
      if (taint.path("key").asText("").equals(OUT_OF_SERVICE)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isReady(KubeObject node) {
    for (JsonNode c : node.at("status", "conditions")) {
      if (c.path("type").asText("").equals("Ready")) {
        return c.path("status").asText("").equals("True");
      }
    }
    return false;
  }

  private Uni<Result> detach(KubeObject attachment) {
    waiting.remove(attachment.name());
    metrics.detaching(attachment.name());
    return env.client()
        .delete(
            Resources.VOLUME_ATTACHMENTS,
            "",
            attachment.name(),
            DeleteOptions.DEFAULT.ifUid(attachment.uid()))
        .onFailure(StatusException::isNotFound)
        .recoverWithNull()
        .replaceWith(Result.DONE);
  }
}
