package dev.coracle.proxy.internal.policy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who reaches whom under which policies: namespaces x, y and z with the pods a, b and c each. */
class RuleModelTest {

  private static final String ALL = "x/a x/b x/c y/a y/b y/c z/a z/b z/c";

  private final TestCluster cluster = new TestCluster();

  @BeforeEach
  void objects() {
    int namespace = 1;
    for (String ns : new String[] {"x", "y", "z"}) {
      cluster.namespace(ns, "{'ns':'" + ns + "'}");
      int pod = 1;
      for (String name : new String[] {"a", "b", "c"}) {
        // The same name stands for another number in c, and two nodes share each namespace.
        cluster.pod(
            ns + "/" + name,
            pod == 2 ? "n2" : "n1",
            "10." + namespace + ".0." + pod,
            "{'pod':'" + name + "'}",
            name.equals("c")
                ? "[{'name':'web','containerPort':8080},{'name':'dns','containerPort':53,'protocol':'UDP'}]"
                : "[{'name':'web','containerPort':80},{'name':'dns','containerPort':53,'protocol':'UDP'}]");
        pod++;
      }
      namespace++;
    }
  }

  private String http(String pod) {
    return cluster.whoReaches(pod, Protocol.TCP, 80);
  }

  private String reaches(String pod) {
    return cluster.reachedBy(pod, Protocol.TCP, 80);
  }

  @Test
  void withoutPoliciesEverybodyReachesEverybodyAndThereAreNoRules() {
    assertThat(http("x/a")).isEqualTo(ALL);
    assertThat(cluster.model("n1").isEmpty()).isTrue();
    assertThat(cluster.model("n1").rules()).isZero();
  }

  @Test
  void aPolicyWithoutRulesDeniesAllIngressOfItsNamespaceButToOneself() {
    cluster.policy("x/deny", "{'podSelector':{},'policyTypes':['Ingress']}");
    assertThat(http("x/a")).isEqualTo("x/a");
    assertThat(http("y/a")).isEqualTo(ALL);
    assertThat(reaches("x/a")).isEqualTo("x/a y/a y/b y/c z/a z/b z/c");
  }

  @Test
  void aMissingPodSelectorPicksEveryPod() {
    cluster.policy("x/deny", "{'policyTypes':['Ingress']}");
    assertThat(http("x/b")).isEqualTo("x/b");
  }

  @Test
  void denyAllOfBothDirections() {
    cluster.policy("x/deny", "{'podSelector':{},'policyTypes':['Ingress','Egress']}");
    assertThat(http("x/a")).isEqualTo("x/a");
    assertThat(reaches("x/a")).isEqualTo("x/a");
    assertThat(reaches("y/a")).isEqualTo("y/a y/b y/c z/a z/b z/c");
  }

  @Test
  void onlyRulesForEgressIsolateBothDirectionsWhereNoTypesAreGiven() {
    cluster.policy(
        "x/p",
        "{'podSelector':{'matchLabels':{'pod':'a'}},'egress':[{'to':[{'podSelector':{}}]}]}");
    assertThat(http("x/a")).isEqualTo("x/a");
    assertThat(reaches("x/a")).isEqualTo("x/a x/b x/c");
  }

  @Test
  void withoutTypesAndRulesOnlyIngressIsIsolated() {
    cluster.policy("x/p", "{'podSelector':{'matchLabels':{'pod':'a'}}}");
    assertThat(http("x/a")).isEqualTo("x/a");
    assertThat(reaches("x/a")).isEqualTo(ALL);
  }

  @Test
  void theTypeEgressAloneLeavesIngressOpen() {
    cluster.policy("x/p", "{'podSelector':{},'policyTypes':['Egress']}");
    assertThat(http("x/a")).isEqualTo("x/a y/a y/b y/c z/a z/b z/c");
    assertThat(reaches("x/a")).isEqualTo("x/a");
  }

