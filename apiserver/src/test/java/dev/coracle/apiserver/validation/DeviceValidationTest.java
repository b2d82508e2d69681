package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusCause;
import dev.coracle.api.schema.Defaulter;
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

/** Claims of devices, their classes, what is allocated, and the slices that publish devices. */
class DeviceValidationTest {

  private static final Scheme SCHEME = Scheme.builtIn();
  private static final String LABEL =
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-'";
  private static final String SUBDOMAIN = "a lowercase RFC 1123 subdomain must consist";
  private static final String IDENTIFIER = "a valid C identifier must start with";
  private static final String REQUEST = "{'name':'r','exactly':{'deviceClassName':'c'}}";
  private static final String UID = "0b3bb5ae-40f2-4f0e-8d7c-0c8d7c4f2a11";

  private static ResourceDefinition type(String version, String resource) {
    return SCHEME.resource("resource.k8s.io", version, resource).orElseThrow();
  }

  private static ObjectNode object(ResourceDefinition type, String fields) {
    String where = type.namespaced() ? ",'namespace':'d'" : "";
    ObjectNode tree =
        Json.parseObject(
            ("{'apiVersion':'"
                    + type.kind().apiVersion()
                    + "','kind':'"
                    + type.kind().kind()
                    + "','metadata':{'name':'n'"
                    + where
                    + "},"
                    + fields
                    + "}")
                .replace('\'', '"')
                .replace('´', '\''));
    Defaulter.apply(type, tree);
    return tree;
  }

  private static List<String> words(List<StatusCause> causes) {
    return causes.stream().map(c -> c.field() + ": " + c.message()).toList();
  }

  private static List<String> created(ResourceDefinition type, String fields) {
    return words(Validator.validateCreate(type, object(type, fields)));
  }

  private static List<String> updated(
      ResourceDefinition type, String before, String now, String subresource) {
    return words(
        Validator.validateUpdate(
            type, KubeObject.of(object(type, before)), object(type, now), subresource));
  }

  /** Each error begins with what is expected there, in any order, and there are no others. */
  private static void assertErrors(List<String> problems, List<String> expected) {
    assertThat(problems).as("%s", problems).hasSameSizeAs(expected);
    for (String start : expected) {
      assertThat(problems).anySatisfy(problem -> assertThat(problem).startsWith(start));
    }
  }

  private static Arguments row(String fields, String... expected) {
    return arguments(fields, Arrays.asList(expected));
  }

  private static String repeated(int times, String text) {
    return IntStream.range(0, times)
        .mapToObj(i -> text.replace("%d", "" + i))
        .collect(Collectors.joining(","));
  }

  // -- claims ---------------------------------------------------------------------------------

  private static String requests(String requests, String rest) {
    return "'spec':{'devices':{'requests':[" + requests + "]" + rest + "}}";
  }

  private static String exactly(String fields) {
    return requests("{'name':'r','exactly':{'deviceClassName':'c'," + fields + "}}", "");
  }

  private static String selector(String expression) {
    return exactly("'selectors':[{'cel':{'expression':'" + expression + "'}}]");
  }

