package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusCause;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.Scheme;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** ResourceSlices: where their devices are, and what the devices have. */
class ResourceSliceValidationTest {

  private static final Scheme SCHEME = Scheme.builtIn();
  private static final String POOL = "'pool':{'name':'p','generation':1,'resourceSliceCount':1}";
  private static final String HEAD = "'driver':'a.b'," + POOL;
  private static final String PER_DEVICE = HEAD + ",'perDeviceNodeSelection':true,'devices':[";
  private static final String NODE = HEAD + ",'nodeName':'n1'";
  private static final String DEVICE = "spec.devices[0]";

  private static ObjectNode slice(String version, String spec) {
    return Json.parseObject(
        ("{'apiVersion':'resource.k8s.io/"
                + version
                + "','kind':'ResourceSlice','metadata':{'name':'n'},'spec':{"
                + spec
                + "}}")
            .replace('\'', '"'));
  }

  private static ResourceDefinition type(String version) {
    return SCHEME.resource("resource.k8s.io", version, "resourceslices").orElseThrow();
  }

  private static List<String> words(List<StatusCause> causes) {
    return causes.stream().map(c -> c.field() + ": " + c.message()).toList();
  }

  private static List<String> created(String version, String spec) {
    return words(Validator.validateCreate(type(version), slice(version, spec)));
  }

  private static List<String> updated(String before, String now) {
    return words(
        Validator.validateUpdate(
            type("v1"), KubeObject.of(slice("v1", before)), slice("v1", now), ""));
  }

  private static Arguments row(String spec, String... expected) {
    return arguments(spec, Arrays.asList(expected));
  }

  private static String repeated(int times, String text) {
    return IntStream.range(0, times)
        .mapToObj(i -> text.replace("%d", "" + i))
        .collect(Collectors.joining(","));
  }

  static Stream<Arguments> slices() {
    String oneOf =
        "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is"
            + " required";
    String terms = "{'matchExpressions':[{'key':'a','operator':'Exists'}]}";
    return Stream.of(
        row(NODE),
        row(HEAD + ",'allNodes':true"),
        row(HEAD + ",'nodeSelector':{'nodeSelectorTerms':[" + terms + "]}"),
        row(HEAD, "spec: Required value: " + oneOf),
        row(
            NODE + ",'allNodes':true",
            "spec: Invalid value: \"{`nodeName`, `allNodes`}\": " + oneOf + ", but multiple"),
        row(
            HEAD + ",'nodeName':'','allNodes':false",
            "spec.nodeName: Invalid value: \"\": must be either unset or set to a non-empty string",
            "spec.allNodes: Invalid value: false: must be either unset or set to true",
            "spec: Required value: " + oneOf),
        row(
            HEAD + ",'nodeSelector':{'nodeSelectorTerms':[" + terms + "," + terms + "]}",
            "spec.nodeSelector.nodeSelectorTerms: Invalid value: ["),
        row(
            "'driver':'-','pool':{'name':'a/B','generation':-1,'resourceSliceCount':0},'allNodes':true",
            "spec.driver: Invalid value: \"-\": a lowercase RFC 1123 subdomain",
            "spec.pool.name: Invalid value: \"B\": a lowercase RFC 1123 subdomain",
            "spec.pool.generation: Invalid value: -1: must be greater than or equal to zero",
            "spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero"),
        row(
            NODE + ",'devices':[],'sharedCounters':[]",
            "spec: Invalid value: \"\": only one of `sharedCounters` or `devices` is allowed"),
        row(NODE + ",'devices':[" + repeated(128, "{'name':'d%d'}") + "]"),
        row(
            NODE + ",'devices':[" + repeated(129, "{'name':'d%d'}") + "]",
            "spec.devices: Too many: 129: must have at most 128 items"),
        row(
            NODE
                + ",'devices':["
                + repeated(64, "{'name':'d%d'}")
                + ",{'name':'t','taints':[{'key':'a','effect':'None'}]}]",
            "spec.devices: Too many: 65: must have at most 64 items"),
        row(
            NODE + ",'devices':[{'name':'d'},{'name':'d'}]",
            "spec.devices[1]: Duplicate value: \"d\""),
        row(NODE + ",'sharedCounters':[{'name':'s','counters':{'c':{'value':'1'}}}]"),
        row(
            NODE
                + ",'sharedCounters':[{'counters':{}},{'name':'s','counters':{'C':{'value':'1'}}},{'name':'s','counters':{"
                + repeated(33, "'c%d':{'value':'1'}")
                + "}}]",
            "spec.sharedCounters[0].name: Required value",
            "spec.sharedCounters[0].counters: Required value",
            "spec.sharedCounters[1].counters: Invalid value: \"C\": a lowercase RFC 1123 label",
            "spec.sharedCounters[2].counters: Too many: 33: must have at most 32 items",
            "spec.sharedCounters[2]: Duplicate value: \"s\""),
        row(
            NODE + ",'sharedCounters':[" + repeated(9, "{'name':'s%d','counters':{'c':{}}}") + "]",
            "spec.sharedCounters: Too many: 9: must have at most 8 items"),
        row(
            PER_DEVICE
                + "{'name':'a','nodeName':'n'},{'name':'b','allNodes':true},{'name':'c'},{'name':'d','nodeName':'n','allNodes':true},{'name':'e','nodeName':'','allNodes':false}]",
            "spec.devices[2]: Required value: exactly one of `nodeName`, `nodeSelector`, or"
                + " `allNodes` is required",
            "spec.devices[3]: Invalid value: \"{`nodeName`, `allNodes`}\": exactly one of",
            "spec.devices[4].nodeName: Invalid value: \"\": must not be empty",
            "spec.devices[4].allNodes: Invalid value: false: must be either unset",
            "spec.devices[4]: Required value: exactly one of"));
  }

