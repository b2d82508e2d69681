package dev.coracle.apiserver.openapi;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.schema.Scheme;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RaisedV3Test {

  private static final String V2 =
      """
      {'swagger': '2.0', 'info': {'title': 't', 'version': '7'}, 'produces': ['application/yaml'],
       'parameters': {'pretty': {'name': 'pretty', 'in': 'query', 'type': 'string', 'uniqueItems': true}},
       'paths': {
        '/apis/g.io/v1/things': {
         'parameters': [{'$ref': '#/parameters/pretty'}],
         'post': {
          'consumes': ['*/*'], 'operationId': 'create', 'x-kubernetes-action': 'post',
          'parameters': [
           {'name': 'body', 'in': 'body', 'required': true, 'schema': {'$ref': '#/definitions/Thing'}},
           {'name': 'limit', 'in': 'query', 'description': 'Many.', 'type': 'integer', 'format': 'int32'}],
          'responses': {'201': {'description': 'Created', 'schema': {'$ref': '#/definitions/Thing'}},
                        '401': {'description': 'Unauthorized'}}}},
        '/apis/other/v1/x': {'get': {'responses': {'200': {'schema': {'$ref': '#/definitions/X'}}}}}},
       'definitions': {
        'Thing': {'type': 'object', 'properties': {'part': {'$ref': '#/definitions/Part'}}},
        'Part': {'type': 'object', 'properties': {'$ref': {'type': 'string'}}},
        'X': {'type': 'string'}}}
      """;

  private static ObjectNode document() {
    return Json.parseObject(V2.replace('\'', '"'));
  }

  private static OtherDocuments others() {
    return new OtherDocuments() {
      @Override
      public String state() {
        return "1";
      }

      @Override
      public SortedMap<String, String> index() {
        return new TreeMap<>();
      }

      @Override
      public List<Part> v2() {
        return List.of(new Part("g.io/v1", document()));
      }
    };
  }

  @Test
  void saysTheSameInTheOtherWords() {
    ObjectNode before = document();
    ObjectNode v3 = RaisedV3.of(new OtherDocuments.Part("g.io/v1", before));
    assertThat(before).as("is not changed").isEqualTo(document());
    assertThat(v3.path("info").toString()).isEqualTo("{\"title\":\"t\",\"version\":\"7\"}");
    JsonNode path = v3.path("paths").path("/apis/g.io/v1/things");
    assertThat(path.path("parameters"))
        .isEqualTo(
            Json.parse(
                "[{\"name\":\"pretty\",\"in\":\"query\",\"schema\":{\"type\":\"string\","
                    + "\"uniqueItems\":true}}]"));
    JsonNode post = path.path("post");
    assertThat(post.path("operationId").asText()).isEqualTo("create");
    assertThat(post.path("x-kubernetes-action").asText()).isEqualTo("post");
    assertThat(post.has("consumes")).isFalse();
    assertThat(post.path("parameters").toString())
        .isEqualTo(
            "[{\"name\":\"limit\",\"in\":\"query\",\"description\":\"Many.\",\"schema\":"
                + "{\"type\":\"integer\",\"format\":\"int32\"}}]");
    String thing = "{\"schema\":{\"$ref\":\"#/components/schemas/Thing\"}}";
    assertThat(post.path("requestBody").toString())
        .isEqualTo("{\"content\":{\"application/json\":" + thing + "},\"required\":true}");
    assertThat(post.path("responses").path("201").path("content").toString())
        .isEqualTo("{\"application/yaml\":" + thing + "}");
    assertThat(post.path("responses").path("401").toString())
        .isEqualTo("{\"description\":\"Unauthorized\"}");
    assertThat(v3.path("paths")).hasSize(1);
    JsonNode schemas = v3.at("/components/schemas");
    assertThat(schemas).hasSize(2);
    assertThat(schemas.at("/Thing/properties/part/$ref").asText())
        .isEqualTo("#/components/schemas/Part");
    assertThat(schemas.at("/Part/properties/$ref/type").asText()).isEqualTo("string");
  }

  @Test
  void standsInTheIndexByItsHash() {
    OpenApiDocuments documents =
        new OpenApiDocuments(Scheme.builtIn(), "v1.36.0", others(), _ -> false);
    String hash = documents.hashOf("apis/g.io/v1").orElseThrow();
    assertThat(
            Json.parse(documents.index().plain())
                .path("paths")
                .path("apis/g.io/v1")
                .path("serverRelativeURL")
                .asText())
        .isEqualTo("/openapi/v3/apis/g.io/v1?hash=" + hash);
    JsonNode v3 = Json.parse(documents.groupVersion("apis/g.io/v1").orElseThrow().plain());
    assertThat(v3.path("openapi").asText()).isEqualTo("3.0.0");
    assertThat(documents.groupVersion("apis/other/v1")).isEmpty();
  }
}
