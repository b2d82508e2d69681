package dev.coracle.apiserver.openapi;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.Subresource;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The paths of one document: which verbs each has, with which parameters and which bodies. */
final class OpenApiPaths {

  private static final List<String> JSON_TYPES = List.of("application/json", "application/yaml");
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

  private static final String META = "io.k8s.apimachinery.pkg.apis.meta.v1.";

  private final OpenApiVersion version;
  private final OpenApiSchemas schemas;
  private final ObjectNode paths = Json.object();

  OpenApiPaths(OpenApiVersion version, OpenApiSchemas schemas) {
    this.version = version;
    this.schemas = schemas;
  }

  ObjectNode all() {
    return paths;
  }

  void add(ResourceDefinition resource) {
    String root = resource.gvr().root();
    String scoped = root + (resource.namespaced() ? "/namespaces/{namespace}/" : "/");
    String plural = resource.gvr().resource();
    ObjectNode object = schemas.object(resource);
    if (resource.namespaced() && resource.supports("list")) {
      ObjectNode all = paths.putObject(root + "/" + plural);
      operation(all, resource, "list", "", schemas.list(resource));
      parameters(all, false, false);
    }
    ObjectNode collection = paths.putObject(scoped + plural);
    for (String verb : List.of("list", "create", "deletecollection")) {
      if (resource.supports(verb)) {
        operation(
            collection, resource, verb, "", verb.equals("list") ? schemas.list(resource) : object);
      }
    }
    parameters(collection, resource.namespaced(), false);
    if (resource.supports("get")) {
      String item = scoped + plural + "/{name}";
      verbs(paths.putObject(item), resource, "", resource.kind(), resource.verbs(), object);
      for (Subresource sub : resource.subresources()) {
        ObjectNode body = sub.kind().equals(resource.kind()) ? object : schemas.kind(sub.kind());
        ObjectNode at = paths.putObject(item + "/" + sub.name());
        verbs(at, resource, sub.name(), sub.kind(), sub.verbs(), body);
      }
    }
  }

  private void verbs(
      ObjectNode path,
      ResourceDefinition resource,
      String subresource,
      GroupVersionKind kind,
      List<String> verbs,
      @Nullable ObjectNode body) {
    for (String verb : verbs) {
      boolean item =
          switch (verb) {
            case "get", "update", "patch", "delete" -> true;
            case "create" -> !subresource.isEmpty();
            default -> false;
          };
      if (item) {
        ObjectNode operation = operation(path, resource, verb, subresource, body);
        OpenApiSchemas.kind(kind, operation.withObjectProperty("x-kubernetes-group-version-kind"));
      }
    }
    parameters(path, resource.namespaced(), true);
  }

  private ObjectNode operation(
      ObjectNode path,
      ResourceDefinition resource,
      String verb,
      String subresource,
      @Nullable ObjectNode body) {
    String method =
        switch (verb) {
          case "create" -> "post";
          case "update" -> "put";
          case "patch" -> "patch";
          case "delete", "deletecollection" -> "delete";
          default -> "get";
        };
    ObjectNode out = path.putObject(method);
    String group = resource.gvr().group().split("\\.")[0];
    out.putArray("tags").add((group.isEmpty() ? "core" : group) + "_" + resource.gvr().version());
    String what = subresource.isEmpty() ? "" : subresource + " of ";
    out.put("description", verb + " " + what + resource.kind().kind());
    boolean everywhere = resource.namespaced() && !path.has("post") && verb.equals("list");
    out.put("operationId", operationId(resource, verb, subresource, group, everywhere));
    ArrayNode parameters = Json.array();
    for (String name : parameterNames(verb)) {
      parameter(parameters, name);
    }
    if (verb.equals("create") || verb.equals("update") || verb.equals("patch")) {
      request(out, parameters, resource, verb, body);
    }
    if (verb.startsWith("delete")) {
      request(out, parameters, resource, verb, schemas.ref(META + "DeleteOptions"));
    }
    if (!parameters.isEmpty()) {
      out.set("parameters", parameters);
    }
    ObjectNode answer = verb.startsWith("delete") ? schemas.ref(META + "Status") : body;
    response(out, verb, answer);
    String action =
        switch (verb) {
          case "create" -> "post";
          case "update" -> "put";
          default -> verb;
        };
    out.put("x-kubernetes-action", action);
    OpenApiSchemas.kind(resource.kind(), out.putObject("x-kubernetes-group-version-kind"));
    return out;
  }