  static Stream<Arguments> claims() {
    String at = "spec.devices.requests[0]";
    String cel = at + ".exactly.selectors[0].cel";
    return Stream.of(
        row(requests(REQUEST, "")),
        row("'spec':{}"),
        row(
            requests("{'name':'r'}", ""),
            at + ": Required value: exactly one of `exactly` or `firstAvailable` is required"),
        row(
            requests(
                "{'name':'r','exactly':{'deviceClassName':'c'},'firstAvailable':[{'name':'s','deviceClassName':'c'}]}",
                ""),
            at
                + ": Invalid value: \"null\": exactly one of `exactly` or `firstAvailable` is"
                + " required, but multiple fields are set"),
        row(
            requests(REQUEST + "," + REQUEST, ""),
            "spec.devices.requests[1]: Duplicate value: \"r\""),
        row(
            requests("{'name':'R','exactly':{}}", ""),
            at + ".name: Invalid value: \"R\": " + LABEL,
            at + ".exactly.deviceClassName: Required value"),
        row(
            requests(repeated(33, "{'name':'r%d','exactly':{'deviceClassName':'c'}}"), ""),
            "spec.devices.requests: Too many: 33: must have at most 32 items"),
        row(
            requests(
                "{'name':'r','firstAvailable':["
                    + repeated(9, "{'name':'s%d','deviceClassName':'c'}")
                    + "]}",
                ""),
            at + ".firstAvailable: Too many: 9: must have at most 8 items"),
        row(
            requests(
                "{'name':'r','firstAvailable':[{'name':'s','deviceClassName':'C'},{'name':'s','deviceClassName':'c'}]}",
                ""),
            at + ".firstAvailable[0].deviceClassName: Invalid value: \"C\": " + SUBDOMAIN,
            at + ".firstAvailable[1]: Duplicate value: \"s\""),
        row(
            exactly("'allocationMode':'All','count':2"),
            at
                + ".exactly.count: Invalid value: 2: must not be specified when allocationMode is"
                + " 'All'"),
        row(
            exactly("'count':-1"),
            at + ".exactly.count: Invalid value: -1: must be greater than zero"),
        row(
            exactly("'allocationMode':'Some'"),
            at
                + ".exactly.allocationMode: Unsupported value: \"Some\": supported values:"
                + " \"All\", \"ExactCount\""),
        row(exactly("'selectors':[{}]"), at + ".exactly.selectors[0].cel: Required value"),
        row(
            exactly("'selectors':[" + repeated(33, "{}") + "]"),
            at + ".exactly.selectors: Too many: 33: must have at most 32 items"),
        row(selector("device.driver == ´a´ && device.attributes[´a.b´].model == ´x´")),
        row(selector("device.capacity[´a.b´].memory.compareTo(quantity(´1Gi´)) >= 0")),
        row(selector("cel.bind(a, device.attributes[´a.b´], a.ok && a.n > 3)")),
        row(selector("device.attributes[´a.b´].ok")),
        row(selector("device.attributes[´a.b´].v.isGreaterThan(semver(´1.2.3´))")),
        row(
            selector("device.name == ´a´"),
            cel + ".expression: Invalid value: \"device.name == 'a'\": compilation failed: "),
        row(
            selector("device.driver =="),
            cel + ".expression: Invalid value: \"device.driver ==\": compilation failed: "),
        row(
            selector("1 + 1"),
            cel
                + ".expression: Invalid value: \"1 + 1\": must evaluate to bool or the unknown"
                + " type, not int"),
        row(
            selector("true || ´a´.size() > 0 || ´" + "x".repeat(10_240) + "´ == ´´"),
            cel + ".expression: Too long: may not be more than 10240 bytes"),
        row(
            selector(
                "device.attributes.all(a, device.attributes.all(b, device.attributes.all(c,"
                    + " device.attributes.all(d, device.attributes.all(e, a == b)))))"),
            cel + ".expression: Forbidden: too complex, exceeds cost limit"),
        row(
            exactly(
                "'tolerations':[{'operator':'Exists','value':'v'},{'key':'a b','operator':'Like','effect':'Go'}]"),
            at
                + ".exactly.tolerations[0].value: Invalid value: \"v\": must be empty for operator"
                + " `Exists`",
            at + ".exactly.tolerations[1].key: Invalid value: \"a b\": name part must consist",
            at
                + ".exactly.tolerations[1].operator: Unsupported value: \"Like\": supported values:"
                + " \"Equal\", \"Exists\"",
            at
                + ".exactly.tolerations[1].effect: Unsupported value: \"Go\": supported values:"
                + " \"NoExecute\", \"NoSchedule\", \"None\""));
  }

