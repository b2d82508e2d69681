package dev.coracle.kubelet.internal.pod;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.PodRequests;
import dev.coracle.api.Quantity;
import dev.coracle.api.Timestamps;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A Pod as the kubelet reads it: a thin view, immutable. */
public final class Pod {
  private static final int SYSTEM_CRITICAL = 2_000_000_000;

  public static final String CONFIG_SOURCE = "kubernetes.io/config.source";
  public static final String CONFIG_HASH = "kubernetes.io/config.hash";
  public static final String CONFIG_MIRROR = "kubernetes.io/config.mirror";

  private final KubeObject object;
  private final String uid;
  private final List<ContainerSpec> initContainers;
  private final List<ContainerSpec> containers;
  private final List<ContainerSpec> ephemeralContainers;
  private volatile @Nullable Map<String, Quantity> requests;

  public Pod(KubeObject object) {
    this.object = object;
    this.uid = object.uid();
    this.initContainers = read("initContainers", ContainerSpec.Kind.INIT);
    this.containers = read("containers", ContainerSpec.Kind.APP);
    this.ephemeralContainers = read("ephemeralContainers", ContainerSpec.Kind.EPHEMERAL);
  }

  private List<ContainerSpec> read(String list, ContainerSpec.Kind kind) {
    List<ContainerSpec> out = new ArrayList<>();
    for (JsonNode c : spec().path(list)) {
      boolean sidecar =
          kind == ContainerSpec.Kind.INIT && "Always".equals(c.path("restartPolicy").asText(""));
      out.add(new ContainerSpec(c, sidecar ? ContainerSpec.Kind.SIDECAR : kind, out.size()));
    }
    return List.copyOf(out);
  }

  /**
   * What it asks for: its containers together, or its largest init container, or what it asks for
   * as a whole; and its overhead. Added up once: every pod that comes is weighed against all that
   * are here.
   */
  public Map<String, Quantity> requests() {
    Map<String, Quantity> known = requests;
    if (known == null) {
      known = PodRequests.ofContainers(spec(), "requests");
      JsonNode whole = spec().path("resources").path("requests");
      whole.fieldNames().forEachRemaining(known::remove);
      add(known, whole);
      add(known, spec().path("overhead"));
      known = Collections.unmodifiableMap(known);
      requests = known;
    }
    return known;
  }

  private static void add(Map<String, Quantity> sum, JsonNode amounts) {
    for (Map.Entry<String, JsonNode> e : amounts.properties()) {
      Quantity q = Quantity.tryParse(e.getValue().asText());
      if (q != null) {
        sum.merge(e.getKey(), q, Quantity::plus);
      }
    }
  }

  public KubeObject object() {
    return object;
  }

  public String uid() {
    return uid;
  }

  public String name() {
    return object.name();
  }

  public String namespace() {
    return object.namespace();
  }

  public NamespacedName key() {
    return object.key();
  }

  public JsonNode spec() {
    return object.tree().path("spec");
  }

  public JsonNode status() {
    return object.tree().path("status");
  }

  /** Init containers and sidecars in their order. */
  public List<ContainerSpec> initContainers() {
    return initContainers;
  }

  public List<ContainerSpec> containers() {
    return containers;
  }

  public List<ContainerSpec> ephemeralContainers() {
    return ephemeralContainers;
  }

  /** Init, ordinary and ephemeral ones. */
  public List<ContainerSpec> allContainers() {
    List<ContainerSpec> all = new ArrayList<>(initContainers);
    all.addAll(containers);
    all.addAll(ephemeralContainers);
    return all;
  }

  public Optional<ContainerSpec> container(String name) {
    return allContainers().stream().filter(c -> c.name().equals(name)).findFirst();
  }

  /** Always, OnFailure or Never. */
  public String restartPolicy() {
    return spec().path("restartPolicy").asText("Always");
  }

  public boolean hostNetwork() {
    return spec().path("hostNetwork").asBoolean(false);
  }

  public JsonNode securityContext() {
    return spec().path("securityContext");
  }

  public boolean isDeleting() {
    return object.isDeleting();
  }

  /**
   * Seconds the pod may take to end: that of its deletion when it is being deleted, else the
   * spec's.
   */
  public long gracePeriodSeconds() {
    JsonNode deletion = object.metadata().path("deletionGracePeriodSeconds");
    if (isDeleting() && deletion.isNumber()) {
      return deletion.asLong();
    }
    return spec().path("terminationGracePeriodSeconds").asLong(30);
  }

  public @Nullable Instant deletionTimestamp() {
    return Timestamps.parse(object.metadata().path("deletionTimestamp").asText(""));
  }

  public String phase() {
    return status().path("phase").asText("");
  }

  /** Whether some kubelet, this one or one before, has taken it already. */
  public boolean hasBegun() {
    return status().hasNonNull("startTime");
  }

  public boolean isTerminalPhase() {
    return phase().equals("Succeeded") || phase().equals("Failed");
  }

  /**
   * Whether everything the kubelet acts on is as in the other: all but the status and bookkeeping.
   */
  public boolean wantsTheSameAs(Pod other) {
    if (!spec().equals(other.spec())) {
      return false;
    }
    JsonNode mine = object.metadata();
    JsonNode its = other.object.metadata();
    for (String field :
        new String[] {
          "uid",
          "labels",
          "annotations",
          "deletionTimestamp",
          "deletionGracePeriodSeconds",
          "generation"
        }) {
      if (!mine.path(field).equals(its.path(field))) {
        return false;
      }
    }
    return !spec().has("readinessGates");
  }

  /** Runs from a file and not from the API. */
  public boolean isStatic() {
    return object.annotation(CONFIG_SOURCE).filter(s -> !s.equals("api")).isPresent();
  }

  /** The API's reflection of a static pod. */
  public boolean isMirror() {
    return object.annotation(CONFIG_MIRROR).isPresent();
  }

  /** Whether the node or the cluster does not go on without it. */
  public boolean isCritical() {
    return isStatic() || isMirror() || spec().path("priority").asInt(0) >= SYSTEM_CRITICAL;
  }

  /** {@code name_namespace(uid)}, as upstream's messages have it. */
  public String describe() {
    return name() + "_" + namespace() + "(" + uid() + ")";
  }

  @Override
  public String toString() {
    return describe();
  }
}