  private static String operationId(
      ResourceDefinition resource,
      String verb,
      String subresource,
      String group,
      boolean everywhere) {
    String action =
        switch (verb) {
          case "get" -> "read";
          case "update" -> "replace";
          case "deletecollection" -> "deleteCollection";
          default -> verb;
        };
    return action
        + capital(group.isEmpty() ? "core" : group)
        + capital(resource.gvr().version())
        + (resource.namespaced() && !everywhere ? "Namespaced" : "")
        + resource.kind().kind()
        + capital(subresource)
        + (everywhere ? "ForAllNamespaces" : "");
  }

  private static String capital(String text) {
    return text.isEmpty() ? "" : text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
  }

  private static List<String> parameterNames(String verb) {
    return switch (verb) {
      case "create", "update" -> List.of("dryRun", "fieldManager", "fieldValidation");
      case "patch" -> List.of("dryRun", "fieldManager", "fieldValidation", "force");
      case "delete" ->
          List.of("dryRun", "gracePeriodSeconds", "orphanDependents", "propagationPolicy");
      case "list", "deletecollection" ->
          List.of(
              "allowWatchBookmarks",
              "continue",
              "fieldSelector",
              "labelSelector",
              "limit",
              "resourceVersion",
              "resourceVersionMatch",
              "sendInitialEvents",
              "timeoutSeconds",
              "watch");
      default -> List.of();
    };
  }

  private void parameter(ArrayNode out, String name) {
    String type =
        switch (name) {
          case "force", "watch", "allowWatchBookmarks", "sendInitialEvents", "orphanDependents" ->
              "boolean";
          case "limit", "timeoutSeconds", "gracePeriodSeconds" -> "integer";
          default -> "string";
        };
    ObjectNode parameter = out.addObject().put("name", name).put("in", "query");
    type(parameter, type);
  }

  private void type(ObjectNode parameter, String type) {
    ObjectNode at = version == OpenApiVersion.V3 ? parameter.putObject("schema") : parameter;
    at.put("type", type).put("uniqueItems", true);
  }

  private void parameters(ObjectNode path, boolean namespaced, boolean named) {
    ArrayNode out = path.putArray("parameters");
    if (named) {
      type(out.addObject().put("name", "name").put("in", "path").put("required", true), "string");
    }
    if (namespaced) {
      type(
          out.addObject().put("name", "namespace").put("in", "path").put("required", true),
          "string");
    }
    parameter(out, "pretty");
  }

  private void request(
      ObjectNode operation,
      ArrayNode parameters,
      ResourceDefinition resource,
      String verb,
      @Nullable ObjectNode body) {
    ObjectNode schema = verb.equals("patch") ? schemas.ref(META + "Patch") : body;
    if (schema == null) {
      return;
    }
    boolean required = !verb.startsWith("delete");
    if (version == OpenApiVersion.V2) {
      ObjectNode parameter = parameters.addObject().put("name", "body").put("in", "body");
      if (required) {
        parameter.put("required", true);
      }
      parameter.set("schema", schema.deepCopy());
      ArrayNode consumes = operation.putArray("consumes");
      types(resource, verb).forEach(consumes::add);
    } else {
      ObjectNode request = operation.putObject("requestBody");
      ObjectNode content = request.putObject("content");
      for (String type : types(resource, verb)) {
        content.putObject(type).set("schema", schema.deepCopy());
      }
      if (required) {
        request.put("required", true);
      }
    }
  }

  private static List<String> types(ResourceDefinition resource, String verb) {
    if (!verb.equals("patch")) {
      return List.of("*/*");
    }
    return resource.builtIn() ? PATCH_TYPES : CUSTOM_PATCH_TYPES;
  }

  private void response(ObjectNode operation, String verb, @Nullable ObjectNode body) {
    ObjectNode responses = operation.putObject("responses");
    answer(responses.putObject("200").put("description", "OK"), body);
    if (verb.equals("create") || verb.equals("update") || verb.equals("patch")) {
      answer(responses.putObject("201").put("description", "Created"), body);
    }
    if (verb.equals("create") || verb.equals("delete")) {
      answer(responses.putObject("202").put("description", "Accepted"), body);
    }
    responses.putObject("401").put("description", "Unauthorized");
    if (version == OpenApiVersion.V2) {
      ArrayNode produces = operation.putArray("produces");
      JSON_TYPES.forEach(produces::add);
    }
  }

  private void answer(ObjectNode response, @Nullable ObjectNode body) {
    if (body == null) {
      return;
    }
    if (version == OpenApiVersion.V2) {
      response.set("schema", body.deepCopy());
    } else {
      ObjectNode content = response.putObject("content");
      for (String type : JSON_TYPES) {
        content.putObject(type).set("schema", body.deepCopy());
      }
    }
  }
}
