package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Namespaces in which other API servers have objects too. */
class AggregatedNamespaceTest {

  private static final GroupVersionResource FLUNDERS =
      new GroupVersionResource("wardle.example.com", "v1beta1", "flunders");
  private static final GroupVersionResource OLD_FLUNDERS =
      new GroupVersionResource("wardle.example.com", "v1alpha1", "flunders");
  private static final GroupVersionResource FISHES =
      new GroupVersionResource("wardle.example.com", "v1alpha1", "fishes");

  private final Cluster c = new Cluster();

  private void serve(String version, int priority, boolean available, String resources) {
    c.api.put(
        Resources.API_SERVICES,
        KubeObject.parse(
            """
            {"apiVersion":"apiregistration.k8s.io/v1","kind":"APIService",
             "metadata":{"name":"%1$s.wardle.example.com"},
             "spec":{"group":"wardle.example.com","version":"%1$s","versionPriority":%2$d,
              "groupPriorityMinimum":1000,"service":{"namespace":"w","name":"w"}},
             "status":{"conditions":[{"type":"Available","status":"%3$s"}]}}\
            """
                .formatted(version, priority, available ? "True" : "False")));
    c.api.serve(
        "/apis/wardle.example.com/" + version,
        "{\"kind\":\"APIResourceList\",\"groupVersion\":\"wardle.example.com/%s\",\"resources\":[%s]}"
            .formatted(version, resources));
  }

  private static String resource(String name, boolean namespaced, String verbs) {
    return "{\"name\":\"%s\",\"namespaced\":%s,\"verbs\":[%s]}".formatted(name, namespaced, verbs);
  }

  private void put(GroupVersionResource resource, String name, String finalizers) {
    c.api.put(
        resource,
        KubeObject.parse(
            """
            {"apiVersion":"%s","kind":"X","metadata":{"namespace":"default","name":"%s",
             "finalizers":[%s]}}\
            """
                .formatted(resource.apiVersion(), name, finalizers)));
  }

  private void end() {
    c.api.delete(Resources.NAMESPACES, "", "default", DeleteOptions.DEFAULT).await().indefinitely();
    c.pass(Duration.ofSeconds(1));
  }

  private Map<String, String> conditions() {
    Map<String, String> out = new HashMap<>();
    KubeObject namespace =
        Objects.requireNonNull(c.api.peek(Resources.NAMESPACES, "", "default"), "namespace");
    for (JsonNode condition : namespace.at("status", "conditions")) {
      out.put(
          condition.path("type").asText(),
          condition.path("status").asText()
              + " "
              + condition.path("reason").asText()
              + ": "
              + condition.path("message").asText());
    }
    return out;
  }

  @Test
  void whatOtherServersHaveGoesToo() {
    String all = "\"create\",\"delete\",\"get\",\"list\"";
    serve(
        "v1alpha1",
        10,
        true,
        resource("flunders", true, all) + "," + resource("fishes", true, all));
    serve(
        "v1beta1",
        20,
        true,
        resource("flunders", true, all)
            + ","
            + resource("flunders/status", true, "\"get\",\"delete\",\"list\"")
            + ","
            + resource("ponds", false, all)
            + ","
            + resource("readings", true, "\"get\",\"list\""));
    put(FLUNDERS, "f", "");
    put(FISHES, "held", "\"wardle.example.com/net\"");
    put(OLD_FLUNDERS, "not-asked-for", "");
    end();
    assertThat(c.api.all(FLUNDERS)).isEmpty();
    assertThat(c.api.all(OLD_FLUNDERS)).as("the same objects in another version").hasSize(1);
    assertThat(conditions())
        .containsEntry(
            "NamespaceDeletionDiscoveryFailure",
            "False ResourcesDiscovered: All resources successfully discovered")
        .containsEntry(
            "NamespaceContentRemaining",
            "True SomeResourcesRemain: Some resources are remaining: fishes.wardle.example.com has"
                + " 1 resource instances")
        .containsEntry(
            "NamespaceFinalizersRemaining",
            "True SomeFinalizersRemain: Some content in the namespace has finalizers remaining:"
                + " wardle.example.com/net in 1 resource instances");
    c.api.remove(FISHES, "default", "held");
    c.pass(Duration.ofSeconds(6));
    assertThat(c.api.peek(Resources.NAMESPACES, "", "default")).isNull();
  }

  @Test
  void aNamespaceStaysWhileItIsNotKnownWhatIsInIt() {
    serve("v1alpha1", 10, false, resource("flunders", true, "\"delete\",\"list\""));
    put(OLD_FLUNDERS, "f", "");
    end();
    assertThat(c.api.all(Resources.CONFIG_MAPS)).as("the rest goes").isEmpty();
    assertThat(conditions())
        .containsEntry(
            "NamespaceDeletionDiscoveryFailure",
            "True DiscoveryFailed: Discovery failed for some groups, 1 failing: unable to retrieve"
                + " the complete list of server APIs: wardle.example.com/v1alpha1: stale"
                + " GroupVersion discovery: wardle.example.com/v1alpha1")
        .containsEntry(
            "NamespaceContentRemaining", "False ContentRemoved: All content successfully removed")
        .containsEntry(
            "NamespaceDeletionContentFailure",
            "False ContentDeleted: All content successfully deleted, may be waiting on"
                + " finalization");
    serve("v1alpha1", 10, true, resource("flunders", true, "\"delete\",\"list\""));
    c.pass(Duration.ofSeconds(6));
    assertThat(c.api.peek(Resources.NAMESPACES, "", "default")).isNull();
    assertThat(c.api.all(OLD_FLUNDERS)).isEmpty();
  }

  @Test
  void whatCannotBeListedKeepsTheNamespace() {
    serve("v1beta1", 10, true, resource("flunders", true, "\"delete\",\"list\""));
    c.api.failWhen(call ->
        call.verb().equals("list") && call.resource().equals(FLUNDERS)
            ? Optional.of(StatusException.internal("no room"))
            : Optional.empty());
    end();
    assertThat(c.api.all(Resources.CONFIG_MAPS)).isEmpty();
    assertThat(conditions().get("NamespaceDeletionContentFailure"))
        .startsWith(
            "True ContentDeletionFailed: Failed to delete all resource types, 1 remaining: ")
        .endsWith("no room");
    c.api.failWhen(_ -> Optional.empty());
    c.pass(Duration.ofSeconds(6));
    assertThat(c.api.peek(Resources.NAMESPACES, "", "default")).isNull();
  }
}
