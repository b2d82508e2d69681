package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** One pod on each node: so no node may come or go in between. */
@Conformance
@ResourceLock(value = "nodes", mode = ResourceAccessMode.READ)
class DaemonSetIT {

  private static final String RESOURCE = "daemonsets.apps";

  private static JsonNode awaitRunning(Space space, String name) {
    return space.await(
        RESOURCE,
        name,
        "running everywhere",
        d ->
            d.at("/status/observedGeneration").asInt() >= d.at("/metadata/generation").asInt()
                && d.at("/status/desiredNumberScheduled").asInt() > 0
                && d.at("/status/numberAvailable").asInt()
                    == d.at("/status/desiredNumberScheduled").asInt()
                && d.at("/status/updatedNumberScheduled").asInt()
                    == d.at("/status/desiredNumberScheduled").asInt());
  }

  @Test
  @DisplayName("[sig-apps] Daemon set should run and stop simple daemon [Conformance] [Serial]")
  void simple(Space space) {
    space.create(Workload.daemonSet("simple"));
    int nodes = awaitRunning(space, "simple").at("/status/desiredNumberScheduled").asInt();
    List<JsonNode> pods = Workload.awaitReady(space, "simple", nodes);
    space.delete("pods", text(pods.get(0), "/metadata/name"));
    assertThat(Workload.awaitReady(space, "simple", nodes))
        .noneMatch(p -> text(p, "/metadata/name").equals(text(pods.get(0), "/metadata/name")));
  }

  @Test
  @DisplayName("[sig-apps] Daemon set should run and stop complex daemon [Conformance] [Serial]")
  void complex(Space space) {
    String label = "conformance-" + Space.unique();
    ObjectNode set = Workload.daemonSet("complex");
    ((ObjectNode) set.at("/spec/template/spec")).putObject("nodeSelector").put(label, "green");
    space.create(set);
    space.await(
        RESOURCE,
        "complex",
        "nowhere",
        d ->
            d.at("/status/observedGeneration").asInt() == 1
                && d.at("/status/desiredNumberScheduled").asInt(-1) == 0);
    String node = space.node();
    space.atEnd(
        () -> space.merge("nodes", node, "{metadata: {labels: {%s: null}}}".formatted(label)));
    space.merge("nodes", node, "{metadata: {labels: {%s: green}}}".formatted(label));
    Workload.awaitReady(space, "complex", 1);
    space.merge("nodes", node, "{metadata: {labels: {%s: blue}}}".formatted(label));
    space.awaitList("pods", "app=complex", "gone", List::isEmpty);
    space.merge(
        RESOURCE,
        "complex",
        "{spec: {updateStrategy: {type: RollingUpdate}, template: {spec: {nodeSelector: {%s: blue}}}}}"
            .formatted(label));
    Workload.awaitReady(space, "complex", 1);
  }

  @Test
  @DisplayName(
      "[sig-apps] Daemon set should retry creating failed daemon pods [Conformance] [Serial]")
  void retry(Space space) {
    space.create(Workload.daemonSet("retry"));
    awaitRunning(space, "retry");
    JsonNode pod = space.list("pods", "app=retry").get(0);
    String name = text(pod, "/metadata/name");
    space.mergeStatus("pods", name, "{status: {phase: Failed}}");
    space.awaitList(
        "pods",
        "app=retry",
        "another",
        l ->
            Workload.alive(l).stream()
                .anyMatch(p -> !text(p, "/metadata/name").equals(name) && Space.isReady(p)));
    space.awaitGone("pods", name);
  }