  static Stream<Arguments> constraints() {
    String at = "spec.devices.constraints[0]";
    String config = "spec.devices.config[0].opaque";
    String first = "{'name':'f','firstAvailable':[{'name':'s','deviceClassName':'c'}]}";
    return Stream.of(
        row(
            requests(
                REQUEST + "," + first,
                ",'constraints':[{'requests':['r','f','f/s'],'matchAttribute':'a.b/model'}]")),
        row(
            requests(
                REQUEST, ",'constraints':[{'requests':['x','r/s','a/b/c'],'matchAttribute':'a'}]"),
            at + ".requests[0]: Invalid value: \"x\": must be the name of a request in the claim",
            at + ".requests[1]: Invalid value: \"r/s\": must be the name of a request in the claim",
            at + ".requests[2]: Invalid value: \"a/b/c\": must be the name of a request",
            at
                + ".matchAttribute: Invalid value: \"a\": a fully qualified name must be a domain"
                + " and a name separated by a slash"),
        row(
            requests(REQUEST, ",'constraints':[{'requests':['r','r']}]"),
            at + ".requests[1]: Duplicate value: \"r\"",
            at + ": Required value: exactly one of"),
        row(
            requests(REQUEST, ",'constraints':[{'distinctAttribute':'A_/1x'}]"),
            at + ".distinctAttribute: Invalid value: \"A_\": " + SUBDOMAIN,
            at + ".distinctAttribute: Invalid value: \"1x\": " + IDENTIFIER),
        row(requests(REQUEST, ",'config':[{'opaque':{'driver':'a.b','parameters':{'k':1}}}]")),
        row(requests(REQUEST, ",'config':[{}]"), config + ": Required value"),
        row(
            requests(REQUEST, ",'config':[{'requests':['no'],'opaque':{'parameters':[1]}}]"),
            "spec.devices.config[0].requests[0]: Invalid value: \"no\": must be the name",
            config + ".driver: Required value",
            config
                + ".parameters: Invalid value: \"<value omitted>\": must be a valid JSON object"),
        row(
            requests(
                REQUEST,
                ",'config':[{'opaque':{'driver':'"
                    + "d".repeat(64)
                    + "','parameters':{'k':'"
                    + "x".repeat(10_240)
                    + "'}}}]"),
            config + ".driver: Too long: may not be more than 63 bytes",
            config + ".parameters: Too long: may not be more than 10240 bytes"));
  }

  @ParameterizedTest
  @MethodSource({"claims", "constraints"})
  void claims(String fields, List<String> expected) {
    assertErrors(created(type("v1", "resourceclaims"), fields), expected);
    assertErrors(created(type("v1beta2", "resourceclaims"), fields), expected);
    assertErrors(
        created(type("v1", "resourceclaimtemplates"), "'spec':{" + fields + "}"),
        expected.stream().map(e -> "spec." + e).toList());
  }

  @Test
  void flatRequestsAreNamedAsNestedOnes() {
    ResourceDefinition flat = type("v1beta1", "resourceclaims");
    assertThat(created(flat, requests("{'name':'r','deviceClassName':'c'}", ""))).isEmpty();
    assertErrors(
        created(flat, requests("{'name':'r','deviceClassName':'c','count':-1}", "")),
        List.of(
            "spec.devices.requests[0].exactly.count: Invalid value: -1: must be greater than"
                + " zero"));
    assertErrors(
        created(flat, requests("{'name':'r'}", "")),
        List.of("spec.devices.requests[0]: Required value: exactly one of"));
    assertErrors(
        updated(
            flat,
            requests("{'name':'r','deviceClassName':'c'}", ""),
            requests("{'name':'r','deviceClassName':'other'}", ""),
            ""),
        List.of("spec: Invalid value: "));
  }

  @Test
  void claimsAndTemplatesDoNotChange() {
    for (String resource : List.of("resourceclaims", "resourceclaimtemplates")) {
      ResourceDefinition type = type("v1", resource);
      String open = type.kind().kind().endsWith("Template") ? "'spec':{" : "";
      String close = open.isEmpty() ? "" : "}";
      String before = open + requests(REQUEST, "") + close;
      String now = open + requests(REQUEST.replace("'c'", "'other'"), "") + close;
      assertThat(updated(type, before, before, "")).as(resource).isEmpty();
      assertThat(updated(type, before, now, ""))
          .as(resource)
          .singleElement()
          .asString()
          .startsWith("spec: Invalid value: {")
          .endsWith(": field is immutable");
    }
  }

  // -- status ---------------------------------------------------------------------------------

