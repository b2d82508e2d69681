package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.hasCondition;
import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Service ranges and their addresses as objects. */
@Conformance
class AddressesIT {

  @Test
  @DisplayName(
      "[sig-network] ServiceCIDR and IPAddress API should support ServiceCIDR API operations"
          + " [Conformance]")
  void serviceCidrs(Space space) {
    String resource = "servicecidrs.networking.k8s.io";
    String name = "conformance-" + Space.unique();
    space.create(
        "{apiVersion: networking.k8s.io/v1, kind: ServiceCIDR, metadata: {name: %s, labels: {special: %1$s}}, spec: {cidrs: [203.0.113.0/24]}}"
            .formatted(name));
    space.atEnd(() -> space.api().send("DELETE", space.path(resource, name), "", "", Map.of()));
    assertThat(text(space.get(resource, name), "/spec/cidrs/0")).isEqualTo("203.0.113.0/24");
    assertThat(space.list(resource, "special=" + name)).hasSize(1);
    space.merge(resource, name, "{metadata: {annotations: {patched: 'true'}}}");
    JsonNode updated =
        space.edit(
            resource,
            name,
            c -> ((ObjectNode) c.at("/metadata/annotations")).put("updated", "true"));
    assertThat(text(updated, "/metadata/annotations/updated")).isEqualTo("true");
    JsonNode status =
        space.mergeStatus(
            resource,
            name,
            "{status: {conditions: [{type: StatusPatched, status: 'True', reason: E2E, message: m,"
                + " lastTransitionTime: '2026-01-01T00:00:00Z'}]}}");
    assertThat(hasCondition(status, "StatusPatched", "True")).isTrue();
    space.delete(resource, name);
    space.awaitGone(resource, name);
  }

  @Test
  @DisplayName(
      "[sig-network] ServiceCIDR and IPAddress API should support IPAddress API operations"
          + " [Conformance]")
  void addresses(Space space) {
    String resource = "ipaddresses.networking.k8s.io";
    String label = Space.unique();
    for (String ip : List.of("198.51.100.1", "198.51.100.2")) {
      space.create(
          "{apiVersion: networking.k8s.io/v1, kind: IPAddress, metadata: {name: %s, labels: {special: %s}}, spec: {parentRef: {resource: services, namespace: foo, name: bar}}}"
              .formatted(ip, label));
      space.atEnd(() -> space.api().send("DELETE", space.path(resource, ip), "", "", Map.of()));
    }
    assertThat(space.list(resource, "special=" + label)).hasSize(2);
    space.merge(resource, "198.51.100.1", "{metadata: {annotations: {patched: 'true'}}}");
    space.edit(
        resource,
        "198.51.100.1",
        a -> ((ObjectNode) a.at("/metadata/annotations")).put("updated", "true"));
    assertThat(text(space.get(resource, "198.51.100.1"), "/metadata/annotations/updated"))
        .isEqualTo("true");
    space.delete(resource, "198.51.100.1");
    space.deleteAll(resource, "special=" + label);
    space.awaitList(resource, "special=" + label, "gone", List::isEmpty);
  }
}