  @Test
  void aTypeThatIsNotNamedIsNotEnforcedEvenWithRules() {
    cluster.policy(
        "x/p",
        "{'podSelector':{},'policyTypes':['Ingress'],'ingress':[{}],'egress':[{'ports':[]}]}");
    assertThat(reaches("x/a")).isEqualTo(ALL);
    assertThat(http("x/a")).isEqualTo(ALL);
  }

  @Test
  void anEmptyRuleAllowsAll() {
    cluster.policy("x/p", "{'podSelector':{},'ingress':[{}]}");
    assertThat(http("x/a")).isEqualTo(ALL);
  }

  @Test
  void emptyListsOfARuleAllowAll() {
    cluster.policy("x/p", "{'podSelector':{},'ingress':[{'from':[],'ports':[]}]}");
    assertThat(http("x/a")).isEqualTo(ALL);
  }

  @Test
  void podsByLabelAreThoseOfThePolicysNamespace() {
    cluster.policy(
        "x/p",
        "{'podSelector':{'matchLabels':{'pod':'a'}},'ingress':[{'from':[{'podSelector':{'matchLabels':{'pod':'b'}}}]}]}");
    assertThat(http("x/a")).isEqualTo("x/a x/b");
    assertThat(http("x/c")).isEqualTo(ALL);
  }

  @Test
  void podsByExpression() {
    cluster.policy(
        "x/p",
        """
        {'podSelector':{'matchExpressions':[{'key':'pod','operator':'NotIn','values':['c']}]},
         'ingress':[{'from':[{'podSelector':{'matchExpressions':[{'key':'pod','operator':'In','values':['b','c']}]}}]}]}\
        """);
    assertThat(http("x/a")).isEqualTo("x/a x/b x/c");
    assertThat(http("x/b")).isEqualTo("x/b x/c");
    assertThat(http("x/c")).isEqualTo(ALL);
  }

  @Test
  void anEmptyPodSelectorIsAllPodsOfTheNamespace() {
    cluster.policy("x/p", "{'podSelector':{},'ingress':[{'from':[{'podSelector':{}}]}]}");
    assertThat(http("x/a")).isEqualTo("x/a x/b x/c");
  }

  @Test
  void namespacesByLabel() {
    cluster.policy(
        "x/p",
        "{'podSelector':{},'ingress':[{'from':[{'namespaceSelector':{'matchLabels':{'ns':'y'}}}]}]}");
    assertThat(http("x/a")).isEqualTo("x/a y/a y/b y/c");
  }

  @Test
  void namespacesByNameAndByExpression() {
    cluster.policy(
        "x/p",
        """
        {'podSelector':{},'ingress':[
          {'from':[{'namespaceSelector':{'matchLabels':{'kubernetes.io/metadata.name':'z'}}}]},
          {'from':[{'namespaceSelector':{'matchExpressions':[{'key':'ns','operator':'NotIn','values':['x','z']}]}}]}]}\
        """);
    assertThat(http("x/b")).isEqualTo("x/b y/a y/b y/c z/a z/b z/c");
  }

  @Test
  void anEmptyNamespaceSelectorIsAllPodsButNotTheRestOfTheWorld() {
    cluster.policy("x/p", "{'podSelector':{},'ingress':[{'from':[{'namespaceSelector':{}}]}]}");
    assertThat(http("x/a")).isEqualTo(ALL);
    assertThat(cluster.passes("192.0.2.1", "10.1.0.1", Protocol.TCP, 80)).isFalse();
  }

  @Test
  void twoPeersAreEither() {
    cluster.policy(
        "x/p",
        """
        {'podSelector':{},'ingress':[{'from':[
          {'namespaceSelector':{'matchLabels':{'ns':'y'}}},{'podSelector':{'matchLabels':{'pod':'b'}}}]}]}\
        """);
    assertThat(http("x/a")).isEqualTo("x/a x/b y/a y/b y/c");
  }

