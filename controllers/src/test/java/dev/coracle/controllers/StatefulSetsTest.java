package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How a StatefulSet's pods follow its template, and its claims its retention policy. */
class StatefulSetsTest {

  private final Cluster c = new Cluster();

  private void statefulSet(int replicas, String more) {
    c.create(
        Resources.STATEFUL_SETS,
        """
        {"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"namespace":"default","name":"s"},
         "spec":{"replicas":%d,"serviceName":"svc","selector":{"matchLabels":{"app":"s"}},
          "volumeClaimTemplates":[{"metadata":{"name":"data"},"spec":{"accessModes":["ReadWriteOnce"]}}],
          "template":{"metadata":{"labels":{"app":"s"}},
           "spec":{"containers":[{"name":"c","image":"i:1"}]}},
          %s}}\
        """
            .formatted(replicas, more));
    c.pass(Duration.ofSeconds(5));
  }

  private void image(String image) {
    c.edit(
        Resources.STATEFUL_SETS,
        "s",
        n -> ((ObjectNode) n.at("/spec/template/spec/containers/0")).put("image", image));
  }

  private void replicas(int replicas) {
    c.edit(
        Resources.STATEFUL_SETS, "s", n -> n.withObjectProperty("spec").put("replicas", replicas));
  }

  private List<String> images() {
    return c.pods().stream()
        .map(p -> p.name() + "=" + p.tree().at("/spec/containers/0/image").asText())
        .sorted()
        .toList();
  }

  private List<String> claims() {
    return c.api.all(Resources.PERSISTENT_VOLUME_CLAIMS).stream()
        .map(KubeObject::name)
        .sorted()
        .toList();
  }

  private List<String> owners(String claim) {
    return c.get(Resources.PERSISTENT_VOLUME_CLAIMS, claim).ownerReferences().stream()
        .map(OwnerReference::kind)
        .toList();
  }

  @Test
  void podsThatHaveEndedAreMadeAnewAndItIsTold() {
    statefulSet(2, "\"podManagementPolicy\":\"Parallel\"");
    String before = c.get(Resources.PODS, "s-0").uid();
    for (String pod : List.of("s-0=Failed", "s-1=Succeeded")) {
      String[] parts = pod.split("=");
      c.api.change(
          Resources.PODS,
          "default",
          parts[0],
          node -> node.withObjectProperty("status").put("phase", parts[1]));
    }
    c.pass(Duration.ofSeconds(5));
    assertThat(c.get(Resources.PODS, "s-0").uid()).isNotEqualTo(before);
    assertThat(c.events("RecreatingFailedPod"))
        .containsExactly("StatefulSet default/s is recreating failed Pod s-0");
    assertThat(c.events("RecreatingTerminatedPod"))
        .containsExactly("StatefulSet default/s is recreating terminated Pod s-1");
  }

  @Test
  void onDeleteGivesTheNewTemplateToPodsThatAreDeleted() {
    statefulSet(3, "\"updateStrategy\":{\"type\":\"OnDelete\"}");
    image("i:2");
    c.pass(Duration.ofSeconds(5));
    assertThat(images()).containsExactly("s-0=i:1", "s-1=i:1", "s-2=i:1");
    c.delete(Resources.PODS, "s-1", DeleteOptions.DEFAULT);
    c.pass(Duration.ofSeconds(5));
    assertThat(images()).containsExactly("s-0=i:1", "s-1=i:2", "s-2=i:1");
  }

  @Test
  void thePartitionCountsFromTheFirstOrdinal() {
    statefulSet(
        3,
        """
        "ordinals":{"start":5},
        "updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":2}}\
        """);
    image("i:2");
    c.pass(Duration.ofSeconds(5));
    assertThat(images()).containsExactly("s-5=i:1", "s-6=i:1", "s-7=i:2");
    c.delete(Resources.PODS, "s-6", DeleteOptions.DEFAULT);
    c.pass(Duration.ofSeconds(5));
    assertThat(images()).containsExactly("s-5=i:1", "s-6=i:1", "s-7=i:2");
  }

  private double gauge(String name) {
    return c.registry
        .get("statefulset_controller_statefulset_" + name)
        .tag("statefulset_namespace", "default")
        .tag("statefulset_name", "s")
        .tag("pod_management_policy", "Parallel")
        .gauge()
        .value();
  }

  @Test
  void howManyPodsAreAwayIsToldAsLongAsThereIsTheSet() {
    statefulSet(
        3,
        """
        "podManagementPolicy":"Parallel",
        "updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":2}}\
        """);
    assertThat(gauge("max_unavailable")).isEqualTo(2);
    assertThat(gauge("unavailable_replicas")).isZero();
    c.stopTime = Duration.ofSeconds(30);
    image("i:2");
    c.pass(Duration.ofSeconds(5));
    assertThat(gauge("unavailable_replicas")).isEqualTo(2);
    c.pass(Duration.ofMinutes(5));
    assertThat(gauge("unavailable_replicas")).isZero();
    c.delete(Resources.STATEFUL_SETS, "s", DeleteOptions.DEFAULT);
    c.pass(Duration.ofMinutes(5));
    assertThat(c.registry.find("statefulset_controller_statefulset_max_unavailable").gauges())
        .isEmpty();
    assertThat(c.registry.find("statefulset_controller_statefulset_unavailable_replicas").gauges())
        .isEmpty();
  }

