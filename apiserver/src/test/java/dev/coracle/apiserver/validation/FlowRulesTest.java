package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.bootstrap.DefaultFlows;
import org.junit.jupiter.api.Test;

class FlowRulesTest {

  private static final String GROUP = "flowcontrol.apiserver.k8s.io";
  private static final Judge SCHEMAS = Judge.of(GROUP, "flowschemas");
  private static final Judge LEVELS = Judge.of(GROUP, "prioritylevelconfigurations");

  private static String named(String name, String spec) {
    return "{'metadata':{'name':'" + name + "'},'spec':" + spec + "}";
  }

  private static String ruled(String rule) {
    return named("s", "{'priorityLevelConfiguration':{'name':'l'},'rules':[" + rule + "]}");
  }

  private static String limited(String limited) {
    return named("l", "{'type':'Limited','limited':" + limited + "}");
  }

  @Test
  void whatEveryClusterHasIsGood() {
    for (KubeObject flow : DefaultFlows.all()) {
      Judge judge = flow.kind().equals("FlowSchema") ? SCHEMAS : LEVELS;
      assertThat(judge.create(flow.tree())).as(flow.name()).isEmpty();
    }
  }

  @Test
  void schemas() {
    assertThat(
            SCHEMAS.create(
                named(
                    "s",
                    "{'matchingPrecedence':1,'distinguisherMethod':{'type':'ByColour'},"
                        + "'priorityLevelConfiguration':{'name':''},'rules':[{}]}")))
        .containsExactly(
            "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have"
                + " matchingPrecedence 1",
            "spec.distinguisherMethod.type: Unsupported value: {\"type\":\"ByColour\"}: supported"
                + " values: \"ByNamespace\", \"ByUser\"",
            "spec.priorityLevelConfiguration.name: Required value: must reference a priority level",
            "spec.rules[0].subjects: Required value: subjects must contain at least one value",
            "spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has"
                + " to be non-empty");
    assertThat(
            SCHEMAS.create(
                named(
                    "s",
                    "{'matchingPrecedence':-1,'priorityLevelConfiguration':{'name':'A'},'rules':[]}")))
        .hasSize(2)
        .contains("spec.matchingPrecedence: Invalid value: -1: must be a positive value");
    assertThat(
            SCHEMAS.create(
                named(
                    "s", "{'matchingPrecedence':10001,'priorityLevelConfiguration':{'name':'a'}}")))
        .containsExactly(
            "spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000");
  }

  @Test
  void subjects() {
    String at = "spec.rules[0].subjects";
    assertThat(
            SCHEMAS.create(
                ruled(
                    "{'subjects':[{'kind':'Dog'},{'kind':'User','group':{'name':'g'}},"
                        + "{'kind':'Group','group':{'name':''},'serviceAccount':{'name':'a'}},"
                        + "{'kind':'ServiceAccount','serviceAccount':{'name':'*'},'user':{'name':'u'}},"
                        + "{'kind':'ServiceAccount','serviceAccount':{'namespace':'n'}}],"
                        + "'nonResourceRules':[{'verbs':['*'],'nonResourceURLs':['*']}]}")))
        .containsExactly(
            at
                + "[0].kind: Unsupported value: \"Dog\": supported values: \"Group\","
                + " \"ServiceAccount\", \"User\"",
            at + "[1].user: Required value: user is required when subject kind is 'User'",
            at + "[1].group: Forbidden: group is forbidden when subject kind is not 'Group'",
            at + "[2].group.name: Required value",
            at
                + "[2].serviceAccount: Forbidden: serviceAccount is forbidden when subject kind is"
                + " not 'ServiceAccount'",
            at
                + "[3].serviceAccount.namespace: Required value: must specify namespace for service"
                + " account",
            at + "[3].user: Forbidden: user is forbidden when subject kind is not 'User'",
            at + "[4].serviceAccount.name: Required value");
  }

