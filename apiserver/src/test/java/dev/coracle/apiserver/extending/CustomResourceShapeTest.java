package dev.coracle.apiserver.extending;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.apiserver.OwnServer;
import dev.coracle.apiserver.TestApi;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What versions with different fields show of one object where nobody converts. */
@ExtendWith(OwnServer.class)
class CustomResourceShapeTest {

  private static final String CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  private static final String V1 = "/apis/shape.example.com/v1/namespaces/default/shapes";
  private static final String V2 = V1.replace("v1", "v2");

  private static TestApi api;

  @BeforeAll
  static void start(TestApi own) {
    api = own;
    api.post(
            CRDS,
            """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: shapes.shape.example.com}
            spec:
              group: shape.example.com
              scope: Namespaced
              names: {plural: shapes, kind: Shape, singular: shape, listKind: ShapeList}
              versions:
              - name: v1
                served: true
                storage: true
                schema:
                  openAPIV3Schema:
                    type: object
                    properties:
                      spec:
                        type: object
                        properties:
                          both: {type: string}
                          one: {type: string, default: first}
              - name: v2
                served: true
                storage: false
                schema:
                  openAPIV3Schema:
                    type: object
                    properties:
                      spec:
                        type: object
                        properties:
                          both: {type: string, maxLength: 3}
                          two: {type: string, default: second}
            """)
        .ok();
    await().atMost(Duration.ofSeconds(30)).until(() -> api.get(V2).code() == 200);
  }

  private static String shape(String version, String name, String spec) {
    return "{apiVersion: shape.example.com/%s, kind: Shape, metadata: {name: %s}, spec: %s}"
        .formatted(version, name, spec);
  }

  private static String spec(JsonNode object) {
    return object.path("spec").toString();
  }

  @Test
  void anObjectHasTheFieldsOfTheVersionThatIsAskedFor() {
    api.post(V1, shape("v1", "a", "{both: b, one: o}")).ok();
    assertThat(spec(api.get(V2 + "/a").ok().body())).isEqualTo("{\"both\":\"b\"}");
    JsonNode listed = api.get(V2 + "?fieldSelector=metadata.name%3Da").ok().body().path("items");
    assertThat(listed).hasSize(1);
    assertThat(spec(listed.path(0))).isEqualTo("{\"both\":\"b\"}");
    JsonNode watched =
        api.watch(V2 + "?watch=1&fieldSelector=metadata.name%3Da", _ -> true).getFirst();
    assertThat(spec(watched.path("object"))).isEqualTo("{\"both\":\"b\"}");
    assertThat(spec(api.get(V1 + "/a").ok().body())).isEqualTo("{\"both\":\"b\",\"one\":\"o\"}");
  }

  @Test
  void whatTheStoredVersionHasNoRoomForIsLost() {
    String given = shape("v2", "b", "{both: b, two: t}");
    assertThat(spec(api.post(V2 + "?dryRun=All", given).ok().body())).isEqualTo("{\"both\":\"b\"}");
    assertThat(spec(api.post(V2, given).ok().body())).isEqualTo("{\"both\":\"b\"}");
    assertThat(spec(api.get(V1 + "/b").ok().body()))
        .as("with the defaults of the stored version")
        .isEqualTo("{\"both\":\"b\",\"one\":\"first\"}");
    assertThat(spec(api.merge(V2 + "/b", "{spec: {two: u, both: c}}").ok().body()))
        .isEqualTo("{\"both\":\"c\"}");
  }

  @Test
  void eachVersionHasRulesOfItsOwn() {
    api.post(V1, shape("v1", "c", "{both: longer}")).ok();
    assertThat(api.post(V2, shape("v2", "d", "{both: longer}")).code()).isEqualTo(422);
    assertThat(spec(api.get(V2 + "/c").ok().body())).isEqualTo("{\"both\":\"longer\"}");
  }
}