  private static String device(String fields) {
    return NODE + ",'devices':[{'name':'d'," + fields + "}]";
  }

  static Stream<Arguments> devices() {
    String attributes = DEVICE + ".attributes";
    return Stream.of(
        row(
            device(
                "'attributes':{'a':{'string':'x'},'b.c/v':{'version':'1.2.3-rc.1+b'},'i':{'int':0},'f':{'bool':false}}")),
        row(
            device("'attributes':{'a':{},'b':{'int':1,'bool':true},'c':{'version':'1.2'}}"),
            attributes + "[a]: Invalid value: \"\": exactly one value must be specified",
            attributes + "[b]: Invalid value: {\"int\":1,\"bool\":true}: exactly one value must",
            attributes
                + "[c].version: Invalid value: \"1.2\": must be a string compatible with semver.org"
                + " spec 2.0.0"),
        row(
            device(
                "'attributes':{'1':{'int':1},'/x':{'int':1},'a/':{'int':1},'a/b/c':{'int':1},'l':{'strings':[]},'s':{'string':'"
                    + "x".repeat(65)
                    + "'},'"
                    + "n".repeat(33)
                    + "':{'int':1}}"),
            attributes + ": Invalid value: \"1\": a valid C identifier must start",
            attributes + ": Invalid value: \"\": the domain must not be empty",
            attributes + ": Invalid value: \"\": the name must not be empty",
            attributes + ": Invalid value: \"a/b/c\": must not contain more than one slash",
            attributes + "[l].strings: Invalid value: []: must not be empty if specified",
            attributes + "[s].string: Too long: may not be more than 64 bytes",
            attributes + ": Too long: may not be more than 32 bytes"),
        row(
            device(
                "'attributes':{"
                    + repeated(20, "'a%d':{'int':1}")
                    + "},'capacity':{"
                    + repeated(13, "'c%d':{'value':'1'}")
                    + "}"),
            DEVICE
                + ": Invalid value: 33: the total number of attributes and capacities must not"
                + " exceed 32"),
        row(
            device("'attributes':{'l':{'ints':[" + repeated(49, "%d") + "]}}"),
            DEVICE
                + ": Invalid value: 49: the total number of attribute values must not exceed 48"),
        row(
            device("'taints':[{'key':'','value':'a b','effect':'PreferNoSchedule'},{'key':'k'}]"),
            DEVICE + ".taints[0].key: Invalid value: \"\": name part must be non-empty",
            DEVICE + ".taints[0].key: Invalid value: \"\": name part must consist",
            DEVICE + ".taints[0].value: Invalid value: \"a b\": a valid label must",
            DEVICE + ".taints[0].effect: Unsupported value: \"PreferNoSchedule\"",
            DEVICE + ".taints[1].effect: Required value"),
        row(
            device(
                "'consumesCounters':[{'counterSet':'s','counters':{'c':{'value':'1'}}},{'counterSet':'s','counters':{}}]"),
            DEVICE + ".consumesCounters[1].counters: Required value",
            DEVICE + ".consumesCounters[1]: Duplicate value: \"s\""),
        row(
            device("'consumesCounters':[" + repeated(3, "{'counterSet':'s%d'}") + "]"),
            DEVICE + ".consumesCounters: Too many: 3: must have at most 2 items"),
        row(
            device("'nodeName':'n'"),
            DEVICE
                + ": Invalid value: \"null\": `nodeName`, `nodeSelector` and `allNodes` can only"),
        row(
            device("'bindingConditions':['a']"),
            DEVICE
                + ".bindingFailureConditions: Invalid value: null: bindingFailureConditions are"
                + " required to use bindingConditions"),
        row(
            device(
                "'bindingConditions':["
                    + repeated(5, "'a%d'")
                    + "],'bindingFailureConditions':['b']"),
            DEVICE + ".bindingConditions: Too many: 5: must have at most 4 items"),
        row(
            device(
                "'capacity':{'m':{'value':'1'}},'nodeAllocatableResourceMappings':{'cpu':{'capacityKey':'m','allocationMultiplier':'2'}}")),
        row(
            device(
                "'nodeAllocatableResourceMappings':{'a.b/gpu':{'capacityKey':'m','allocationMultiplier':'0'}}"),
            DEVICE
                + ".nodeAllocatableResourceMappings[a.b/gpu]: Invalid value: \"a.b/gpu\": must be a"
                + " node allocatable resource name",
            DEVICE + ".nodeAllocatableResourceMappings[a.b/gpu].capacityKey: Not found: \"m\"",
            DEVICE
                + ".nodeAllocatableResourceMappings[a.b/gpu].allocationMultiplier: Invalid value:"
                + " \"0\": must be positive"));
  }