  @Test
  @DisplayName(
      "[sig-apps] Daemon set should update pod when spec was updated and update strategy is"
          + " RollingUpdate [Conformance] [Serial]")
  void rolling(Space space) {
    space.create(Workload.daemonSet("roll"));
    awaitRunning(space, "roll");
    space.edit(RESOURCE, "roll", d -> Workload.change(d, "2"));
    awaitRunning(space, "roll");
    assertThat(Workload.alive(space.list("pods", "app=roll")))
        .allMatch(p -> Workload.version(p).equals("2"));
    assertThat(space.list("controllerrevisions.apps", "app=roll"))
        .extracting(r -> r.path("revision").asInt())
        .containsExactlyInAnyOrder(1, 2);
  }

  @Test
  @DisplayName(
      "[sig-apps] Daemon set should rollback without unnecessary restarts [Conformance] [Serial]")
  void rollback(Space space) {
    space.create(Workload.daemonSet("back"));
    awaitRunning(space, "back");
    JsonNode before = space.list("pods", "app=back").get(0);
    JsonNode broken =
        space.edit(RESOURCE, "back", d -> Workload.container(d).put("image", "foo:non-existent"));
    space.await(
        RESOURCE,
        "back",
        "seen",
        d ->
            d.at("/status/observedGeneration").asInt()
                >= broken.at("/metadata/generation").asInt());
    space.edit(RESOURCE, "back", d -> Workload.container(d).put("image", TestImage.NAME));
    awaitRunning(space, "back");
    assertThat(Workload.alive(space.list("pods", "app=back")))
        .allMatch(p -> text(p, "/spec/containers/0/image").equals(TestImage.NAME));
    assertThat(before).isNotNull();
  }

  @Test
  @DisplayName(
      "[sig-apps] Daemon set should list and delete a collection of DaemonSets [Conformance]"
          + " [Serial]")
  void collection(Space space) {
    space.create(Workload.daemonSet("col"));
    JsonNode everywhere =
        space.api().get(space.everywhere(RESOURCE) + "?labelSelector=app%3Dcol").ok();
    assertThat(Space.items(everywhere)).isNotEmpty();
    space.deleteAll(RESOURCE, "app=col");
    space.awaitList(RESOURCE, "app=col", "gone", List::isEmpty);
  }

  @Test
  @DisplayName(
      "[sig-apps] Daemon set should verify changes to a daemon set status [Conformance] [Serial]")
  void status(Space space) {
    space.create(Workload.daemonSet("st"));
    awaitRunning(space, "st");
    StatusCheck.run(space, RESOURCE, "st");
  }

  @Test
  @DisplayName(
      "[sig-apps] ControllerRevision should manage the lifecycle of a ControllerRevision"
          + " [Conformance] [Serial]")
  void revisions(Space space) {
    String revisions = "controllerrevisions.apps";
    space.create(Workload.daemonSet("rev"));
    awaitRunning(space, "rev");
    String name = text(space.list(revisions, "app=rev").get(0), "/metadata/name");
    // An item of a list does not say what it is.
    JsonNode first = space.get(revisions, name);
    space.merge(revisions, name, "{metadata: {labels: {rev: patched}}}");
    assertThat(space.list(revisions, "rev=patched")).hasSize(1);
    ObjectNode second = ((ObjectNode) first).deepCopy();
    second.set("metadata", Manifest.parse("{name: own, labels: {app: rev}}"));
    ((ObjectNode) second.get("metadata"))
        .set("ownerReferences", first.at("/metadata/ownerReferences"));
    second.put("revision", 2);
    space.create(second);
    space.delete(revisions, name);
    space.awaitGone(revisions, name);
    space.edit(
        revisions, "own", r -> ((ObjectNode) r.at("/metadata/labels")).put("own", "updated"));
    assertThat(space.list(revisions, "own=updated")).hasSize(1);
    space.edit(RESOURCE, "rev", d -> Workload.change(d, "2"));
    space.awaitList(
        revisions,
        "app=rev",
        "a new one",
        l -> l.stream().anyMatch(r -> !text(r, "/metadata/name").equals("own")));
    space.deleteAll(revisions, "own=updated");
    assertThat(space.list(revisions, "own=updated")).isEmpty();
  }
}