  @Test
  void scalingDownEndsBeforeAnUpdateBegins() {
    statefulSet(3, "\"updateStrategy\":{\"type\":\"RollingUpdate\"}");
    c.stopTime = Duration.ofSeconds(30);
    c.edit(
        Resources.STATEFUL_SETS,
        "s",
        n -> {
          n.withObjectProperty("spec").put("replicas", 2);
          ((ObjectNode) n.at("/spec/template/spec/containers/0")).put("image", "i:2");
        });
    c.pass(Duration.ofSeconds(5));
    assertThat(c.pods().stream().filter(KubeObject::isDeleting).map(KubeObject::name))
        .containsExactly("s-2");
    c.pass(Duration.ofMinutes(5));
    assertThat(images()).containsExactly("s-0=i:2", "s-1=i:2");
  }

  @Test
  void anUpdateWaitsWhilePodsOfAnOrderedSetAreNotReady() {
    statefulSet(3, "\"updateStrategy\":{\"type\":\"RollingUpdate\"}");
    ready("s-0", "False");
    image("i:2");
    c.pass(Duration.ofMinutes(1));
    assertThat(images()).containsExactly("s-0=i:1", "s-1=i:1", "s-2=i:1");
    ready("s-0", "True");
    c.pass(Duration.ofMinutes(1));
    assertThat(images()).containsExactly("s-0=i:2", "s-1=i:2", "s-2=i:2");
  }

  @Test
  void anUpdateOfAParallelSetCountsEveryPodThatIsNotReady() {
    statefulSet(
        3,
        """
        "podManagementPolicy":"Parallel",
        "updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":1}}\
        """);
    ready("s-0", "False");
    image("i:2");
    c.pass(Duration.ofMinutes(1));
    assertThat(images()).containsExactly("s-0=i:1", "s-1=i:1", "s-2=i:1");
  }

  private void ready(String pod, String status) {
    c.api.change(
        Resources.PODS,
        "default",
        pod,
        n -> ((ObjectNode) n.at("/status/conditions/0")).put("status", status));
    c.pass(Duration.ofSeconds(1));
  }

  @Test
  void claimsGoWithThePodsThatAreScaledAway() {
    statefulSet(3, retention("Delete", "Retain"));
    assertThat(owners("data-s-2")).isEmpty();
    replicas(1);
    c.pass(Duration.ofMinutes(1));
    assertThat(claims()).containsExactly("data-s-0");
    replicas(2);
    c.pass(Duration.ofMinutes(1));
    assertThat(claims()).containsExactly("data-s-0", "data-s-1");
    assertThat(owners("data-s-1")).isEmpty();
    c.delete(Resources.STATEFUL_SETS, "s", DeleteOptions.DEFAULT);
    c.pass(Duration.ofMinutes(1));
    assertThat(claims()).containsExactly("data-s-0", "data-s-1");
  }

  @Test
  void claimsFollowAChangeOfTheRetentionPolicy() {
    statefulSet(2, retention("Retain", "Retain"));
    retain("Retain", "Delete");
    assertThat(owners("data-s-1")).containsExactly("StatefulSet");
    retain("Delete", "Retain");
    assertThat(owners("data-s-1")).isEmpty();
    retain("Retain", "Delete");
    c.delete(Resources.STATEFUL_SETS, "s", DeleteOptions.DEFAULT);
    c.pass(Duration.ofMinutes(1));
    assertThat(claims()).isEmpty();
  }

  @Test
  void aPodThatIsPendingGetsAClaimThatIsMissing() {
    c.startTime = Duration.ofHours(1);
    statefulSet(1, "\"updateStrategy\":{\"type\":\"RollingUpdate\"}");
    c.edit(
        Resources.STATEFUL_SETS,
        "s",
        n ->
            ((ArrayNode) n.at("/spec/volumeClaimTemplates"))
                .addObject()
                .putObject("metadata")
                .put("name", "more"));
    c.pass(Duration.ofSeconds(5));
    assertThat(claims()).containsExactly("data-s-0", "more-s-0");
  }

  private static String retention(String scaled, String deleted) {
    return """
    "updateStrategy":{"type":"RollingUpdate"},
    "persistentVolumeClaimRetentionPolicy":{"whenScaled":"%s","whenDeleted":"%s"}\
    """
        .formatted(scaled, deleted);
  }

  private void retain(String scaled, String deleted) {
    c.edit(
        Resources.STATEFUL_SETS,
        "s",
        n ->
            n.withObjectProperty("spec")
                .withObjectProperty("persistentVolumeClaimRetentionPolicy")
                .put("whenScaled", scaled)
                .put("whenDeleted", deleted));
    c.pass(Duration.ofSeconds(5));
  }
}
