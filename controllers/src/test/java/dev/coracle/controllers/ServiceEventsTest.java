package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.controllers.internal.status.Conditions;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is told of endpoints that could not be written, and of namespaces that do not go. */
class ServiceEventsTest {

  private final Cluster c = new Cluster();

  private void refuse(String verb, GroupVersionResource resource) {
    c.api.failWhen(call ->
        call.verb().equals(verb) && call.resource().equals(resource)
            ? Optional.of(StatusException.of(StatusReason.FORBIDDEN, "not you"))
            : Optional.empty());
  }

  private void service() {
    c.create(
        Resources.SERVICES,
        """
        {"apiVersion":"v1","kind":"Service","metadata":{"namespace":"default","name":"s"},
         "spec":{"selector":{"app":"d"},"ports":[{"port":80,"protocol":"TCP"}],
          "ipFamilies":["IPv4"],"clusterIP":"10.96.0.9"}}\
        """);
    c.pass(Duration.ofSeconds(1));
  }

  @Test
  void tellsOfSlicesThatCannotBeMade() {
    refuse("create", Resources.ENDPOINT_SLICES);
    service();
    assertThat(c.told("FailedToUpdateEndpointSlices"))
        .contains(
            "endpoint-slice-controller Warning: Error updating Endpoint Slices for Service"
                + " default/s: failed to create EndpointSlice for Service default/s: not you");
  }

  @Test
  void tellsOfSlicesThatCannotBeChanged() {
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 1, "i"));
    service();
    String slice =
        c.api.all(Resources.ENDPOINT_SLICES).stream()
            .map(KubeObject::name)
            .filter(n -> n.startsWith("s-"))
            .findFirst()
            .orElseThrow();
    refuse("update", Resources.ENDPOINT_SLICES);
    c.edit(Resources.DEPLOYMENTS, "d", n -> ((ObjectNode) n.path("spec")).put("replicas", 2));
    c.pass(Duration.ofSeconds(1));
    assertThat(c.told("FailedToUpdateEndpointSlices"))
        .contains(
            "endpoint-slice-controller Warning: Error updating Endpoint Slices for Service"
                + " default/s: failed to update "
                + slice
                + " EndpointSlice for Service default/s: not you");
  }

  @Test
  void tellsOfEndpointsThatCannotBeMade() {
    refuse("create", Resources.ENDPOINTS);
    service();
    assertThat(c.told("FailedToCreateEndpoint"))
        .contains(
            "endpoint-controller Warning: Failed to create endpoint for service default/s: not you");
  }

  @Test
  void tellsOfEndpointsThatCannotBeChanged() {
    service();
    refuse("update", Resources.ENDPOINTS);
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 1, "i"));
    c.pass(Duration.ofSeconds(1));
    assertThat(c.told("FailedToUpdateEndpoint"))
        .contains("endpoint-controller Warning: Failed to update endpoint default/s: not you");
  }

  @Test
  void tellsHowManyAddressesAreNotMirrored() {
    c.create(
        Resources.SERVICES,
        """
        {"apiVersion":"v1","kind":"Service","metadata":{"namespace":"default","name":"s"},
         "spec":{"ports":[{"port":80}]}}\
        """);
    ObjectNode endpoints =
        Cluster.object(
            """
            {"apiVersion":"v1","kind":"Endpoints","metadata":{"namespace":"default","name":"s"},
             "subsets":[{"addresses":[],"ports":[{"port":80}]}]}\
            """);
    ArrayNode addresses = (ArrayNode) endpoints.at("/subsets/0/addresses");
    for (int i = 0; i < 1003; i++) {
      addresses.addObject().put("ip", "10.1." + i / 250 + "." + (i % 250 + 1));
    }
    c.create(Resources.ENDPOINTS, endpoints.toString());
    c.pass(Duration.ofSeconds(1));
    assertThat(c.told("TooManyAddressesToMirror"))
        .contains(
            "endpoint-slice-mirroring-controller Warning: A max of 1000 addresses can be mirrored"
                + " to EndpointSlices per Endpoints subset. 3 addresses were skipped");
  }

  @Test
  void aNamespaceSaysWhatRemainsInIt() {
    c.api.put(
        Resources.NAMESPACES,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Namespace","metadata":{"name":"x"},
             "spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}}\
            """));
    c.create(
        Resources.CONFIG_MAPS,
        """
        {"apiVersion":"v1","kind":"ConfigMap",
         "metadata":{"namespace":"x","name":"c","finalizers":["example.com/stay"]}}\
        """);
    c.create(
        Resources.ENDPOINT_SLICES,
        """
        {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","addressType":"IPv4",
         "metadata":{"namespace":"x","name":"e","finalizers":["example.com/stay"]},"endpoints":[]}\
        """);
    c.api
        .delete(Resources.NAMESPACES, "", "x", dev.coracle.api.rest.DeleteOptions.DEFAULT)
        .await()
        .indefinitely();
    c.pass(Duration.ofSeconds(1));
    KubeObject namespace = c.api.peek(Resources.NAMESPACES, "", "x");
    assertThat(namespace).isNotNull();
    assertThat(Conditions.find(namespace, "NamespaceContentRemaining").path("message").asText())
        .isEqualTo(
            "Some resources are remaining: configmaps. has 1 resource instances,"
                + " endpointslices.discovery.k8s.io has 1 resource instances");
    assertThat(Conditions.find(namespace, "NamespaceFinalizersRemaining").path("message").asText())
        .isEqualTo(
            "Some content in the namespace has finalizers remaining: example.com/stay in 2 resource"
                + " instances");
  }
}
