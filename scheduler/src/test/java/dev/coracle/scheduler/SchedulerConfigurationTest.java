package dev.coracle.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Resources;
import dev.coracle.scheduler.config.SchedulerConfiguration;
import dev.coracle.scheduler.config.SchedulerOptions;
import java.time.Duration;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a KubeSchedulerConfiguration says is done. */
class SchedulerConfigurationTest {

  static SchedulerOptions parse(String fields) {
    return SchedulerConfiguration.parse(
        Json.parseObject(
            "{\"apiVersion\":\"kubescheduler.config.k8s.io/v1\",\"kind\":\"KubeSchedulerConfiguration\""
                + fields.replace('\'', '"')
                + "}"),
        Scheduler.knownPlugins());
  }

  private static SchedulerFixture started(String fields) {
    return new SchedulerFixture(parse(fields)).start();
  }

  private static Consumer<ObjectNode> of(String scheduler) {
    return pod -> pod.withObjectProperty("spec").put("schedulerName", scheduler);
  }

  @Test
  void allPluginsAreKnown() {
    TreeSet<String> all = new TreeSet<>(new SchedulerFixture().scheduler.plugins());
    all.add("DefaultPreemption");
    all.add("PrioritySort");
    assertThat(new TreeSet<>(Scheduler.knownPlugins())).isEqualTo(all);
  }

  @Test
  void anEmptyOneIsTheDefault() {
    assertThat(parse("")).isEqualTo(SchedulerOptions.DEFAULT);
    assertThat(parse(",'parallelism':16,'leaderElection':{'leaderElect':true}"))
        .isEqualTo(SchedulerOptions.DEFAULT);
  }