  @Test
  void twoSelectorsOfOnePeerAreBoth() {
    cluster.policy(
        "x/p",
        """
        {'podSelector':{},'ingress':[{'from':[
          {'namespaceSelector':{'matchLabels':{'ns':'y'}},'podSelector':{'matchLabels':{'pod':'b'}}}]}]}\
        """);
    assertThat(http("x/a")).isEqualTo("x/a y/b");
  }

  @Test
  void aPortOfOneProtocolSaysNothingOfAnother() {
    cluster.policy("x/p", "{'podSelector':{},'ingress':[{'ports':[{'port':80}]}]}");
    assertThat(http("x/a")).isEqualTo(ALL);
    assertThat(cluster.whoReaches("x/a", Protocol.TCP, 81)).isEqualTo("x/a");
    assertThat(cluster.whoReaches("x/a", Protocol.UDP, 80)).isEqualTo("x/a");
    assertThat(cluster.whoReaches("x/a", Protocol.SCTP, 80)).isEqualTo("x/a");
  }

  @Test
  void aProtocolWithoutAPortIsAllItsPorts() {
    cluster.policy(
        "x/p",
        "{'podSelector':{},'ingress':[{'ports':[{'protocol':'UDP'},{'protocol':'SCTP','port':7}]}]}");
    assertThat(cluster.whoReaches("x/a", Protocol.UDP, 9)).isEqualTo(ALL);
    assertThat(cluster.whoReaches("x/a", Protocol.SCTP, 7)).isEqualTo(ALL);
    assertThat(cluster.whoReaches("x/a", Protocol.SCTP, 8)).isEqualTo("x/a");
    assertThat(http("x/a")).isEqualTo("x/a");
  }

  @Test
  void portRangesAreInclusive() {
    cluster.policy(
        "x/p",
        "{'podSelector':{},'ingress':[{'ports':[{'port':80,'endPort':82},{'port':82,'endPort':90},{'port':7}]}]}");
    for (int port : new int[] {7, 80, 82, 90}) {
      assertThat(cluster.whoReaches("x/a", Protocol.TCP, port)).isEqualTo(ALL);
    }
    for (int port : new int[] {6, 8, 79, 91}) {
      assertThat(cluster.whoReaches("x/a", Protocol.TCP, port)).isEqualTo("x/a");
    }
  }

  @Test
  void aNamedPortIsWhatEachDestinationCallsSo() {
    cluster.policy("x/p", "{'podSelector':{},'ingress':[{'ports':[{'port':'web'}]}]}");
    assertThat(http("x/a")).isEqualTo(ALL);
    assertThat(http("x/c")).isEqualTo("x/c");
    assertThat(cluster.whoReaches("x/c", Protocol.TCP, 8080)).isEqualTo(ALL);
    assertThat(cluster.whoReaches("x/a", Protocol.UDP, 53)).isEqualTo("x/a");
  }

  @Test
  void aNamedPortOfEgressIsTheOtherPods() {
    cluster.policy(
        "x/p",
        """
        {'podSelector':{'matchLabels':{'pod':'a'}},'policyTypes':['Egress'],
         'egress':[{'to':[{'namespaceSelector':{'matchLabels':{'ns':'y'}}}],'ports':[{'port':'web'}]}]}\
        """);
    assertThat(reaches("x/a")).isEqualTo("x/a y/a y/b");
    assertThat(cluster.reachedBy("x/a", Protocol.TCP, 8080)).isEqualTo("x/a y/c");
  }

  @Test
  void aNameThatNoContainerUsesAllowsNothing() {
    cluster.policy("x/p", "{'podSelector':{},'ingress':[{'ports':[{'port':'nothing'}]}]}");
    assertThat(http("x/a")).isEqualTo("x/a");
  }