  private static final String ID = "'driver':'a.b','pool':'p','device':'d'";
  private static final String ALLOCATION =
      "'allocation':{'devices':{'results':[{'request':'r'," + ID + "}]}}";

  private static String consumer(String uid) {
    return "{'resource':'pods','name':'p','uid':'" + uid + "'}";
  }

  static Stream<Arguments> statuses() {
    String device = "status.devices[0]";
    String result = "status.allocation.devices.results[0]";
    return Stream.of(
        row(ALLOCATION + ",'reservedFor':[" + consumer("1") + "]"),
        row(
            "'reservedFor':[" + consumer("1") + "]",
            "status.reservedFor: Forbidden: may not be specified when `allocated` is not set"),
        row(
            ALLOCATION + ",'reservedFor':[" + consumer("1") + "," + consumer("1") + ",{}]",
            "status.reservedFor[1]: Duplicate value: \"1\"",
            "status.reservedFor[2].resource: Required value",
            "status.reservedFor[2].name: Required value",
            "status.reservedFor[2].uid: Required value"),
        row(
            ALLOCATION + ",'reservedFor':[" + repeated(257, consumer("%d")) + "]",
            "status.reservedFor: Too many: 257: must have at most 256 items"),
        row(
            "'allocation':{'devices':{'results':[{'request':'x','driver':'','pool':'a//b','device':'D','shareID':'1'}],'config':[{'source':'Me'}]},'nodeSelector':{}}",
            result + ".request: Invalid value: \"x\": must be the name of a request",
            result + ".driver: Required value",
            result + ".pool: Invalid value: \"\": " + SUBDOMAIN,
            result + ".device: Invalid value: \"D\": " + LABEL,
            result + ".shareID: Invalid value: \"1\": error validating uid: invalid UUID length: 1",
            "status.allocation.devices.config[0].source: Unsupported value: \"Me\"",
            "status.allocation.devices.config[0].opaque: Required value",
            "status.allocation.nodeSelector.nodeSelectorTerms: Required value"),
        row(
            "'allocation':{'devices':{'results':[{'request':'r',"
                + ID
                + ",'shareID':'"
                + UID
                + "'}]}}"),
        row(
            "'allocation':{'devices':{'results':[{'request':'r',"
                + ID
                + ",'bindingConditions':['a','a'],'bindingFailureConditions':['a','b c']}]}}",
            result + ".bindingConditions[1]: Duplicate value: \"a\"",
            result + ".bindingFailureConditions[1]: Invalid value: \"b c\": name part must consist",
            result
                + ".bindingFailureConditions[0]: Invalid value: \"a\": bindingFailureConditions"
                + " must not overlap with bindingConditions"),
        row(
            ALLOCATION
                + ",'devices':[{"
                + ID
                + ",'data':{'a':1},'networkData':{'interfaceName':'eth0','ips':['10.0.0.2/24','2001:db8::1/64']},'conditions':[{'type':'Ready','status':'True','reason':'Ok','lastTransitionTime':'2026-01-01T00:00:00Z'}]}]"),
        row(
            ALLOCATION + ",'devices':[{'driver':'a.b','pool':'p','device':'other'}]",
            device + ": Invalid value: a.b/p/other: must be an allocated device in the claim"),
        row(
            ALLOCATION
                + ",'devices':[{"
                + ID
                + ",'data':7,'networkData':{'interfaceName':'"
                + "e".repeat(257)
                + "','hardwareAddress':'"
                + "f".repeat(129)
                + "','ips':['10.0.0.2','2001:DB8::1/64']},'conditions':[{'type':'a b','status':'Yes','reason':'1'},{'type':'a b','status':'True','reason':'Ok','lastTransitionTime':'2026-01-01T00:00:00Z'}]}]",
            device + ".data: Invalid value: \"<value omitted>\": must be a valid JSON object",
            device + ".networkData.interfaceName: Too long: may not be more than 256 bytes",
            device + ".networkData.hardwareAddress: Too long: may not be more than 128 bytes",
            device + ".networkData.ips[0]: Invalid value: \"10.0.0.2\": must be a valid address in",
            device
                + ".networkData.ips[1]: Invalid value: \"2001:DB8::1/64\": must be in canonical"
                + " form (\"2001:db8::1/64\")",
            device + ".conditions[0].type: Invalid value: \"a b\": name part must consist",
            device + ".conditions[0].status: Unsupported value: \"Yes\"",
            device + ".conditions[0].lastTransitionTime: Required value: must be set",
            device + ".conditions[0].reason: Invalid value: \"1\": a condition reason must",
            device + ".conditions[1].type: Duplicate value: \"a b\"",
            device + ".conditions[1].type: Invalid value: \"a b\": name part must consist"));
  }

