package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.KindStrategy;
import dev.coracle.apiserver.internal.service.ServiceAllocation;
import io.smallrye.mutiny.Uni;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Services: keep their addresses over updates, and get them when they are written. */
public final class ServiceStrategy implements KindStrategy {

  private final ServiceAllocation allocation;

  public ServiceStrategy(ServiceAllocation allocation) {
    this.allocation = allocation;
  }

  @Override
  public boolean tracksGeneration() {
    return false;
  }

  @Override
  public boolean returnsDeletedObject() {
    return true;
  }

  @Override
  public boolean allowsCreateOnUpdate() {
    return true;
  }

  @Override
  public void prepareForCreate(ObjectNode service, Call call) {
    service.putObject("status").putObject("loadBalancer");
    if (service.path("spec") instanceof ObjectNode spec) {
      listAddress(spec);
    }
  }

  /** Clients from before there were lists of addresses set only the one. */
  private static void listAddress(ObjectNode spec) {
    String ip = spec.path("clusterIP").asText("");
    if (!ip.isEmpty() && spec.path("clusterIPs").isEmpty()) {
      spec.putArray("clusterIPs").add(ip);
    }
  }

  /** Clients that read, change and write back may leave out what was given to the Service. */
  @Override
  public void prepareForUpdate(ObjectNode now, KubeObject before, Call call) {
    if (!call.subresource().isEmpty() || !(now.path("spec") instanceof ObjectNode spec)) {
      return;
    }
    boolean external = spec.path("type").asText("").equals("ExternalName");
    if (external) {
      if (!before.text("spec", "type").equals("ExternalName")) {
        dropAddresses(spec, before);
      }
      dropUnused(spec, before);
      return;
    }
    keepAddresses(spec, before);
    if (ServiceAllocation.wantsNodePorts(spec)) {
      for (JsonNode port : spec.path("ports")) {
        if (port.path("nodePort").asInt(0) == 0 && port instanceof ObjectNode p) {
          keepNodePort(p, before);
        }
      }
      if (spec.path("healthCheckNodePort").asInt(0) == 0
          && spec.path("externalTrafficPolicy").asText("").equals("Local")) {
        keep(spec, before, "healthCheckNodePort");
      }
    }
    dropUnused(spec, before);
  }

  /** Where only the one address was changed, the list that came with it is that of before. */
  private static void keepAddresses(ObjectNode spec, KubeObject before) {
    String ip = before.text("spec", "clusterIP");
    if (!ip.isEmpty() && spec.path("clusterIP").asText("").isEmpty()) {
      spec.put("clusterIP", ip);
    }
    if (spec.path("clusterIPs").isEmpty()) {
      keep(spec, before, "clusterIPs");
    }
    String now = spec.path("clusterIP").asText("");
    if (!now.equals(ip) && spec.path("clusterIPs").equals(before.at("spec", "clusterIPs"))) {
      spec.putArray("clusterIPs").add(now);
    }
    listAddress(spec);
  }

  private static void dropAddresses(ObjectNode spec, KubeObject before) {
    String ip = spec.path("clusterIP").asText("");
    if (ip.isEmpty() || ip.equals(before.text("spec", "clusterIP"))) {
      spec.remove(java.util.List.of("clusterIP", "clusterIPs"));
    }
    for (String field : new String[] {"ipFamilies", "ipFamilyPolicy"}) {
      if (spec.path(field).equals(before.at("spec", field))) {
        spec.remove(field);
      }
    }
  }

  /** What the Service has no use for any more goes, where the client has not set it anew. */
  private static void dropUnused(ObjectNode spec, KubeObject before) {
    JsonNode old = before.at("spec");
    if (hasNodePorts(old) && !hasNodePorts(spec)) {
      for (JsonNode port : spec.path("ports")) {
        if (port instanceof ObjectNode p && sameNodePort(p, before)) {
          p.remove("nodePort");
        }
      }
    }
    drop(spec, old, "healthCheckNodePort", s -> isBalanced(s) && isLocal(s));
    drop(spec, old, "externalTrafficPolicy", ServiceStrategy::isFacing);
    drop(spec, old, "allocateLoadBalancerNodePorts", ServiceStrategy::isBalanced);
    drop(spec, old, "loadBalancerClass", ServiceStrategy::isBalanced);
  }

  private static void drop(ObjectNode spec, JsonNode old, String field, Predicate<JsonNode> use) {
    if (use.test(old) && !use.test(spec) && spec.path(field).equals(old.path(field))) {
      spec.remove(field);
    }
  }

  private static String type(JsonNode spec) {
    return spec.path("type").asText("");
  }

  private static boolean hasNodePorts(JsonNode spec) {
    return type(spec).equals("NodePort") || isBalanced(spec);
  }

  private static boolean isBalanced(JsonNode spec) {
    return type(spec).equals("LoadBalancer");
  }

  private static boolean isLocal(JsonNode spec) {
    return spec.path("externalTrafficPolicy").asText("").equals("Local");
  }

  private static boolean isFacing(JsonNode spec) {
    return hasNodePorts(spec)
        || type(spec).equals("ClusterIP") && !spec.path("externalIPs").isEmpty();
  }

  private static void keep(ObjectNode spec, KubeObject before, String field) {
    JsonNode value = before.at("spec", field);
    if (!value.isMissingNode()) {
      spec.set(field, value.deepCopy());
    }
  }

  private static boolean same(JsonNode a, JsonNode b) {
    return a.path("port").asInt() == b.path("port").asInt()
        && a.path("protocol").asText("TCP").equals(b.path("protocol").asText("TCP"));
  }

  private static void keepNodePort(ObjectNode port, KubeObject before) {
    for (JsonNode old : before.at("spec", "ports")) {
      if (same(port, old) && old.path("nodePort").asInt(0) > 0) {
        port.set("nodePort", old.path("nodePort"));
      }
    }
  }

  private static boolean sameNodePort(ObjectNode port, KubeObject before) {
    for (JsonNode old : before.at("spec", "ports")) {
      if (same(port, old) && old.path("nodePort").asInt(0) == port.path("nodePort").asInt(0)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public Uni<Void> beginWrite(ObjectNode now, @Nullable KubeObject before, Call call) {
    return call.subresource().isEmpty() ? allocation.begin(now, before, call) : Backstage.DONE;
  }

  @Override
  public void undo(ObjectNode now, @Nullable KubeObject before, Call call) {
    if (!call.subresource().isEmpty()) {
      return;
    }
    KubeObject took = KubeObject.of(now);
    if (call.dryRun()) {
      allocation.forget(took, before);
    } else {
      allocation.release(took, before).subscribe().with(_ -> {});
    }
  }

  /** Ends when the addresses are free: whoever deletes a Service may make another with its own. */
  @Override
  public Uni<Void> written(@Nullable KubeObject now, @Nullable KubeObject before) {
    return before == null ? Backstage.DONE : allocation.release(before, now);
  }
}
