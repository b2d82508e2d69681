package dev.coracle.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.PodRequests;
import dev.coracle.api.Quantity;
import dev.coracle.api.Resources;
import dev.coracle.scheduler.spi.PodInfo;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A pod takes what it has until it has what it asks for (KEP-1287). */
class ResizedPodsTest {

  private final SchedulerFixture f = new SchedulerFixture().start();

  private void status(String text) {
    f.api.change(
        Resources.PODS,
        "default",
        "a",
        pod -> pod.set("status", Json.parse(text.replace('\'', '"'))));
    f.run();
  }

  private void asks(String cpu) {
    f.api.change(
        Resources.PODS,
        "default",
        "a",
        pod -> ((ObjectNode) pod.at("/spec/containers/0/resources/requests")).put("cpu", cpu));
    f.run();
  }

  @Test
  void roomIsFreeWhenThePodHasGivenItUp() {
    f.node("n1", "2");
    f.pod("a", "1500m");
    f.run();
    status("{'containerStatuses':[{'name':'c','resources':{'requests':{'cpu':'1500m'}}}]}");
    f.pod("b", "1");
    f.run();
    asks("500m");
    assertThat(f.nodeOf("b")).as("while the pod still has it").isEmpty();
    status("{'containerStatuses':[{'name':'c','resources':{'requests':{'cpu':'500m'}}}]}");
    assertThat(f.nodeOf("b")).isEqualTo("n1");
  }

  @Test
  void whatTheNodeWillNeverGiveIsNotTaken() {
    f.node("n1", "2");
    f.pod("a", "500m");
    f.run();
    status("{'containerStatuses':[{'name':'c','resources':{'requests':{'cpu':'500m'}}}]}");
    asks("100");
    f.pod("b", "1");
    f.run();
    assertThat(f.nodeOf("b")).as("while it may still come").isEmpty();
    status(
        "{'containerStatuses':[{'name':'c','resources':{'requests':{'cpu':'500m'}}}],'conditions':"
            + "[{'type':'PodResizePending','status':'True','reason':'Infeasible'}]}");
    assertThat(f.nodeOf("b")).isEqualTo("n1");
  }

  private static ObjectNode amounts(Random random) {
    ObjectNode out = Json.object();
    for (String name : new String[] {"cpu", "memory", "hugepages-2Mi", "x/y"}) {
      if (random.nextBoolean()) {
        out.put(name, Integer.toString(random.nextInt(4)));
      }
    }
    return out;
  }

  private static ObjectNode container(Random random, String name) {
    ObjectNode out = Json.object().put("name", name);
    out.putObject("resources").set("requests", amounts(random));
    if (random.nextBoolean()) {
      out.put("restartPolicy", "Always");
    }
    return out;
  }

  private static ObjectNode status(Random random, String name) {
    ObjectNode out = Json.object().put("name", name);
    if (random.nextBoolean()) {
      out.putObject("resources").set("requests", amounts(random));
    }
    if (random.nextBoolean()) {
      out.set("allocatedResources", amounts(random));
    }
    return out;
  }

  private static KubeObject random(Random random) {
    ObjectNode pod = Json.parseObject("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{}}");
    ObjectNode spec = pod.putObject("spec");
    ObjectNode status = status(random, "");
    pod.set("status", status);
    for (String list : new String[] {"containers", "initContainers"}) {
      String statuses = list.equals("containers") ? "containerStatuses" : "initContainerStatuses";
      for (int i = 0; i < random.nextInt(1, 4); i++) {
        String name = list.charAt(0) + "" + i;
        ObjectNode container = container(random, name);
        if (list.equals("containers")) {
          container.remove("restartPolicy");
        }
        spec.withArrayProperty(list).add(container);
        status.withArrayProperty(statuses).add(status(random, name));
      }
    }
    if (random.nextBoolean()) {
      spec.putObject("resources").set("requests", amounts(random));
    }
    if (random.nextBoolean()) {
      spec.set("overhead", amounts(random));
    }
    if (random.nextInt(3) == 0) {
      status
          .putArray("conditions")
          .addObject()
          .put("type", "PodResizePending")
          .put("reason", random.nextBoolean() ? "Infeasible" : "Deferred");
    }
    return KubeObject.of(pod);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void theSchedulerCountsAsQuotasDo(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 2_000; i++) {
      KubeObject pod = random(random);
      Map<String, Long> counted = new TreeMap<>();
      new PodInfo(pod)
          .requests()
          .asMap()
          .forEach((name, amount) -> {
            if (amount != 0) {
              counted.put(name, amount);
            }
          });
      Map<String, Long> model = new TreeMap<>();
      PodRequests.of(pod.tree(), "requests")
          .forEach((String name, Quantity q) -> {
            if (q.compareTo(Quantity.ZERO) != 0) {
              model.put(name, name.equals("cpu") ? q.millis() : q.longValue());
            }
          });
      assertThat(counted).as("%s", pod.tree()).isEqualTo(model);
    }
  }
}
