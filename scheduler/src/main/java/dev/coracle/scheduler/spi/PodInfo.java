package dev.coracle.scheduler.spi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.PodRequests;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.api.selector.Toleration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A pod with what scheduling asks of it, read from its tree once. Immutable by trust. */
public final class PodInfo {

  /** What a container without a request is counted as when nodes are compared, as upstream does. */
  private static final long NON_ZERO_CPU_MILLIS = 100;

  private static final long NON_ZERO_MEMORY = 200L << 20;

  /** A port taken on the node. */
  public record HostPort(String ip, String protocol, int port) {

    public boolean collides(HostPort other) {
      return port == other.port
          && protocol.equals(other.protocol)
          && (ip.equals(other.ip) || ip.equals("0.0.0.0") || other.ip.equals("0.0.0.0"));
    }
  }

  private final KubeObject pod;
  private final int priority;
  private final Amounts requests;
  private final Amounts nonZeroRequests;
  private final List<HostPort> ports;
  private final List<Toleration> tolerations;
  private final LabelSelector nodeSelector;
  private final String controllerUid;
  private final @Nullable NodeTerms nodeTerms;
  private final List<AffinityTerm> affinity;
  private final List<AffinityTerm> antiAffinity;
  private final List<AffinityTerm> preferredAffinity;
  private final List<AffinityTerm> preferredAntiAffinity;

  public PodInfo(KubeObject pod) {
    this.pod = pod;
    JsonNode spec = pod.at("spec");
    this.priority = spec.path("priority").asInt(0);
    this.requests = effective(pod.tree(), false);
    this.nonZeroRequests = effective(pod.tree(), true);
    this.ports = ports(spec);
    this.tolerations = Toleration.ofSpec(pod.tree().path("spec"));
    this.nodeSelector = LabelSelector.ofLabels(KubeObject.strings(spec.path("nodeSelector")));
    this.controllerUid =
        pod.isDeleting() ? "" : pod.controllerOwner().map(OwnerReference::uid).orElse("");
    JsonNode terms =
        spec.path("affinity")
            .path("nodeAffinity")
            .path("requiredDuringSchedulingIgnoredDuringExecution");
    this.nodeTerms = terms.isObject() ? NodeTerms.of(terms) : null;
    JsonNode together = spec.path("affinity").path("podAffinity");
    JsonNode apart = spec.path("affinity").path("podAntiAffinity");
    this.affinity = AffinityTerm.required(pod, together);
    this.antiAffinity = AffinityTerm.required(pod, apart);
    this.preferredAffinity = AffinityTerm.preferred(pod, together);
    this.preferredAntiAffinity = AffinityTerm.preferred(pod, apart);
  }

  /**
   * As {@link PodRequests#of}, in the numbers of the scheduler.
   *
   * @param nonZero containers that ask for no processor or memory count with a little of each
   */
  private static Amounts effective(JsonNode pod, boolean nonZero) {
    JsonNode spec = pod.path("spec");
    JsonNode status = pod.path("status");
    boolean infeasible = PodRequests.isResizeInfeasible(pod);
    Amounts total = new Amounts();
    for (JsonNode container : spec.path("containers")) {
      JsonNode has = status(status.path("containerStatuses"), container);
      total.plus(requests(container, has, infeasible, nonZero));
    }
    Amounts sidecars = new Amounts();
    Amounts peak = new Amounts();
    for (JsonNode container : spec.path("initContainers")) {
      if ("Always".equals(container.path("restartPolicy").asText())) {
        JsonNode has = status(status.path("initContainerStatuses"), container);
        Amounts own = requests(container, has, infeasible, nonZero);
        sidecars.plus(own);
        total.plus(own);
        peak.max(sidecars);
      } else {
        Amounts own = requests(container, MissingNode.getInstance(), infeasible, nonZero);
        peak.max(own.plus(sidecars));
      }
    }
    total.max(peak);
    JsonNode whole = spec.path("resources").path("requests");
    if (!whole.isEmpty()) {
      Amounts counted = counted(whole, status, infeasible);
      for (Map.Entry<String, JsonNode> asked : whole.properties()) {
        if (PodRequests.isOfPods(asked.getKey())) {
          total.put(asked.getKey(), counted.get(asked.getKey()));
        }
      }
    }
    return total.plus(Amounts.of(spec.path("overhead")));
  }

  private static JsonNode status(JsonNode statuses, JsonNode container) {
    for (JsonNode status : statuses) {
      if (status.path("name").equals(container.path("name"))) {
        return status;
      }
    }
    return MissingNode.getInstance();
  }

