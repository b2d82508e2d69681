package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Classes that pods name: of priority and of runtime. */
class ClassRulesTest {

  private static final Judge PRIORITIES = Judge.of("scheduling.k8s.io", "priorityclasses");
  private static final Judge RUNTIMES = Judge.of("node.k8s.io", "runtimeclasses");

  private static String priority(String name, int value, String rest) {
    return "{'metadata':{'name':'" + name + "'},'value':" + value + rest + "}";
  }

  @Test
  void systemPrioritiesAreAsEveryClusterHasThem() {
    String reserved =
        "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for"
            + " system use only. error: ";
    String critical = "system-cluster-critical";
    assertThat(PRIORITIES.create(priority(critical, 2_000_000_000, ""))).isEmpty();
    assertThat(PRIORITIES.create(priority("system-node-critical", 2_000_001_000, ""))).isEmpty();
    assertThat(PRIORITIES.create(priority("system-mine", 1, "")))
        .containsExactly(reserved + "system-mine is not a known system priority class");
    assertThat(PRIORITIES.create(priority(critical, 2_000_000_001, ",'globalDefault':true")))
        .containsExactly(reserved + "value of " + critical + " PriorityClass must be 2000000000");
    assertThat(PRIORITIES.create(priority(critical, 2_000_000_000, ",'globalDefault':true")))
        .containsExactly(
            reserved + "globalDefault of " + critical + " PriorityClass must be false");
  }

  @Test
  void valueAndPolicyOfAPriorityStay() {
    String high = priority("p", 1_000_000_001, ",'preemptionPolicy':'Never'");
    assertThat(PRIORITIES.create(high))
        .containsExactly(
            "value: Forbidden: maximum allowed value of a user defined priority is 1000000000");
    assertThat(PRIORITIES.update(high, high.replace("}", ",'description':'d'}")))
        .as("what was made before the rule may stay")
        .isEmpty();
    assertThat(PRIORITIES.update(high, priority("p", 1, "")))
        .containsExactly(
            "value: Forbidden: may not be changed in an update.",
            "preemptionPolicy: Invalid value: \"PreemptLowerPriority\": field is immutable");
  }

  @Test
  void tolerationsOfARuntimeAreValidAndDifferent() {
    String runtime = "{'metadata':{'name':'r'},'handler':'h','scheduling':{'tolerations':[%s]}}";
    String good = "{'key':'a','operator':'Exists'}";
    assertThat(RUNTIMES.create(runtime.formatted(good + ",{'key':'a','operator':'X'}")))
        .containsExactly(
            "scheduling.tolerations.tolerations[1].operator: Unsupported value: \"X\": supported"
                + " values: \"Equal\", \"Exists\", \"Lt\", \"Gt\"");
    String later = "{'key':'a','operator':'Exists','tolerationSeconds':null}";
    assertThat(RUNTIMES.create(runtime.formatted(good + "," + later)))
        .containsExactly(
            "scheduling.tolerations[1]: Duplicate value: {\"Key\":\"a\",\"Operator\":\"Exists\","
                + "\"Value\":\"\",\"Effect\":\"\",\"TolerationSeconds\":null}");
  }

  @Test
  void overheadIsInResourcesOfContainers() {
    String runtime = "{'metadata':{'name':'r'},'handler':'h','overhead':{'podFixed':{%s}}}";
    assertThat(RUNTIMES.create(runtime.formatted("'cpu':'1','example.com/gpu':'2'"))).isEmpty();
    assertThat(RUNTIMES.create(runtime.formatted("'cpu':'-1','example.com/gpu':'1500m'")))
        .containsExactly(
            "overhead.limits[cpu]: Invalid value: \"-1\": must be greater than or equal to 0",
            "overhead.limits[example.com/gpu]: Invalid value: \"1500m\": must be an integer");
    assertThat(RUNTIMES.create(runtime.formatted("'pods':'1'")))
        .containsExactly(
            "overhead.limits[pods]: Invalid value: \"pods\": must be a standard resource for"
                + " containers");
  }
}
