package dev.coracle.scheduler.internal.cache;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.scheduler.spi.ClusterView;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.PodInfo;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the cache keeps goes with what it was taken from. */
class SchedulerCacheTest {

  private final SchedulerCache cache = new SchedulerCache(_ -> Map.of());

  @Test
  void aViewShowsNodesAsTheyComeChangeAndGo() {
    cache.putNode(node("a", Map.of(), List.of()));
    ClusterView one = cache.view();
    assertThat(one.nodes()).extracting(NodeInfo::name).containsExactly("a");

    cache.putNode(node("b", Map.of(), List.of()));
    cache.putNode(node("a", Map.of("disk", "ssd"), List.of()));
    assertThat(cache.view().nodes()).extracting(NodeInfo::name).containsExactly("a", "b");
    assertThat(cache.view().nodes().getFirst().node().labels()).containsEntry("disk", "ssd");

    cache.removeNode("a");
    assertThat(cache.view().nodes()).extracting(NodeInfo::name).containsExactly("b");
    assertThat(cache.view().byName()).containsOnlyKeys("b");

    // Pods may be known on a node before the node is.
    cache.putPod(new PodInfo(pod("p", "c", Map.of())));
    assertThat(cache.view().nodes()).extracting(NodeInfo::name).containsExactly("b");
    cache.putNode(node("c", Map.of(), List.of()));
    assertThat(cache.view().nodes()).extracting(NodeInfo::name).containsExactly("b", "c");
  }

  @Test
  void countsOnHowManyNodesAnImageIs() {
    cache.putNode(node("a", Map.of(), List.of("web:1", "db:1")));
    cache.putNode(node("b", Map.of(), List.of("web:1")));
    assertThat(cache.view().nodesWithImage().applyAsInt("web:1")).isEqualTo(2);
    assertThat(cache.view().nodesWithImage().applyAsInt("none:1")).isZero();

    cache.putNode(node("a", Map.of(), List.of("db:1")));
    assertThat(cache.view().nodesWithImage().applyAsInt("web:1")).isEqualTo(1);
    assertThat(cache.view().nodesWithImage().applyAsInt("db:1")).isEqualTo(1);

    cache.removeNode("b");
    assertThat(cache.view().nodesWithImage().applyAsInt("web:1")).isZero();
  }

  @Test
  void countsTheUndeletedPodsOfAControllerOnEachNode() {
    cache.putNode(node("a", Map.of(), List.of()));
    cache.putNode(node("b", Map.of(), List.of()));
    cache.putPod(owned("p", "a", "rs", false));
    cache.assume(owned("q", "", "rs", false), "a");
    cache.putPod(owned("r", "b", "other", false));
    assertThat(ofController("rs")).containsExactly(2, 0);

    // A trial counts nowhere.
    cache.view().byName().get("a").copy().remove("p");
    assertThat(ofController("rs")).containsExactly(2, 0);

    cache.putPod(owned("q", "b", "rs", false));
    cache.putPod(owned("p", "a", "rs", true));
    assertThat(ofController("rs")).containsExactly(0, 1);

    cache.removePod("q");
    assertThat(ofController("rs")).containsExactly(0, 0);
    assertThat(ofController("other")).containsExactly(0, 1);
  }

  private List<Integer> ofController(String uid) {
    ClusterView view = cache.view();
    return view.nodes().stream().map(view.pods().ofController(uid)::applyAsInt).toList();
  }

  @Test
  void countsHowManyNodesHaveALabel() {
    cache.putNode(node("a", Map.of("zone", "x", "disk", "ssd"), List.of()));
    cache.putNode(node("b", Map.of("zone", "y"), List.of()));
    assertThat(cache.view().nodesWithLabel().applyAsInt("zone")).isEqualTo(2);
    assertThat(cache.view().nodesWithLabel().applyAsInt("disk")).isEqualTo(1);
    assertThat(cache.view().nodesWithLabel().applyAsInt("none")).isZero();

    cache.putNode(node("a", Map.of("zone", "z"), List.of()));
    cache.removeNode("b");
    assertThat(cache.view().nodesWithLabel().applyAsInt("zone")).isEqualTo(1);
    assertThat(cache.view().nodesWithLabel().applyAsInt("disk")).isZero();
  }

  @Test
  void aNodesAnswerHoldsUntilTheNodeChangesOrSomethingElseIsAsked() {
    PodInfo ssd = new PodInfo(pod("p", "", Map.of("disk", "ssd")));
    PodInfo hdd = new PodInfo(pod("q", "", Map.of("disk", "hdd")));
    cache.putNode(node("a", Map.of("disk", "ssd"), List.of()));
    NodeInfo node = cache.view().nodes().getFirst();
    assertThat(node.isWantedBy(ssd, 1)).isTrue();
    assertThat(node.isWantedBy(hdd, 2)).isFalse();
    assertThat(node.isWantedBy(ssd, 3)).isTrue();

    cache.putNode(node("a", Map.of("disk", "hdd"), List.of()));
    assertThat(node.isWantedBy(ssd, 3)).isFalse();
    assertThat(node.isWantedBy(hdd, 4)).isTrue();
    assertThat(node.copy().isWantedBy(ssd, 4)).isFalse();
  }

  private static KubeObject node(String name, Map<String, String> labels, List<String> images) {
    return KubeObject.create(
        new GroupVersionKind("", "v1", "Node"),
        "",
        name,
        node -> {
          ObjectNode into = ((ObjectNode) node.get("metadata")).putObject("labels");
          labels.forEach(into::put);
          ArrayNode list = node.putObject("status").putArray("images");
          images.forEach(i -> list.addObject().put("sizeBytes", 1).putArray("names").add(i));
        });
  }

  private static KubeObject pod(String name, String node, Map<String, String> selector) {
    return KubeObject.create(
        new GroupVersionKind("", "v1", "Pod"),
        "default",
        name,
        pod -> {
          ((ObjectNode) pod.get("metadata")).put("uid", name);
          ObjectNode into = pod.putObject("spec").put("nodeName", node).putObject("nodeSelector");
          selector.forEach(into::put);
        });
  }

  private static PodInfo owned(String name, String node, String controller, boolean deleting) {
    return new PodInfo(
        pod(name, node, Map.of())
            .with(tree -> {
              ObjectNode metadata = (ObjectNode) tree.get("metadata");
              metadata
                  .putArray("ownerReferences")
                  .addObject()
                  .put("apiVersion", "apps/v1")
                  .put("kind", "ReplicaSet")
                  .put("name", controller)
                  .put("uid", controller)
                  .put("controller", true);
              if (deleting) {
                metadata.put("deletionTimestamp", "2026-01-01T00:00:00Z");
              }
            }));
  }
}
