package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.apiserver.TestApi.Answer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What server-side apply says of a configuration that it cannot take, over HTTPS. */
@ExtendWith(OwnServer.class)
class ApplyTest {

  private static final String MAPS = "/api/v1/namespaces/default/configmaps/";

  private static TestApi api;

  @BeforeAll
  static void start(TestApi ofOwnServer) {
    api = ofOwnServer;
  }

  private static Answer apply(String path, String validation, String configuration) {
    return api.call(
        "PATCH",
        path + "?fieldManager=test&fieldValidation=" + validation,
        "application/apply-patch+yaml",
        configuration);
  }

  /** A field that nobody could own is not dropped, whatever the validation. */
  @Test
  void fieldsThatTheSchemaDoesNotKnowAreRefused() {
    String one = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndatum: {a: b}\n";
    for (String validation : new String[] {"Strict", "Warn", "Ignore", ""}) {
      Answer refused = apply(MAPS + "a", validation, one);
      assertThat(refused.code()).isEqualTo(400);
      assertThat(refused.message())
          .isEqualTo(
              "failed to create typed patch object (/a; /v1, Kind=ConfigMap): .datum: field not"
                  + " declared in schema");
    }
    assertThat(apply(MAPS + "a", "Strict", one.replace("{name: a}", "{name: a, nom: b}")).message())
        .endsWith(
            "errors:\n  .metadata.nom: field not declared in schema\n  .datum: field not declared"
                + " in schema");
    assertThat(api.get(MAPS + "a").code()).isEqualTo(404);
  }

  @Test
  void keysThatStandTwiceAreToldWithTheirLines() {
    String yaml =
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: twice}
        data:
          a: one
          b: x
          a: two
        """;
    String json =
        "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"twice\"},\n"
            + "\"data\": {\"a\": \"one\",\n\"b\": \"x\", \"a\": \"two\"}}";
    String words =
        "error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n"
            + "  line %d: key \"a\" already set in map";
    assertThat(apply(MAPS + "twice", "Strict", yaml).message()).isEqualTo(words.formatted(7));
    assertThat(apply(MAPS + "twice", "Strict", json).message()).isEqualTo(words.formatted(3));
    Answer warned = apply(MAPS + "twice", "Warn", yaml).ok();
    assertThat(warned.warnings())
        .containsExactly("299 - \"line 7: key \\\"a\\\" already set in map\"");
    assertThat(warned.body().at("/data/a").asText()).isEqualTo("two");
    assertThat(apply(MAPS + "twice", "Ignore", json).ok().warnings()).isEmpty();
  }

  /** Keys of other maps, values and items of lists are none that stand twice. */
  @Test
  void whatOnlyLooksTheSameIsNot() {
    String yaml =
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: once, labels: {a: a}, annotations: {a: a, b: a}}
        data: {a: a, b: b}
        """;
    assertThat(apply(MAPS + "once", "Strict", yaml).ok().warnings()).isEmpty();
    String list =
        """
        apiVersion: v1
        kind: Endpoints
        metadata: {name: once}
        subsets:
        - addresses: [{ip: 10.0.0.1}, {ip: 10.0.0.2}]
          ports: [{port: 1, name: a}, {port: 2, name: b}]
        - addresses: [{ip: 10.0.0.1}]
          ports: [{port: 1, name: a}]
        """;
    apply("/api/v1/namespaces/default/endpoints/once", "Strict", list).ok();
  }

  /** It was a failure of the server: two at once, of what was not found and of why. */
  @Test
  void whatCannotBeCreatedInsteadSaysWhy() {
    Answer refused =
        apply(
            MAPS + "none", "", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: none, uid: u}\n");
    assertThat(refused.code()).isEqualTo(409);
    assertThat(refused.message()).contains("uid mismatch");
    assertThat(
            api.put(
                    "/apis/coordination.k8s.io/v1/namespaces/default/leases/none",
                    TestApi.tree(
                        "{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: none},"
                            + " spec: {leaseDurationSeconds: -1}}"))
                .code())
        .isEqualTo(422);
  }

  /** Operators that mean "only if it is not there" apply with a version that no object has. */
  @Test
  void aVersionOfAnObjectThatIsNotThereSaysNothing() {
    String one =
        "apiVersion: v1\n"
            + "kind: ConfigMap\n"
            + "metadata: {name: %s, resourceVersion: \"1\"}\n"
            + "data: {a: b}\n";
    Answer made = apply(MAPS + "versioned", "Strict", one.formatted("versioned")).ok();
    assertThat(made.code()).isEqualTo(201);
    assertThat(made.body().at("/metadata/resourceVersion").asText()).isNotEqualTo("1");
    Answer again = apply(MAPS + "versioned", "Strict", one.formatted("versioned"));
    assertThat(again.code()).isEqualTo(409);
    assertThat(again.message()).contains("the object has been modified");
    Answer lease =
        api.put(
            "/apis/coordination.k8s.io/v1/namespaces/default/leases/versioned",
            TestApi.tree(
                "{apiVersion: coordination.k8s.io/v1, kind: Lease,"
                    + " metadata: {name: versioned, resourceVersion: \"1\"}}"));
    assertThat(lease.code()).isEqualTo(201);
    Answer posted = api.post(MAPS, "{metadata: {name: posted, resourceVersion: \"1\"}}");
    assertThat(posted.message())
        .isEqualTo("resourceVersion should not be set on objects to be created");
  }

  /** What is there has its name already; what is made has to be given one. */
  @Test
  void whatIsThereNeedNoName() {
    String unnamed = "apiVersion: v1\nkind: ConfigMap\ndata: {a: %s}\n";
    Answer refused = apply(MAPS + "unnamed", "Strict", unnamed.formatted("b"));
    assertThat(refused.code()).isEqualTo(400);
    assertThat(api.get(MAPS + "unnamed").code()).isEqualTo(404);
    api.post(MAPS, "{metadata: {name: unnamed}}").ok();
    assertThat(apply(MAPS + "unnamed", "Strict", unnamed.formatted("b")).ok().body().at("/data/a"))
        .hasToString("\"b\"");
  }

  /** What begins as JSON does may be YAML only. */
  @Test
  void bracesMayStandInYaml() {
    apply(
            MAPS + "braces",
            "Strict",
            "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\",\n"
                + " \"metadata\": {\"name\": \"braces\"}, # noted\n data: {a: b,},}")
        .ok();
    assertThat(apply(MAPS + "braces", "Strict", "{\"apiVersion\": ").message())
        .startsWith("error decoding YAML: ");
  }
}