  @ParameterizedTest
  @MethodSource
  void statuses(String status, List<String> expected) {
    String spec = requests(REQUEST, "");
    assertErrors(
        updated(type("v1", "resourceclaims"), spec, spec + ",'status':{" + status + "}", "status"),
        expected);
  }

  @Test
  void whatIsAllocatedStays() {
    ResourceDefinition type = type("v1", "resourceclaims");
    String spec = requests(REQUEST, "");
    String before = spec + ",'status':{" + ALLOCATION + "}";
    String other = before.replace("'device':'d'", "'device':'e'");
    assertThat(updated(type, before, other, "status"))
        .singleElement()
        .asString()
        .startsWith("status.allocation: Invalid value: {")
        .endsWith(": field is immutable");
    assertThat(updated(type, before, spec, "status")).isEmpty();
  }

  @Test
  void nobodyNewUsesWhatIsBeingDeleted() {
    ResourceDefinition type = type("v1", "resourceclaims");
    ObjectNode before =
        object(
            type,
            requests(REQUEST, "")
                + ",'status':{"
                + ALLOCATION
                + ",'reservedFor':["
                + consumer("1")
                + "]}");
    before.withObjectProperty("metadata").put("deletionTimestamp", "2026-01-01T00:00:00Z");
    ObjectNode now = before.deepCopy();
    now.withObjectProperty("status")
        .withArrayProperty("reservedFor")
        .add(Json.parse(consumer("2").replace('\'', '"')));
    KubeObject old = KubeObject.of(before);
    assertThat(words(Validator.validateUpdate(type, old, now, "status")))
        .singleElement()
        .asString()
        .startsWith("status.reservedFor: Forbidden: new entries may not be added");
    ObjectNode fewer = before.deepCopy();
    fewer.withObjectProperty("status").remove("reservedFor");
    assertThat(Validator.validateUpdate(type, old, fewer, "status")).isEmpty();
  }

  // -- classes --------------------------------------------------------------------------------

  static Stream<Arguments> classes() {
    return Stream.of(
        row("'spec':{}"),
        row(
            "'spec':{'selectors':[{'cel':{'expression':'device.driver == ´a´'}}],'extendedResourceName':'a.b/gpu'}"),
        row(
            "'spec':{'selectors':[{'cel':{'expression':'x'}}],'config':[{}],'extendedResourceName':'cpu'}",
            "spec.selectors[0].cel.expression: Invalid value: \"x\": compilation failed: ",
            "spec.config[0].opaque: Required value",
            "spec.extendedResourceName: Invalid value: \"cpu\": must be a valid extended resource"
                + " name"),
        row(
            "'spec':{'extendedResourceName':'kubernetes.io/x'}",
            "spec.extendedResourceName: Invalid value: \"kubernetes.io/x\""));
  }

  @ParameterizedTest
  @MethodSource
  void classes(String fields, List<String> expected) {
    assertErrors(created(type("v1", "deviceclasses"), fields), expected);
  }

  @Test
  void whatAClassHadIsNotCompiledAgain() {
    ResourceDefinition type = type("v1", "deviceclasses");
    String bad = "'spec':{'selectors':[{'cel':{'expression':'x'}}]";
    assertThat(updated(type, bad + "}", bad + ",'extendedResourceName':'a.b/c'}", "")).isEmpty();
    assertErrors(
        updated(type, bad + "}", bad.replace("'x'", "'y'") + "}", ""),
        List.of("spec.selectors[0].cel.expression: Invalid value: \"y\""));
  }
}
