package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.apiserver.TestApi.Answer;
import java.util.Locale;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients may say of uid and revision, and what counts as a change, over HTTPS. */
@ExtendWith(OwnServer.class)
class WrittenMetadataTest {

  private static final String CORE = "/api/v1/namespaces/default/";
  private static final String SLICES =
      "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";

  private static TestApi api;

  @BeforeAll
  static void start(TestApi ofOwnServer) {
    api = ofOwnServer;
  }

  private static Answer send(String method, String path, String body) {
    return api.call(method, path, "application/json", body.replace('\'', '"'));
  }

  /** Whether or not the kind is made by an update. */
  @ParameterizedTest
  @ValueSource(strings = {"configmaps", "endpoints"})
  void anUpdateWithTheUidOfAnotherObjectIsAConflict(String resource) {
    Answer answer =
        send("PUT", CORE + resource + "/none", "{'metadata':{'name':'none','uid':'1234'}}");
    assertThat(answer.code()).isEqualTo(409);
    assertThat(answer.message())
        .isEqualTo(
            "Operation cannot be fulfilled on "
                + resource
                + " \"none\": Precondition failed: UID in precondition: 1234, UID in object meta: ");
  }

  @Test
  void anUpdateWithoutAUidOfAnAbsentObjectMakesItOrFindsNothing() {
    assertThat(send("PUT", CORE + "configmaps/no", "{'metadata':{'name':'no'}}").code())
        .isEqualTo(404);
    assertThat(send("PUT", CORE + "endpoints/new", "{'metadata':{'name':'new'}}").code())
        .isEqualTo(201);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "", "00", "abc"})
  void whatNamesNoRevisionMayStandInANewObject(String version) {
    Answer made =
        send(
            "POST",
            CORE + "configmaps",
            "{'metadata':{'generateName':'a-','resourceVersion':'" + version + "'}}");
    assertThat(made.ok().body().path("metadata").path("resourceVersion").asLong()).isPositive();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "01"})
  void aRevisionMayNot(String version) {
    Answer refused =
        send(
            "POST",
            CORE + "configmaps",
            "{'metadata':{'generateName':'a-','resourceVersion':'" + version + "'}}");
    assertThat(refused.message())
        .isEqualTo("resourceVersion should not be set on objects to be created");
  }

  @Test
  void labelsOfAnEndpointSliceAreCountedAndAnnotationsAreNot() {
    ObjectNode slice =
        (ObjectNode)
            send("POST", SLICES, "{'metadata':{'name':'s'},'addressType':'IPv4','endpoints':[]}")
                .ok()
                .body();
    assertThat(slice.path("metadata").path("generation").asInt()).isEqualTo(1);
    assertThat(generation("{'metadata':{'annotations':{'a':'b'}}}")).isEqualTo(1);
    assertThat(generation("{'metadata':{'labels':{'a':'b'}}}")).isEqualTo(2);
    assertThat(generation("{'endpoints':[{'addresses':['10.0.0.1']}]}")).isEqualTo(3);
  }

  /** What names a node there named it before, so it is where that goes. */
  @Test
  void anEndpointSliceHasNoTopologyAnyMore() {
    Answer made =
        send(
                "POST",
                SLICES,
                "{'metadata':{'name':'t'},'addressType':'IPv4','endpoints':[{'addresses':['10.0.0.1'],"
                    + "'deprecatedTopology':{'kubernetes.io/hostname':'n'}}]}")
            .ok();
    assertThat(made.body().at("/endpoints/0").toString())
        .isEqualTo("{\"addresses\":[\"10.0.0.1\"],\"conditions\":{}}");
  }

  @Test
  void aCsiDriverHasAGenerationOnceSomethingThatCountsHasChanged() {
    String drivers = "/apis/storage.k8s.io/v1/csidrivers";
    Answer made = send("POST", drivers, "{'metadata':{'name':'d.io'},'spec':{}}").ok();
    assertThat(made.body().path("metadata").has("generation")).isFalse();
    String type = "application/merge-patch+json";
    Answer same =
        api.call("PATCH", drivers + "/d.io", type, "{\"spec\":{\"podInfoOnMount\":true}}").ok();
    assertThat(same.body().path("metadata").has("generation")).isFalse();
    Answer counted =
        api.call("PATCH", drivers + "/d.io", type, "{\"spec\":{\"requiresRepublish\":true}}").ok();
    assertThat(counted.body().path("metadata").path("generation").asInt()).isEqualTo(1);
  }

  /** Nobody owns a status by creating the object, and nobody is noted later before an apply. */
  @Test
  void whoCreatesANodeOfItsNameAndStatusOwnsNothing() {
    String node = "{'metadata':{'name':'bare'},'status':{'nodeInfo':{'machineID':'m'}}}";
    Answer made = send("POST", "/api/v1/nodes", node).ok();
    assertThat(made.body().path("metadata").has("managedFields")).isFalse();
    String type = "application/merge-patch+json";
    String status = "{\"status\":{\"nodeInfo\":{\"machineID\":\"n\"}}}";
    Answer changed = api.call("PATCH", "/api/v1/nodes/bare/status", type, status).ok();
    assertThat(changed.body().at("/status/nodeInfo/machineID").asText()).isEqualTo("n");
    assertThat(changed.body().path("metadata").has("managedFields")).isFalse();
  }

  /** An empty list is a wish, of whatever object; none is not. */
  @ParameterizedTest
  @CsvSource({"PUT,application/json", "PATCH,application/merge-patch+json"})
  void anEmptyListOfManagersForgetsThem(String method, String type) {
    String name = "managed-" + method.toLowerCase(Locale.ROOT);
    String map = "{\"metadata\":{\"name\":\"" + name + "\"%s},\"data\":{\"a\":\"b\"}}";
    String none = map.formatted(",\"managedFields\":[]");
    Answer made = api.call("POST", CORE + "configmaps", "application/json", none).ok();
    assertThat(made.body().at("/metadata/managedFields")).hasSize(1);
    String path = CORE + "configmaps/" + name;
    Answer same = api.call(method, path, type, map.formatted("")).ok();
    assertThat(same.body().at("/metadata/managedFields")).hasSize(1);
    Answer forgotten = api.call(method, path, type, none).ok();
    assertThat(forgotten.body().path("metadata").has("managedFields")).isFalse();
    assertThat(api.get(path).ok().body().path("metadata").has("managedFields")).isFalse();
  }

  /** Only the server counts the changes of the template, and it counts from one. */
  /** Upstream: test/integration/apiserver/apply, managed fields with trailing data. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"v:\\\"a/b\\\" {\\\"trailing\\\":1}\":{}}",
        "{\"k:{\\\"uid\\\":\\\"a\\\"} 1\":{}}",
        "{\"k:[]\":{}}",
        "{\"i:x\":{}}",
        "{\"x\":{}}",
        "{\"nocolon\":{}}"
      })
  void whatIsNoRecordOfManagersIsNotKept(String fields) {
    String managers =
        "[{manager: spoilt, operation: Update, apiVersion: v1, fieldsType: FieldsV1, fieldsV1:"
            + " {'f:metadata': {'f:finalizers': "
            + fields
            + "}}}]";
    String name = "spoilt-" + Integer.toHexString(fields.hashCode());
    String path = "/api/v1/namespaces/default/configmaps/" + name;
    JsonNode made =
        api.post(
                "/api/v1/namespaces/default/configmaps",
                "{metadata: {name: "
                    + name
                    + ", managedFields: "
                    + managers
                    + "}, data: {foo: bar}}")
            .ok()
            .body();
    assertThat(made.at("/metadata/managedFields")).hasSize(1);
    assertThat(made.at("/metadata/managedFields/0/fieldsV1").toString())
        .isEqualTo("{\"f:data\":{\".\":{},\"f:foo\":{}}}");
    JsonNode changed =
        api.merge(path, "{metadata: {managedFields: " + managers + "}, data: {more: x}}")
            .ok()
            .body();
    assertThat(changed.at("/metadata/managedFields").findValuesAsText("manager"))
        .isNotEmpty()
        .doesNotContain("spoilt");
  }

  @Test
  void aDaemonSetCountsTheChangesOfItsTemplate() {
    String sets = "/apis/apps/v1/namespaces/default/daemonsets";
    String set =
        "{'metadata':{'name':'d'%s},'spec':{'selector':{'matchLabels':{'a':'b'}},'template':"
            + "{'metadata':{'labels':{'a':'b'}},'spec':{'containers':[{'name':'c','image':'%s'}]}}}}";
    String key = "deprecated.daemonset.template.generation";
    Answer made = send("POST", sets, set.formatted("", "i")).ok();
    assertThat(made.body().at("/metadata/annotations").toString())
        .isEqualTo("{\"" + key + "\":\"1\"}");
    assertThat(
            made.body()
                .at("/metadata/managedFields/0/fieldsV1/f:metadata/f:annotations")
                .has("f:" + key))
        .isTrue();
    String forged = ",'annotations':{'" + key + "':'9'}";
    Answer same = send("PUT", sets + "/d", set.formatted(forged, "i")).ok();
    assertThat(same.body().path("metadata").path("annotations").path(key).asText()).isEqualTo("1");
    Answer changed = send("PUT", sets + "/d", set.formatted("", "j")).ok();
    assertThat(changed.body().path("metadata").path("annotations").path(key).asText())
        .isEqualTo("2");
  }

  private static int generation(String patch) {
    return api.call(
            "PATCH", SLICES + "/s", "application/merge-patch+json", patch.replace('\'', '"'))
        .ok()
        .body()
        .path("metadata")
        .path("generation")
        .asInt();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "application/merge-patch+json | {'metadata':{'ownerReferences':[%1$s,%1$s]}}",
        "application/json-patch+json"
            + " | [{'op':'add','path':'/metadata/ownerReferences','value':[%1$s,%1$s]}]"
      })
  void aPatchNamesAnOwnerOnce(String type, String patch) {
    String owner = "{'apiVersion':'v1','kind':'ConfigMap','name':'o','uid':'1'}";
    String name =
        send("POST", CORE + "configmaps", "{'metadata':{'generateName':'owned-'}}")
            .ok()
            .body()
            .at("/metadata/name")
            .asText();
    Answer patched =
        api.call(
            "PATCH", CORE + "configmaps/" + name, type, patch.formatted(owner).replace('\'', '"'));
    assertThat(patched.ok().body().at("/metadata/ownerReferences")).hasSize(1);
    assertThat(patched.warnings().toString()).contains("duplicate UID(s) observed: 1");
  }

  /** Only where it is said in the older way, and only of what lives on. */
  @Test
  void aDeleteThatIsHeldUpIsAccepted() {
    send("POST", CORE + "configmaps", "{'metadata':{'name':'held','finalizers':['a.example/b']}}")
        .ok();
    String held = CORE + "configmaps/held";
    assertThat(send("DELETE", held, "{'orphanDependents':false}").code()).isEqualTo(202);
    assertThat(send("DELETE", held, "{'propagationPolicy':'Background'}").code()).isEqualTo(200);
    send("POST", CORE + "configmaps", "{'metadata':{'name':'free'}}").ok();
    assertThat(send("DELETE", CORE + "configmaps/free", "{'orphanDependents':false}").code())
        .isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/api/v1/", "/apis/events.k8s.io/v1/"})
  void nothingDependsOnAnEvent(String version) {
    String events = version + "namespaces/default/events";
    send(
            "POST",
            CORE + "events",
            "{'metadata':{'name':'e'},'involvedObject':{'namespace':'default','kind':'Pod'},"
                + "'reason':'r','type':'Normal'}")
        .ok();
    send("DELETE", events + "/e", "{'propagationPolicy':'Foreground'}").ok();
    assertThat(send("GET", events + "/e", "").code()).isEqualTo(404);
  }

  /** What becomes of its dependents is said once. */
  @ParameterizedTest
  @ValueSource(strings = {"Orphan", "Foreground", "Background"})
  void aPodThatIsEndingIsDeletedAgainWithoutAChange(String policy) {
    send("POST", CORE + "serviceaccounts", "{'metadata':{'name':'default'}}");
    send("POST", "/api/v1/nodes", "{'metadata':{'name':'n1'}}");
    String pod = CORE + "pods/ending-" + policy.toLowerCase(Locale.ROOT);
    send(
            "POST",
            CORE + "pods",
            "{'metadata':{'name':'ending-"
                + policy.toLowerCase(Locale.ROOT)
                + "'},'spec':{'nodeName':'n1','containers':[{'name':'c','image':'i'}]}}")
        .ok();
    ObjectNode before = (ObjectNode) send("DELETE", pod, "{}").ok().body();
    assertThat(before.at("/metadata/deletionGracePeriodSeconds").asInt()).isEqualTo(30);
    send("DELETE", pod, "{'propagationPolicy':'" + policy + "'}").ok();
    assertThat(api.get(pod).ok().body()).isEqualTo(before);
  }
}
