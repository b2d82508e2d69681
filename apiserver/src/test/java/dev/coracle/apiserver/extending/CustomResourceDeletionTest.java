package dev.coracle.apiserver.extending;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.apiserver.OwnServer;
import dev.coracle.apiserver.TestApi;
import dev.coracle.apiserver.TestApi.Answer;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Definitions of custom resources that are deleted, and versions that are taken out of them. */
@ExtendWith(OwnServer.class)
class CustomResourceDeletionTest {

  private static final String CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

  private static TestApi api;

  @BeforeAll
  static void start(TestApi own) {
    api = own;
  }

  private static String define(String plural, String kind) {
    api.post(
            CRDS,
            """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: %s.ends.example.com}
            spec:
              group: ends.example.com
              scope: Namespaced
              names: {plural: %s, kind: %s}
              versions:
              - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
            """
                .formatted(plural, plural, kind))
        .ok();
    String path = "/apis/ends.example.com/v1/namespaces/default/" + plural;
    await().atMost(Duration.ofSeconds(30)).until(() -> api.get(path).code() == 200);
    return path;
  }

  private static String object(String kind, String metadata) {
    return "{apiVersion: ends.example.com/v1, kind: %s, metadata: {%s}}".formatted(kind, metadata);
  }

  @Test
  void nothingIsCreatedWhileTheDefinitionGoes() {
    String lamps = define("lamps", "Lamp");
    api.post(lamps, object("Lamp", "name: held, finalizers: [example.com/held]")).ok();
    String crd = CRDS + "/lamps.ends.example.com";
    api.delete(crd).ok();
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          JsonNode last = null;
          for (JsonNode c : api.get(crd).ok().body().at("/status/conditions")) {
            last = c;
          }
          assertThat(last).isNotNull();
          assertThat(last.path("type").asText()).isEqualTo("Terminating");
          assertThat(last.path("status").asText()).isEqualTo("True");
          assertThat(last.path("reason").asText()).isEqualTo("InstanceDeletionInProgress");
          assertThat(last.path("message").asText())
              .isEqualTo("CustomResource deletion is in progress");
        });
    Answer refused = api.post(lamps, object("Lamp", "name: late"));
    assertThat(refused.code()).isEqualTo(403);
    assertThat(refused.message())
        .endsWith(
            "\"late\" is forbidden: create not allowed while custom resource definition is terminating");
    api.merge(lamps + "/held", "{metadata: {finalizers: null}}").ok();
    await().atMost(Duration.ofSeconds(30)).until(() -> api.get(crd).code() == 404);
    await().atMost(Duration.ofSeconds(30)).until(() -> api.get(lamps).code() == 404);
  }

  /** Whoever wrote it without the finalizer left the objects behind, for the next of its name. */
  @Test
  void theObjectsGoWithADefinitionWhateverItsFinalizersWere() {
    String desks = define("desks", "Desk");
    String crd = CRDS + "/desks.ends.example.com";
    assertThat(api.get(crd).ok().body().path("metadata").has("finalizers")).isFalse();
    api.merge(crd, "{metadata: {finalizers: null}}").ok();
    api.post(desks, object("Desk", "name: old")).ok();
    api.delete(crd).ok();
    await().atMost(Duration.ofSeconds(30)).until(() -> api.get(crd).code() == 404);
    define("desks", "Desk");
    assertThat(api.get(desks).ok().body().path("items")).isEmpty();
  }

  @Test
  void aWatchFromNoVersionIsRefused() {
    String tables = define("tables", "Table");
    Answer refused = api.get(tables + "?watch=1&resourceVersion=abc");
    assertThat(refused.code()).isEqualTo(400);
    assertThat(refused.body().has("reason")).isFalse();
    assertThat(refused.message())
        .isEqualTo(
            "resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing \"abc\": invalid"
                + " syntax");
  }

  @Test
  void aDefinitionWithoutStorageVersionIsRefusedForThatAlone() {
    define("shelves", "Shelf");
    assertThat(
            api.merge(
                    CRDS + "/shelves.ends.example.com",
                    """
                    {spec: {versions: [{name: v1, served: true, storage: false,
                     schema: {openAPIV3Schema: {type: object}}}]}}\
                    """)
                .message())
        .isEqualTo(
            "CustomResourceDefinition.apiextensions.k8s.io \"shelves.ends.example.com\" is invalid:"
                + " spec.versions: Invalid value: \"v1\": must have exactly one version marked as"
                + " storage version");
  }
}