  @Test
  void timesAreRead() {
    SchedulerOptions options =
        parse(
            ",'podInitialBackoffSeconds':3,'podMaxBackoffSeconds':7,'profiles':[{'pluginConfig':["
                + "{'name':'VolumeBinding','args':{'bindTimeoutSeconds':30}}]}]");
    assertThat(options.initialBackoff()).isEqualTo(Duration.ofSeconds(3));
    assertThat(options.maxBackoff()).isEqualTo(Duration.ofSeconds(7));
    assertThat(options.bindTimeout()).isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void aProfilePacksAndAnotherSpreads() {
    SchedulerFixture f =
        started(
            ",'profiles':[{'schedulerName':'default-scheduler'},{'schedulerName':'pack',"
                + "'plugins':{'score':{'disabled':[{'name':'NodeResourcesBalancedAllocation'}]}},"
                + "'pluginConfig':[{'name':'NodeResourcesFit','args':{'scoringStrategy':"
                + "{'type':'MostAllocated','resources':[{'name':'cpu','weight':1}]}}}]}]");
    f.node("full", "8");
    f.node("empty", "8");
    f.pod("first", "4", pod -> pod.withObjectProperty("spec").put("nodeName", "full"));
    f.pod("packed", "1", of("pack"));
    f.run();
    assertThat(f.nodeOf("packed")).isEqualTo("full");
    f.pod("spread", "1");
    f.pod("nobody's", "1", of("other"));
    f.run();
    assertThat(f.nodeOf("spread")).isEqualTo("empty");
    assertThat(f.nodeOf("nobody's")).isEmpty();
    assertThat(f.registry.get("scheduler_schedule_attempts_total").tag("profile", "pack").counter())
        .satisfies(c -> assertThat(c.count()).isEqualTo(1));
    assertThat(f.api.all(Resources.EVENTS))
        .extracting(e -> e.text("reportingComponent"))
        .contains("pack", "default-scheduler");
  }

  @Test
  void aShapeSaysWhichUseIsBest() {
    SchedulerFixture f =
        started(
            ",'profiles':[{'plugins':{'score':{'disabled':[{'name':'*'}],'enabled':["
                + "{'name':'NodeResourcesFit'}]}},'pluginConfig':[{'name':'NodeResourcesFit','args':"
                + "{'scoringStrategy':{'type':'RequestedToCapacityRatio','resources':[{'name':'cpu'}],"
                + "'requestedToCapacityRatio':{'shape':[{'utilization':0,'score':0},"
                + "{'utilization':50,'score':10},{'utilization':100,'score':0}]}}}}]}]");
    f.node("none", "10");
    f.node("half", "10");
    f.node("most", "10");
    f.pod("a", "4", pod -> pod.withObjectProperty("spec").put("nodeName", "half"));
    f.pod("b", "8", pod -> pod.withObjectProperty("spec").put("nodeName", "most"));
    f.pod("p", "1");
    f.run();
    assertThat(f.nodeOf("p")).isEqualTo("half");
  }

  @Test
  void aFilterThatIsTurnedOffFiltersNothing() {
    SchedulerFixture f =
        started(
            ",'profiles':[{'plugins':{'filter':{'disabled':[{'name':'NodeUnschedulable'},"
                + "{'name':'TaintToleration'}]}}}]");
    f.node("n", "4", node -> node.withObjectProperty("spec").put("unschedulable", true));
    f.pod("p", "1");
    f.run();
    assertThat(f.nodeOf("p")).isEqualTo("n");
  }

  @Test
  void whereTurnedOffNobodyIsPreempted() {
    SchedulerFixture f =
        started(
            ",'profiles':[{'plugins':{'postFilter':{'disabled':[{'name':'DefaultPreemption'}]}}}]");
    f.node("n", "4");
    f.pod("low", "3", pod -> pod.withObjectProperty("spec").put("priority", 1));
    f.run();
    f.pod("high", "3", pod -> pod.withObjectProperty("spec").put("priority", 9));
    f.run();
    assertThat(f.nodeOf("low")).isEqualTo("n");
    assertThat(f.peek("low").isDeleting()).isFalse();
    assertThat(f.message("high")).isEqualTo("0/1 nodes are available: 1 Insufficient cpu.");
  }

  @Test
  void weightsTipTheScales() {
    String fit =
        ",'profiles':[{'plugins':{'multiPoint':{'enabled':[{'name':'NodeAffinity','weight':%d}]}}}]";
    assertThat(chosen(fit.formatted(100))).isEqualTo("wished");
    assertThat(chosen(",'profiles':[{'plugins':{'score':{'disabled':[{'name':'NodeAffinity'}]}}}]"))
        .isEqualTo("empty");
  }

  /** Where a pod goes that wishes for a node of which others have much. */
  private static String chosen(String fields) {
    SchedulerFixture f = started(fields);
    f.node("wished", "10");
    f.node("empty", "10");
    f.pod("a", "9", pod -> pod.withObjectProperty("spec").put("nodeName", "wished"));
    f.pod(
        "p",
        "500m",
        pod -> {
          ObjectNode wish =
              pod.withObjectProperty("spec")
                  .withObjectProperty("affinity")
                  .withObjectProperty("nodeAffinity")
                  .putArray("preferredDuringSchedulingIgnoredDuringExecution")
                  .addObject();
          wish.put("weight", 1);
          ObjectNode term = wish.putObject("preference").putArray("matchExpressions").addObject();
          term.put("key", "kubernetes.io/hostname").put("operator", "In");
          term.putArray("values").add("wished");
        });
    f.run();
    return f.nodeOf("p");
  }

  @Test
  void ofAsManyNodesAsChosenTheBestIsTaken() {
    // Of 301 nodes a hundred are looked for at least, the first that come; the best comes last.
    assertThat(taken(",'percentageOfNodesToScore':100")).isEqualTo("best");
    assertThat(taken(",'percentageOfNodesToScore':5")).isNotEqualTo("best");
  }

  private static String taken(String fields) {
    SchedulerFixture f = started(fields);
    IntStream.range(0, 300).forEach(i -> f.node("n" + i, "4"));
    f.node("best", "64");
    f.pod("p", "1");
    f.run();
    return f.nodeOf("p");
  }

  @Test
  void whatAnAffinityOfOthersIsWorthIsChosen() {
    String args =
        ",'profiles':[{'plugins':{'score':{'disabled':[{'name':'*'}],'enabled':["
            + "{'name':'InterPodAffinity'},{'name':'NodeResourcesFit','weight':%d}]}},"
            + "'pluginConfig':[{'name':'InterPodAffinity','args':{'hardPodAffinityWeight':%d}}]}]";
    assertThat(besideFriend(args.formatted(1, 100))).isEqualTo("friend");
    assertThat(besideFriend(args.formatted(1, 0))).isEqualTo("empty");
  }

  private static String besideFriend(String fields) {
    SchedulerFixture f = started(fields);
    f.node("friend", "10");
    f.node("empty", "10");
    f.pod(
        "a",
        "2",
        pod -> {
          pod.withObjectProperty("metadata").withObjectProperty("labels").put("app", "x");
          ObjectNode spec = pod.withObjectProperty("spec");
          spec.put("nodeName", "friend");
          ObjectNode term =
              spec.withObjectProperty("affinity")
                  .withObjectProperty("podAffinity")
                  .putArray("requiredDuringSchedulingIgnoredDuringExecution")
                  .addObject();
          term.put("topologyKey", "kubernetes.io/hostname");
          term.putObject("labelSelector").putObject("matchLabels").put("app", "x");
        });
    f.pod(
        "p",
        "1",
        pod -> pod.withObjectProperty("metadata").withObjectProperty("labels").put("app", "x"));
    f.run();
    return f.nodeOf("p");
  }

  private static final String ONE_SCORE =
      "'plugins':{'score':{'disabled':[{'name':'*'}],'enabled':[{'name':'%s'}]}},";

  @Test
  void anAddedAffinityHoldsForAllPods() {
    SchedulerFixture f =
        started(
            (",'profiles':[{"
                    + ONE_SCORE
                    + "'pluginConfig':[{'name':'NodeAffinity','args':{'addedAffinity':{"
                    + "'requiredDuringSchedulingIgnoredDuringExecution':{'nodeSelectorTerms':["
                    + "{'matchExpressions':[{'key':'pool','operator':'Exists'}]}]},"
                    + "'preferredDuringSchedulingIgnoredDuringExecution':[{'weight':5,'preference':"
                    + "{'matchExpressions':[{'key':'pool','operator':'In','values':['best']}]}}]}}}]}]")
                .formatted("NodeAffinity"));
    f.node("other", "4");
    f.pod("first", "1");
    f.run();
    assertThat(f.message("first"))
        .contains("1 node(s) didn't match scheduler-enforced node affinity");
    f.node("good", "4", node -> label(node, "pool", "good"));
    f.run();
    assertThat(f.nodeOf("first")).isEqualTo("good");
    f.node("best", "4", node -> label(node, "pool", "best"));
    f.pod("second", "1");
    f.run();
    assertThat(f.nodeOf("second")).isEqualTo("best");
  }

  private static void label(ObjectNode object, String key, String value) {
    object.withObjectProperty("metadata").withObjectProperty("labels").put(key, value);
  }

  private static Consumer<ObjectNode> owned() {
    return pod -> {
      ObjectNode owner = pod.withObjectProperty("metadata").putArray("ownerReferences").addObject();
      owner.put("apiVersion", "apps/v1").put("kind", "ReplicaSet").put("name", "r");
      owner.put("uid", "u").put("controller", true);
    };
  }

  @Test
  void podsWithoutConstraintsHaveTheDefaultOnes() {
    SchedulerFixture f =
        started(
            ",'profiles':[{'pluginConfig':[{'name':'PodTopologySpread','args':{'defaultingType':"
                + "'List','defaultConstraints':[{'maxSkew':1,'topologyKey':'kubernetes.io/hostname',"
                + "'whenUnsatisfiable':'DoNotSchedule'}]}}]}]");
    f.node("n1", "4");
    f.node("n2", "4", node -> node.withObjectProperty("spec").put("unschedulable", true));
    f.pod("a", "1", owned());
    f.pod("b", "1", owned());
    f.pod("alone", "1");
    f.run();
    assertThat(f.nodeOf("a")).isEqualTo("n1");
    assertThat(f.message("b")).contains("1 node(s) didn't match pod topology spread constraints");
    assertThat(f.nodeOf("alone")).isEqualTo("n1");
  }

  @Test
  void resourcesThatSomebodyElseCountsAreNotLookedAt() {
    String args = ",'profiles':[{'pluginConfig':[{'name':'NodeResourcesFit','args':{%s}}]}]";
    assertThat(placed(args.formatted(""))).isEmpty();
    assertThat(placed(args.formatted("'ignoredResources':['example.com/foo']"))).isEqualTo("n");
    assertThat(placed(args.formatted("'ignoredResourceGroups':['example.com']"))).isEqualTo("n");
    assertThat(placed(args.formatted("'ignoredResources':['cpu','memory']"))).isEmpty();
  }

  private static String placed(String fields) {
    SchedulerFixture f = started(fields);
    f.node("n", "4");
    f.pod(
        "p",
        "1",
        pod ->
            ((ObjectNode) pod.at("/spec/containers/0/resources/requests"))
                .put("example.com/foo", "1"));
    f.run();
    return f.nodeOf("p");
  }

  @Test
  void theResourcesInBalanceAreChosen() {
    String args =
        ",'profiles':[{"
            + ONE_SCORE.formatted("NodeResourcesBalancedAllocation")
            + "'pluginConfig':[{'name':'NodeResourcesBalancedAllocation','args':{'resources':%s}}]}]";
    assertThat(balanced(args.formatted("[]"))).isEqualTo("cores");
    assertThat(
            balanced(
                args.formatted(
                    "[{'name':'cpu','weight':1},{'name':'example.com/foo','weight':1}]")))
        .isEqualTo("foos");
  }

  /** Of one node the cores and bytes would be in balance, of the other the cores and foos. */
  private static String balanced(String fields) {
    SchedulerFixture f = started(fields);
    f.node("cores", "4", node -> have(node, "4Gi", "100"));
    f.node("foos", "4", node -> have(node, "100Gi", "4"));
    f.pod(
        "p",
        "2",
        pod ->
            ((ObjectNode) pod.at("/spec/containers/0/resources/requests"))
                .put("memory", "2Gi")
                .put("example.com/foo", "2"));
    f.run();
    return f.nodeOf("p");
  }

  private static void have(ObjectNode node, String memory, String foos) {
    ((ObjectNode) node.at("/status/allocatable"))
        .put("memory", memory)
        .put("example.com/foo", foos);
  }

  private static void refused(String fields, String message) {
    assertThatThrownBy(() -> parse(fields))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void whatCannotBeIsSaid() {
    refused(",'foo':1", "unknown field \"foo\"; known are");
    refused(",'extenders':[{'urlPrefix':'x'}]", "extenders are not supported");
    refused(
        ",'percentageOfNodesToScore':101", "percentageOfNodesToScore: is a number from 0 to 100");
    refused(
        ",'podInitialBackoffSeconds':20",
        "podMaxBackoffSeconds: must be greater than or equal to podInitialBackoffSeconds");
    refused(
        ",'profiles':[{'schedulerName':'a'},{'schedulerName':'a'}]",
        "profiles[1].schedulerName: duplicate \"a\"");
    refused(
        ",'profiles':[{'plugins':{'score':{'enabled':[{'name':'Foo'}]}}}]",
        "profiles[0].plugins.score.enabled: there is no plugin \"Foo\"");
    refused(
        ",'profiles':[{'plugins':{'bind':{'disabled':[{'name':'*'}]}}}]",
        "profiles[0].plugins.bind: at least one bind plugin is needed");
    String args = ",'profiles':[{'pluginConfig':[{'name':'%s','args':{%s}}]}]";
    refused(
        args.formatted("DefaultPreemption", "'minCandidateNodesPercentage':101"),
        "minCandidateNodesPercentage: is a number from 0 to 100");
    refused(
        args.formatted(
            "DefaultPreemption", "'minCandidateNodesPercentage':0,'minCandidateNodesAbsolute':0"),
        "both minCandidateNodesPercentage and minCandidateNodesAbsolute cannot be zero");
    refused(
        args.formatted(
            "PodTopologySpread", "'defaultConstraints':[{'maxSkew':1,'topologyKey':'a'}]"),
        "when it is System, defaultConstraints must be empty");
    refused(
        args.formatted(
            "PodTopologySpread",
            "'defaultingType':'List','defaultConstraints':[{'maxSkew':0,'topologyKey':'a',"
                + "'whenUnsatisfiable':'ScheduleAnyway'}]"),
        "maxSkew: not a valid maximum skew; must be greater than 0");
    refused(
        args.formatted("NodeResourcesFit", "'ignoredResourceGroups':['a/b']"),
        "resource group name can't contain '/'");
    refused(
        args.formatted("NodeAffinity", "'addedAffinity':{'required':{}}"),
        "unknown field \"profiles[0].pluginConfig[NodeAffinity].args.addedAffinity.required\"");
    refused(
        ",'profiles':[{'pluginConfig':[{'name':'ImageLocality','args':{}}]}]",
        "none of \"ImageLocality\"");
    refused(
        ",'profiles':[{'pluginConfig':[{'name':'NodeResourcesFit','args':{'scoringStrategy':"
            + "{'type':'Odd'}}}]}]",
        "\"Odd\" is no scoring strategy");
  }
}