  @Test
  void policiesAddUp() {
    cluster
        .policy("x/deny", "{'podSelector':{}}")
        .policy(
            "x/fromY",
            "{'podSelector':{'matchLabels':{'pod':'a'}},'ingress':[{'from':[{'namespaceSelector':{'matchLabels':{'ns':'y'}}}],'ports':[{'port':80}]}]}")
        .policy(
            "x/fromB",
            "{'podSelector':{'matchLabels':{'pod':'a'}},'ingress':[{'from':[{'podSelector':{'matchLabels':{'pod':'b'}}}],'ports':[{'port':81}]}]}");
    assertThat(http("x/a")).isEqualTo("x/a y/a y/b y/c");
    assertThat(cluster.whoReaches("x/a", Protocol.TCP, 81)).isEqualTo("x/a x/b");
    assertThat(http("x/b")).isEqualTo("x/b");
  }

  @Test
  void bothEndsHaveToAllow() {
    cluster
        .policy(
            "x/out",
            "{'podSelector':{'matchLabels':{'pod':'a'}},'policyTypes':['Egress'],'egress':[{'to':[{'namespaceSelector':{'matchLabels':{'ns':'y'}}}]}]}")
        .policy("y/in", "{'podSelector':{'matchLabels':{'pod':'b'}}}");
    assertThat(reaches("x/a")).isEqualTo("x/a y/a y/c");
  }

  @Test
  void anAddressBlockWithoutItsExceptions() {
    cluster.policy(
        "x/p",
        "{'podSelector':{'matchLabels':{'pod':'a'}},'ingress':[{'from':[{'ipBlock':{'cidr':'10.2.0.0/24','except':['10.2.0.2/32']}}]}]}");
    assertThat(http("x/a")).isEqualTo("x/a y/a y/c");
  }

  @Test
  void whatOneBlockExceptsAnotherMayAllow() {
    cluster
        .policy(
            "x/p",
            "{'podSelector':{},'ingress':[{'from':[{'ipBlock':{'cidr':'10.0.0.0/8','except':['10.2.0.0/16']}}]}]}")
        .policy(
            "x/q", "{'podSelector':{},'ingress':[{'from':[{'ipBlock':{'cidr':'10.2.0.3/32'}}]}]}");
    assertThat(http("x/a")).isEqualTo("x/a x/b x/c y/c z/a z/b z/c");
  }

  @Test
  void theBlockOfAllAddressesIsEverybody() {
    cluster.policy(
        "x/p", "{'podSelector':{},'ingress':[{'from':[{'ipBlock':{'cidr':'0.0.0.0/0'}}]}]}");
    assertThat(http("x/a")).isEqualTo(ALL);
    assertThat(cluster.passes("192.0.2.1", "10.1.0.1", Protocol.TCP, 80)).isTrue();
  }

  @Test
  void aBlockOfTheOtherFamilyIsNobody() {
    cluster.policy(
        "x/p",
        "{'podSelector':{},'ingress':[{'from':[{'ipBlock':{'cidr':'2001:db8::/32'}}]}],'policyTypes':['Ingress']}");
    assertThat(http("x/a")).isEqualTo("x/a");
  }

  @Test
  void egressToAddresses() {
    cluster.policy(
        "x/p",
        "{'podSelector':{'matchLabels':{'pod':'a'}},'policyTypes':['Egress'],'egress':[{'to':[{'ipBlock':{'cidr':'192.0.2.0/24','except':['192.0.2.128/25']}}]}]}");
    assertThat(cluster.passes("10.1.0.1", "192.0.2.7", Protocol.TCP, 443)).isTrue();
    assertThat(cluster.passes("10.1.0.1", "192.0.2.200", Protocol.TCP, 443)).isFalse();
    assertThat(reaches("x/a")).isEqualTo("x/a");
  }

  @Test
  void denyingEgressButDns() {
    cluster.policy(
        "x/p",
        """
        {'podSelector':{'matchLabels':{'pod':'a'}},'policyTypes':['Egress'],
         'egress':[{'ports':[{'protocol':'UDP','port':53},{'protocol':'TCP','port':53}]}]}\
        """);
    assertThat(reaches("x/a")).isEqualTo("x/a");
    assertThat(cluster.reachedBy("x/a", Protocol.UDP, 53)).isEqualTo(ALL);
    assertThat(cluster.reachedBy("x/a", Protocol.TCP, 53)).isEqualTo(ALL);
  }