  @Test
  void whatRulesMatch() {
    String subject = "{'subjects':[{'kind':'User','user':{'name':'u'}}],";
    String at = "spec.rules[0].resourceRules";
    assertThat(
            SCHEMAS.create(
                ruled(
                    subject
                        + "'resourceRules':[{},{'verbs':['*','get'],'apiGroups':['*','a'],'resources':['*','b'],"
                        + "'namespaces':['*','c']},{'verbs':['look'],'apiGroups':['a'],'resources':['b'],"
                        + "'namespaces':['A']},{'verbs':['get'],'apiGroups':['a'],'resources':['b'],'clusterScope':true}]}")))
        .contains(
            at + "[0].verbs: Required value: verbs must contain at least one value",
            at + "[0].apiGroups: Required value: resource rules must supply at least one api group",
            at + "[0].resources: Required value: resource rules must supply at least one resource",
            at
                + "[0].namespaces: Required value: resource rules that are not cluster scoped must"
                + " supply at least one namespace",
            at
                + "[1].verbs: Invalid value: [\"*\",\"get\"]: if '*' is present, must not specify"
                + " other verbs",
            at
                + "[1].apiGroups: Invalid value: [\"*\",\"a\"]: if '*' is present, must not specify"
                + " other api groups",
            at
                + "[1].resources: Invalid value: [\"*\",\"b\"]: if '*' is present, must not specify"
                + " other resources",
            at
                + "[1].namespaces: Invalid value: [\"*\",\"c\"]: if '*' is present, must not specify"
                + " other namespaces",
            at
                + "[2].verbs: Unsupported value: [\"look\"]: supported values: \"create\","
                + " \"delete\", \"deletecollection\", \"get\", \"list\", \"patch\", \"proxy\","
                + " \"update\", \"watch\"")
        .hasSize(10)
        .last()
        .asString()
        .startsWith(
            at
                + "[2].namespaces[0]: Invalid value: \"A\": each member of this list must be '*' or"
                + " a DNS-1123 label; ");
    String urls = "spec.rules[0].nonResourceRules[0].nonResourceURLs";
    assertThat(
            SCHEMAS.create(
                ruled(
                    subject
                        + "'nonResourceRules':[{'verbs':['get'],'nonResourceURLs':"
                        + "['','a','/a b','/a//b','/*/a','/a*','/','/a/*']}]}")))
        .containsExactly(
            urls + "[0]: Invalid value: \"\": must not be empty",
            urls + "[1]: Invalid value: \"a\": must start with slash",
            urls + "[2]: Invalid value: \"/a b\": must not contain white-space",
            urls + "[3]: Invalid value: \"/a//b\": must not contain double slash",
            urls + "[4]: Invalid value: \"/*/a\": wildcard can only do suffix matching",
            urls + "[5]: Invalid value: \"/a*\": wildcard can only do suffix matching");
  }

  @Test
  void levels() {
    assertThat(LEVELS.create(named("l", "{'type':'Exempt','limited':{}}")))
        .contains(
            "spec.type: Invalid value: \"Exempt\": must be 'Exempt' if and only if `name` is"
                + " 'exempt'",
            "spec.limited: Forbidden: must be nil if the type is not Limited");
    assertThat(LEVELS.create(named("l", "{'type':'Limited','exempt':{}}")))
        .containsExactly(
            "spec.exempt: Forbidden: must be nil if the type is Limited",
            "spec.limited: Required value: must not be empty when type is Limited");
    assertThat(LEVELS.create(named("l", "{'type':'Some'}")))
        .containsExactly(
            "spec.type: Unsupported value: \"Some\": supported values: \"Exempt\", \"Limited\"");
    assertThat(
            LEVELS.create(
                limited(
                    "{'nominalConcurrencyShares':-1,'lendablePercent':101,'borrowingLimitPercent':-2,"
                        + "'limitResponse':{'type':'Reject','queuing':{}}}")))
        .containsExactly(
            "spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative"
                + " integer",
            "spec.limited.limitResponse.queuing: Forbidden: must be nil if"
                + " limited.limitResponse.type is not Limited",
            "spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive",
            "spec.limited.borrowingLimitPercent: Invalid value: -2: if specified, must be a"
                + " non-negative integer");
    assertThat(LEVELS.create(limited("{'limitResponse':{'type':'Queue'}}")))
        .containsExactly(
            "spec.limited.limitResponse.queuing: Required value: must not be empty if"
                + " limited.limitResponse.type is Limited");
    assertThat(LEVELS.create(limited("{'limitResponse':{'type':'Wait'}}")))
        .containsExactly(
            "spec.limited.limitResponse.type: Unsupported value: \"Wait\": supported values:"
                + " \"Queue\", \"Reject\"");
  }

