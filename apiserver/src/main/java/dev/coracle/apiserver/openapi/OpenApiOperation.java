package dev.coracle.apiserver.openapi;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.schema.ResourceDefinition;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One operation of a document: what is sent, and what is answered. */
final class OpenApiOperation {

  /**
   * @param method in lower case
   * @param subresource empty for the resource itself
   * @param kind what is sent and answered
   * @param everywhere over all namespaces
   * @param withPath with a part of the path that is the caller's
   */
  record At(
      ResourceDefinition resource,
      OpenApiAction action,
      String method,
      String subresource,
      GroupVersionKind kind,
      boolean everywhere,
      boolean withPath) {

    static At of(ResourceDefinition resource, OpenApiAction action) {
      return new At(resource, action, action.method(), "", resource.kind(), false, false);
    }

    At overAllNamespaces() {
      return new At(resource, action, method, subresource, kind, true, withPath);
    }

    boolean isLog() {
      return action == OpenApiAction.GET && subresource.equals("log");
    }
  }

  private static final List<String> READABLE = List.of("application/json", "application/yaml");
  private static final String PROTOBUF = "application/vnd.kubernetes.protobuf";
  private static final List<String> PATCH_TYPES =
      List.of(
          "application/json-patch+json",
          "application/merge-patch+json",
          "application/strategic-merge-patch+json",
          "application/apply-patch+yaml");

  /** kubectl makes a strategic merge patch wherever the document names it. */
  private static final List<String> CUSTOM_PATCH_TYPES =
      List.of(
          "application/json-patch+json",
          "application/merge-patch+json",
          "application/apply-patch+yaml");

  private static final List<String> ANY = List.of("*/*");
  private static final String META = "io.k8s.apimachinery.pkg.apis.meta.v1.";

  private final OpenApiVersion version;
  private final OpenApiSchemas schemas;

  OpenApiOperation(OpenApiVersion version, OpenApiSchemas schemas) {
    this.version = version;
    this.schemas = schemas;
  }

  /**
   * @param sent the body of what is written; null where there is none
   * @param answered null where nothing is said of it
   */
  ObjectNode of(At at, @Nullable ObjectNode sent, @Nullable ObjectNode answered) {
    ObjectNode out = Json.object();
    out.putArray("tags").add(OperationNames.tag(at.resource()));
    out.put("description", OperationNames.description(at));
    out.put("operationId", OperationNames.id(at));
    ArrayNode parameters = out.putArray("parameters");
    at.action()
        .parameters()
        .forEach(name -> parameters.add(OpenApiParameters.query(version, name)));
    OpenApiParameters.ofSubresource(at.subresource())
        .forEach(name -> parameters.add(OpenApiParameters.query(version, name)));
    if (at.action() != OpenApiAction.CONNECT) {
      parameters.add(OpenApiParameters.query(version, "pretty"));
    }
    ObjectNode body = body(at.action(), sent);
    if (body != null) {
      request(out, parameters, at, body);
    }
    responses(out, at, answered);
    if (version == OpenApiVersion.V2) {
      texts(out.putArray("consumes"), body == null ? ANY : consumes(at));
      texts(out.putArray("produces"), produces(at));
      out.putArray("schemes").add("https");
    }
    out.put("x-kubernetes-action", at.action().extension());
    OpenApiSchemas.kind(at.kind(), out.putObject("x-kubernetes-group-version-kind"));
    return out;
  }

  private @Nullable ObjectNode body(OpenApiAction action, @Nullable ObjectNode sent) {
    return switch (action) {
      case CREATE, UPDATE -> sent;
      case PATCH -> schemas.ref(META + "Patch");
      case DELETE, DELETE_COLLECTION -> schemas.ref(META + "DeleteOptions");
      case LIST, GET, CONNECT, WATCH, WATCH_LIST -> null;
    };
  }

  private void request(ObjectNode operation, ArrayNode parameters, At at, ObjectNode schema) {
    ObjectNode into;
    if (version == OpenApiVersion.V2) {
      into = parameters.addObject().put("name", "body").put("in", "body");
      into.set("schema", schema);
    } else {
      into = operation.putObject("requestBody");
      content(into, consumes(at), schema);
    }
    if (!at.action().isDelete()) {
      into.put("required", true);
    }
  }

  private void responses(ObjectNode operation, At at, @Nullable ObjectNode answered) {
    ObjectNode responses = operation.putObject("responses");
    ObjectNode schema =
        switch (at.action()) {
          case WATCH, WATCH_LIST -> schemas.ref(META + "WatchEvent");
          case DELETE_COLLECTION -> schemas.ref(META + "Status");
          case CONNECT -> text();
          case GET -> at.isLog() ? text() : answered;
          case LIST, CREATE, UPDATE, PATCH, DELETE -> answered;
        };
    answer(responses, "200", "OK", at, schema);
    switch (at.action()) {
      case CREATE -> {
        answer(responses, "201", "Created", at, schema);
        answer(responses, "202", "Accepted", at, schema);
      }
      case UPDATE, PATCH -> answer(responses, "201", "Created", at, schema);
      case DELETE -> answer(responses, "202", "Accepted", at, schema);
      case LIST, GET, DELETE_COLLECTION, CONNECT, WATCH, WATCH_LIST -> {}
    }
    responses.putObject("401").put("description", "Unauthorized");
  }

  private static ObjectNode text() {
    return Json.object().put("type", "string");
  }

  private void answer(
      ObjectNode responses, String code, String word, At at, @Nullable ObjectNode schema) {
    ObjectNode response = responses.putObject(code).put("description", word);
    if (schema == null) {
      return;
    }
    if (version == OpenApiVersion.V2) {
      response.set("schema", schema);
    } else {
      content(response, produces(at), schema);
    }
  }

  private static void content(ObjectNode into, List<String> types, ObjectNode schema) {
    ObjectNode content = into.putObject("content");
    types.forEach(type -> content.putObject(type).set("schema", schema));
  }

  private static List<String> consumes(At at) {
    if (at.action() != OpenApiAction.PATCH) {
      return ANY;
    }
    return at.resource().builtIn() ? PATCH_TYPES : CUSTOM_PATCH_TYPES;
  }

  private static List<String> produces(At at) {
    if (at.action() == OpenApiAction.CONNECT) {
      return ANY;
    }
    List<String> types = new ArrayList<>();
    if (at.isLog()) {
      types.add("text/plain");
    }
    types.addAll(READABLE);
    if (at.resource().builtIn()) {
      types.add(PROTOBUF);
      if (at.action().isStream()) {
        types.add("application/json;stream=watch");
        types.add(PROTOBUF + ";stream=watch");
      }
    }
    return types;
  }

  private static void texts(ArrayNode into, List<String> texts) {
    texts.forEach(into::add);
  }
}