  private static Amounts requests(
      JsonNode container, JsonNode status, boolean infeasible, boolean nonZero) {
    JsonNode asked = container.path("resources").path("requests");
    Amounts own = counted(asked, status, infeasible);
    if (nonZero && !own.has("cpu")) {
      own.put("cpu", NON_ZERO_CPU_MILLIS);
    }
    if (nonZero && !own.has("memory")) {
      own.put("memory", NON_ZERO_MEMORY);
    }
    return own;
  }

  /**
   * @param status of the container, or of the pod: what is allocated and in force
   */
  private static Amounts counted(JsonNode asked, JsonNode status, boolean infeasible) {
    JsonNode inForce = status.path("resources");
    if (!inForce.isObject()) {
      return Amounts.of(asked);
    }
    Amounts out =
        Amounts.of(inForce.path("requests")).max(Amounts.of(status.path("allocatedResources")));
    return infeasible ? out : out.max(Amounts.of(asked));
  }

  private static List<HostPort> ports(JsonNode spec) {
    List<HostPort> out = new ArrayList<>();
    boolean hostNetwork = spec.path("hostNetwork").asBoolean(false);
    for (String list : List.of("initContainers", "containers")) {
      for (JsonNode container : spec.path(list)) {
        if (list.equals("initContainers")
            && !"Always".equals(container.path("restartPolicy").asText())) {
          continue;
        }
        for (JsonNode port : container.path("ports")) {
          int number =
              port.path("hostPort").asInt(hostNetwork ? port.path("containerPort").asInt(0) : 0);
          if (number > 0) {
            String ip = port.path("hostIP").asText("");
            out.add(
                new HostPort(
                    ip.isEmpty() ? "0.0.0.0" : ip, port.path("protocol").asText("TCP"), number));
          }
        }
      }
    }
    return out;
  }

  public KubeObject pod() {
    return pod;
  }

  public String uid() {
    return pod.uid();
  }

  public int priority() {
    return priority;
  }

  public String nodeName() {
    return pod.text("spec", "nodeName");
  }

  public Amounts requests() {
    return requests;
  }

  public Amounts nonZeroRequests() {
    return nonZeroRequests;
  }

  public List<HostPort> ports() {
    return ports;
  }

  public List<Toleration> tolerations() {
    return tolerations;
  }

  /** The first taint picked that the pod does not tolerate, null where it tolerates all. */
  public Toleration.@Nullable Taint untolerated(
      KubeObject node, Predicate<Toleration.Taint> picked) {
    if (node.at("spec", "taints").isEmpty()) {
      return null;
    }
    for (Toleration.Taint taint : Toleration.Taint.ofNode(node.tree())) {
      if (picked.test(taint) && tolerations.stream().noneMatch(t -> t.tolerates(taint))) {
        return taint;
      }
    }
    return null;
  }

  /** The nodeSelector and the required node affinity. */
  public boolean wantsNode(KubeObject node) {
    return (nodeSelector.isEverything() || nodeSelector.matches(node))
        && (nodeTerms == null || nodeTerms.matches(node));
  }

  /** Whether the other one asks the same of a node's labels and name. */
  public boolean wantsNodesLike(PodInfo other) {
    return nodeSelector.equals(other.nodeSelector) && Objects.equals(nodeTerms, other.nodeTerms);
  }

  /** As {@link NodeTerms#names}, of the required node affinity. */
  public @Nullable Set<String> wantedNodeNames() {
    return nodeTerms == null ? null : nodeTerms.names();
  }

  public boolean choosesNodes() {
    return !nodeSelector.isEverything() || nodeTerms != null;
  }

  /** The uid of the controller it counts for; empty without one, and while it is being deleted. */
  public String controllerUid() {
    return controllerUid;
  }

  /** Whether it wishes or demands to be near to other pods, or away from them. */
  public boolean hasAffinity() {
    return !(affinity.isEmpty() && preferredAffinity.isEmpty() && preferredAntiAffinity.isEmpty());
  }

  public List<AffinityTerm> affinity() {
    return affinity;
  }

  public List<AffinityTerm> antiAffinity() {
    return antiAffinity;
  }

  public List<AffinityTerm> preferredAffinity() {
    return preferredAffinity;
  }

  public List<AffinityTerm> preferredAntiAffinity() {
    return preferredAntiAffinity;
  }

  @Override
  public String toString() {
    return pod.key().toString();
  }
}
