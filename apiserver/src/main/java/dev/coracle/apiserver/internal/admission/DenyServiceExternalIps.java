package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.registry.Backstage;
import io.smallrye.mutiny.Uni;
import java.util.HashSet;
import java.util.Set;

/** A Service takes no external addresses that it did not have, since they may be anybody's. */
final class DenyServiceExternalIps implements AdmissionPlugin {

  @Override
  public String name() {
    return "DenyServiceExternalIPs";
  }

  @Override
  public Uni<Void> validate(AdmissionRequest request) {
    ObjectNode service = request.object();
    if (service == null || !request.is("", "services")) {
      return Backstage.DONE;
    }
    KubeObject before = request.before();
    Set<String> had = before == null ? Set.of() : addresses(before.tree());
    if (!had.containsAll(addresses(service))) {
      throw Refusal.of(request, "Use of external IPs is denied by admission control");
    }
    return Backstage.DONE;
  }

  private static Set<String> addresses(JsonNode service) {
    Set<String> out = new HashSet<>();
    service.path("spec").path("externalIPs").forEach(ip -> out.add(ip.asText("")));
    return out;
  }
}
