package dev.coracle.scheduler.internal.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.Lister;
import dev.coracle.client.fake.FakeClient;
import dev.coracle.client.fake.ManualContext;
import dev.coracle.scheduler.config.PluginArguments;
import dev.coracle.scheduler.config.SpreadDefaults;
import dev.coracle.scheduler.internal.cache.SchedulerCache;
import dev.coracle.scheduler.spi.CycleState;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.Plugin;
import dev.coracle.scheduler.spi.PodInfo;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A filter that says it has no say about a pod lets it onto every node, and an answer kept with a
 * node is the one that would be given anew; over random pods on random nodes.
 */
class ConcernedTest {

  private final ManualContext context = new ManualContext();
  private final Lister nothing =
      new InformerFactory(context, new FakeClient(context.clock()), new Random(1))
          .informer(Resources.SERVICES)
          .lister();
  private final List<Plugin.Filter> filters =
      List.of(
          new NodeName(),
          new NodePorts(),
          new NodeAffinity(PluginArguments.DEFAULT.addedAffinity()),
          new PodTopologySpread(SpreadDefaults.SYSTEM, nothing),
          new InterPodAffinity(1, false));

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void whatIsNotAskedWouldHaveSaidYes(long seed) {
    Random random = new Random(seed);
    SchedulerCache cache = new SchedulerCache(_ -> Map.of());
    int asked = 0;
    int spared = 0;
    for (int i = 0; i < 400; i++) {
      if (i < 10 || random.nextInt(8) == 0) {
        cache.putNode(node(random.nextInt(10), random));
      }
      PodInfo pod = new PodInfo(pod("p" + i, random));
      CycleState state = new CycleState();
      for (Plugin.Filter filter : filters) {
        if (filter instanceof Plugin.PreFilter before) {
          before.preFilter(state, pod, cache.view());
        }
      }
      for (Plugin.Filter filter : filters) {
        boolean concerned = filter.concerns(state, pod);
        for (NodeInfo node : cache.view().nodes()) {
          boolean ok = filter.filter(state, pod, node).ok();
          if (!concerned) {
            assertThat(ok).as("%s of %s on %s", filter.name(), pod, node.name()).isTrue();
            spared++;
          } else {
            asked++;
            if (filter instanceof NodeAffinity) {
              assertThat(ok).isEqualTo(pod.wantsNode(node.node()));
            }
          }
        }
      }
      List<NodeInfo> nodes = cache.view().nodes();
      cache.assume(pod, nodes.get(random.nextInt(nodes.size())).name());
    }
    assertThat(asked).isPositive();
    assertThat(spared).isPositive();
  }

  private static KubeObject node(int number, Random random) {
    return KubeObject.create(
        new GroupVersionKind("", "v1", "Node"),
        "",
        "n" + number,
        node -> {
          ObjectNode labels =
              ((ObjectNode) node.get("metadata"))
                  .putObject("labels")
                  .put("kubernetes.io/hostname", "n" + number)
                  .put("disk", random.nextBoolean() ? "ssd" : "hdd");
          if (random.nextBoolean()) {
            labels.put("zone", "z" + random.nextInt(3));
          }
          node.putObject("status").putObject("allocatable").put("pods", "1000");
        });
  }

  private static KubeObject pod(String name, Random random) {
    return KubeObject.create(
        new GroupVersionKind("", "v1", "Pod"),
        "default",
        name,
        pod -> {
          ((ObjectNode) pod.get("metadata"))
              .put("uid", name)
              .putObject("labels")
              .put("app", "a" + random.nextInt(3));
          ObjectNode spec = pod.putObject("spec");
          ObjectNode container = spec.putArray("containers").addObject().put("name", "c");
          if (random.nextInt(4) == 0) {
            container.putArray("ports").addObject().put("hostPort", 8000 + random.nextInt(3));
          }
          if (random.nextInt(2) == 0) {
            spec.putObject("nodeSelector").put("disk", random.nextBoolean() ? "ssd" : "hdd");
          }
          if (random.nextInt(8) == 0) {
            spec.put("nodeName", "n" + random.nextInt(10));
          }
          if (random.nextInt(8) == 0) {
            spec.putArray("topologySpreadConstraints")
                .addObject()
                .put("topologyKey", "zone")
                .put("maxSkew", 1)
                .put("whenUnsatisfiable", "DoNotSchedule");
          }
          if (random.nextInt(40) == 0) {
            ObjectNode term =
                spec.putObject("affinity")
                    .putObject(random.nextBoolean() ? "podAntiAffinity" : "podAffinity")
                    .putArray("requiredDuringSchedulingIgnoredDuringExecution")
                    .addObject()
                    .put("topologyKey", "kubernetes.io/hostname");
            term.putObject("labelSelector").putObject("matchLabels").put("app", "a1");
          }
        });
  }
}