  @Test
  void queues() {
    String queue = "{'limitResponse':{'type':'Queue','queuing':%s}}";
    String at = "spec.limited.limitResponse.queuing.";
    assertThat(LEVELS.create(limited(queue.formatted("{}")))).isEmpty();
    assertThat(
            LEVELS.create(
                limited(queue.formatted("{'queues':-1,'handSize':-1,'queueLengthLimit':-1}"))))
        .containsExactly(
            at + "queueLengthLimit: Invalid value: -1: must be positive",
            at + "queues: Invalid value: -1: must be positive",
            at + "handSize: Invalid value: -1: must be positive");
    assertThat(LEVELS.create(limited(queue.formatted("{'queues':7,'handSize':8}"))))
        .containsExactly(at + "handSize: Invalid value: 8: should not be greater than queues (7)");
    assertThat(LEVELS.create(limited(queue.formatted("{'queues':64,'handSize':10}")))).isEmpty();
    assertThat(LEVELS.create(limited(queue.formatted("{'queues':64,'handSize':11}"))))
        .containsExactly(
            at
                + "handSize: Invalid value: 11: required entropy bits of deckSize 64 and handSize 11"
                + " should not be greater than 60");
    assertThat(LEVELS.create(limited(queue.formatted("{'queues':10000001,'handSize':1}"))))
        .containsExactly(at + "queues: Invalid value: 10000001: must not be greater than 10000000");
  }

  @Test
  void theMandatoryOnesMayNotChange() {
    String exempt = named("exempt", "{'type':'Exempt','exempt':{'nominalConcurrencyShares':5}}");
    assertThat(LEVELS.update(exempt, exempt)).as("what it lends may change").isEmpty();
    assertThat(
            LEVELS.update(
                exempt,
                named(
                    "exempt", "{'type':'Limited','limited':{'limitResponse':{'type':'Reject'}}}")))
        .hasSize(2)
        .last()
        .asString()
        .startsWith("spec: Invalid value: {")
        .endsWith("}: spec of 'exempt' except the 'spec.exempt' field must equal the fixed value");
    String all =
        named(
            "catch-all",
            "{'type':'Limited','limited':{'nominalConcurrencyShares':%d,'limitResponse':{'type':'Reject'}}}");
    assertThat(LEVELS.create(all.formatted(5))).isEmpty();
    assertThat(LEVELS.update(all.formatted(5), all.formatted(6)))
        .singleElement()
        .asString()
        .endsWith("}: spec of 'catch-all' must equal the fixed value");
    assertThat(
            SCHEMAS.create(
                named("catch-all", "{'priorityLevelConfiguration':{'name':'catch-all'}}")))
        .singleElement()
        .asString()
        .endsWith("}: spec of 'catch-all' must equal the fixed value");
  }

  @Test
  void conditionsHaveATypeEach() {
    String good = named("s", "{'priorityLevelConfiguration':{'name':'l'}}");
    String bad =
        good.replaceFirst(
            "}$", ",'status':{'conditions':[{'type':'A'},{'type':'A'},{'status':'True'}]}}");
    for (Judge judge : new Judge[] {SCHEMAS, LEVELS}) {
      assertThat(judge.update(good, bad, "status"))
          .containsExactly(
              "status.conditions[1].type: Duplicate value: \"A\"",
              "status.conditions[2].type: Required value: must not be empty");
    }
  }
}
