package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.KindStrategy;
import dev.coracle.apiserver.internal.service.ServiceAllocation;
import io.smallrye.mutiny.Uni;
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
  }

  /** Clients that read, change and write back may leave out what was given to the Service. */
  @Override
  public void prepareForUpdate(ObjectNode now, KubeObject before, Call call) {
    if (!call.subresource().isEmpty() || !(now.path("spec") instanceof ObjectNode spec)) {
      return;
    }
    boolean external = spec.path("type").asText("").equals("ExternalName");
    if (external) {
      if (!before.text("spec", "type").equals("ExternalName")
          && spec.path("clusterIP").asText("").equals(before.text("spec", "clusterIP"))) {
        spec.remove(java.util.List.of("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"));
      }
      dropExternalAccess(spec, before);
      return;
    }
    String ip = before.text("spec", "clusterIP");
    if (!ip.isEmpty() && spec.path("clusterIP").asText("").isEmpty()) {
      spec.put("clusterIP", ip);
      keep(spec, before, "clusterIPs");
    }
    if (spec.path("clusterIP").asText("").equals(ip)) {
      for (String field : new String[] {"clusterIPs", "ipFamilies", "ipFamilyPolicy"}) {
        if (!spec.hasNonNull(field)) {
          keep(spec, before, field);
        }
      }
    }
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
    } else {
      dropExternalAccess(spec, before);
    }
  }

  /** What only made sense as long as the Service could be reached from outside. */
  private static void dropExternalAccess(ObjectNode spec, KubeObject before) {
    if (!before.text("spec", "type").matches("NodePort|LoadBalancer")
        || spec.path("type").asText("").matches("NodePort|LoadBalancer")) {
      return;
    }
    for (JsonNode port : spec.path("ports")) {
      if (port instanceof ObjectNode p && sameNodePort(p, before)) {
        p.remove("nodePort");
      }
    }
    spec.remove(
        java.util.List.of(
            "externalTrafficPolicy",
            "healthCheckNodePort",
            "allocateLoadBalancerNodePorts",
            "loadBalancerClass"));
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