  private static String policy(String policy) {
    return device(
        "'allowMultipleAllocations':true,'capacity':{'m':{'value':'10','requestPolicy':{"
            + policy
            + "}}}");
  }

  static Stream<Arguments> capacities() {
    String at = DEVICE + ".capacity[m].requestPolicy";
    String values = at + ".validValues";
    String range = at + ".validRange";
    return Stream.of(
        row(policy("'default':'2','validValues':['1','2','10']")),
        row(policy("'default':'3','validRange':{'min':'1','max':'9','step':'2'}")),
        row(policy("'default':'2'")),
        row(
            device("'capacity':{'m':{'value':'10','requestPolicy':{'default':'1'}}}"),
            at + ": Forbidden: allowMultipleAllocations must be true"),
        row(
            policy("'default':'1','validValues':['1'],'validRange':{'min':'1'}"),
            at + ": Forbidden: exactly one policy can be specified"),
        row(
            policy("'validValues':['1']"),
            at + ".default: Required value: required when validValues is defined"),
        row(
            policy("'validRange':{'min':'1'}"),
            at + ".default: Required value: required when validRange is defined"),
        row(
            policy("'default':'3','validValues':['2','1','1','11']"),
            values + "[1]: Invalid value: \"1\": values must be sorted in ascending order",
            values + "[2]: Duplicate value: \"1\"",
            values + "[3]: Invalid value: \"11\": option is larger than capacity value: 10",
            values + ": Invalid value: \"3\": default value is not valid according to the"),
        row(
            policy("'default':'1','validValues':[" + repeated(11, "'1'") + "]"),
            values + ": Too many: 11: must have at most 10 items"),
        row(
            policy("'default':'1','validRange':{}"),
            range + ".min: Required value: required when validRange is defined"),
        row(
            policy("'default':'1','validRange':{'min':'12','max':'11'}"),
            range + ".min: Invalid value: \"12\": min is larger than capacity value: 10",
            range + ".default: Invalid value: \"1\": default is less than min: 12",
            range + ".max: Invalid value: \"12\": min is larger than max: 11",
            range + ".max: Invalid value: \"11\": max is larger than capacity value: 10"),
        row(
            policy("'default':'4','validRange':{'min':'1','max':'8','step':'2'}"),
            range + ".step: Invalid value: \"4\": value is not a multiple of a given step (2) from",
            range
                + ".step: Invalid value: \"8\": value is not a multiple of a given step (2) from"),
        row(
            policy("'default':'1','validRange':{'min':'1','step':'0'}"),
            range + ".step: Invalid value: \"0\": must be greater than zero"),
        row(
            policy("'default':'1','validRange':{'min':'1','step':'10'}"),
            range + ".step: Invalid value: \"10\": one step 11 is larger than capacity value: 10"));
  }