  @Test
  void labelsDecideAsTheyAreNow() {
    cluster.policy(
        "x/p",
        "{'podSelector':{'matchLabels':{'pod':'a'}},'ingress':[{'from':[{'namespaceSelector':{'matchLabels':{'ns':'y'}}}]}]}");
    cluster.change("x/a", "/metadata/labels", "{'pod':'other'}");
    assertThat(http("x/a")).isEqualTo(ALL);
    cluster.change("x/b", "/metadata/labels", "{'pod':'a'}");
    assertThat(http("x/b")).isEqualTo("x/b y/a y/b y/c");
    cluster.namespace("y", "{'ns':'other'}");
    assertThat(http("x/b")).isEqualTo("x/b");
  }

  @Test
  void podsOfTheNodesNetworkAreNeitherIsolatedNorPicked() {
    cluster
        .change("x/b", "/spec/hostNetwork", "true")
        .policy("x/deny", "{'podSelector':{},'policyTypes':['Ingress','Egress']}")
        .policy("x/p", "{'podSelector':{},'ingress':[{'from':[{'podSelector':{}}]}]}");
    assertThat(cluster.passes("10.3.0.1", "10.1.0.2", Protocol.TCP, 80)).isTrue();
    assertThat(cluster.passes("10.1.0.2", "10.1.0.1", Protocol.TCP, 80)).isFalse();
  }

  @Test
  void theAddressOfAPodThatHasEndedIsNobodys() {
    cluster
        .policy("x/p", "{'podSelector':{},'ingress':[{'from':[{'podSelector':{}}]}]}")
        .change("x/b", "/status/phase", "'Succeeded'")
        .change("x/c", "/status/phase", "'Failed'");
    assertThat(cluster.passes("10.1.0.2", "10.1.0.1", Protocol.TCP, 80)).isFalse();
    assertThat(cluster.passes("10.1.0.3", "10.1.0.1", Protocol.TCP, 80)).isFalse();
    assertThat(cluster.passes("10.3.0.1", "10.1.0.3", Protocol.TCP, 80)).isTrue();
  }

  @Test
  void aPodThatIsBeingDeletedIsIsolatedAndPickedUntilItsContainersHaveEnded() {
    cluster
        .policy("x/p", "{'podSelector':{},'ingress':[{'from':[{'podSelector':{}}]}]}")
        .change("x/b", "/metadata/deletionTimestamp", "'2026-01-01T00:00:00Z'")
        .change("x/b", "/status/containerStatuses", "[{'state':{'running':{}}}]");
    assertThat(http("x/a")).isEqualTo("x/a x/b x/c");
    assertThat(http("x/b")).isEqualTo("x/a x/b x/c");
    cluster.change("x/b", "/status/containerStatuses", "[{'state':{'terminated':{}}}]");
    assertThat(http("x/a")).isEqualTo("x/a x/c");
  }

  @Test
  void aNodeHasRulesOnlyForItsOwnPods() {
    cluster.policy("x/p", "{'podSelector':{'matchLabels':{'pod':'b'}}}");
    assertThat(cluster.model("n1").isEmpty()).isTrue();
    assertThat(cluster.model("n2").ingressChains()).containsOnlyKeys("10.1.0.2");
  }

  @Test
  void podsOfTheSamePoliciesShareAChainAndEqualPeersASet() {
    cluster
        .policy("x/p", "{'podSelector':{},'ingress':[{'from':[{'podSelector':{}}]}]}")
        .policy(
            "x/q",
            "{'podSelector':{},'ingress':[{'from':[{'podSelector':{}}],'ports':[{'port':1}]}]}");
    RuleModel model = cluster.model("n1");
    assertThat(model.chains()).hasSize(1);
    assertThat(model.addressSets()).hasSize(1);
    assertThat(model.ingressChains()).containsOnlyKeys("10.1.0.1", "10.1.0.3");
    assertThat(model.isolated()).isEqualTo(2);
  }
}