  @ParameterizedTest
  @MethodSource({"slices", "devices", "capacities"})
  void slices(String spec, List<String> expected) {
    for (String version : List.of("v1", "v1beta2")) {
      List<String> problems = created(version, spec);
      assertThat(problems).as("%s", problems).hasSameSizeAs(expected);
      for (String start : expected) {
        assertThat(problems).anySatisfy(problem -> assertThat(problem).startsWith(start));
      }
    }
  }

  @Test
  void theOldFormIsNamedAsTheNewOne() {
    assertThat(created("v1beta1", NODE + ",'allNodes':false,'devices':[{'name':'d','basic':{}}]"))
        .isEmpty();
    assertThat(
            created(
                "v1beta1",
                NODE + ",'devices':[{'name':'d','basic':{'attributes':{'a':{'version':'x'}}}}]"))
        .containsExactly(
            DEVICE
                + ".attributes[a].version: Invalid value: \"x\": must be a string compatible with"
                + " semver.org spec 2.0.0");
  }

  @Test
  void aSliceStaysWhereItIs() {
    assertThat(updated(NODE, NODE.replace("'generation':1", "'generation':2"))).isEmpty();
    assertThat(updated(NODE, NODE.replace("'n1'", "'n2'")))
        .containsExactly("spec.nodeName: Invalid value: \"n2\": field is immutable");
    assertThat(updated(NODE, NODE.replace("'a.b'", "'c.d'")))
        .containsExactly("spec.driver: Invalid value: \"c.d\": field is immutable");
    assertThat(updated(NODE, NODE.replace("'p'", "'q'")))
        .containsExactly("spec.pool.name: Invalid value: \"q\": field is immutable");
    assertThat(updated(NODE, NODE.replace("'n1'", "''").replace("'p'", "'q'")))
        .satisfiesExactly(
            first -> assertThat(first).startsWith("spec.pool.name: Invalid value: \"q\": field is"),
            next ->
                assertThat(next)
                    .isEqualTo("spec.nodeName: Invalid value: \"\": field is immutable"),
            next -> assertThat(next).contains("must be either unset or set to a non-empty string"),
            last -> assertThat(last).startsWith("spec: Required value: exactly one of"));
  }

  @Test
  void whatADeviceHadIsNotLookedAtAgain() {
    String bad = device("'taints':[{'key':'k','effect':'Odd'}]");
    assertThat(updated(bad, bad.replace("'generation':1", "'generation':2"))).isEmpty();
    assertThat(updated(bad, bad.replace("Odd", "Other")))
        .singleElement()
        .asString()
        .startsWith(DEVICE + ".taints[0].effect: Unsupported value: \"Other\"");
  }
}
