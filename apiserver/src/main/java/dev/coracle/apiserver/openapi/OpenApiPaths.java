package dev.coracle.apiserver.openapi;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.Subresource;
import dev.coracle.apiserver.openapi.OpenApiOperation.At;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The paths of one document: which operations each has. */
final class OpenApiPaths {

  private static final String STATUS = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";
  private static final List<String> STREAM_METHODS = List.of("get", "post");
  private static final List<String> PROXY_METHODS =
      List.of("get", "put", "post", "delete", "options", "head", "patch");
  private static final Set<String> STREAMS = Set.of("exec", "attach", "portforward");

  private final OpenApiVersion version;
  private final OpenApiSchemas schemas;
  private final OpenApiOperation operations;
  private final Predicate<ResourceDefinition> answersDeleteWithObject;
  private final ObjectNode paths = Json.object();

  /**
   * @param answersDeleteWithObject the resources of which a delete answers with what is deleted
   */
  OpenApiPaths(
      OpenApiVersion version,
      OpenApiSchemas schemas,
      Predicate<ResourceDefinition> answersDeleteWithObject) {
    this.version = version;
    this.schemas = schemas;
    this.operations = new OpenApiOperation(version, schemas);
    this.answersDeleteWithObject = answersDeleteWithObject;
  }

  ObjectNode all() {
    return paths;
  }

  void add(ResourceDefinition resource) {
    String root = resource.gvr().root();
    String scope = resource.namespaced() ? "/namespaces/{namespace}/" : "/";
    String plural = resource.gvr().resource();
    collections(resource, root, scope, plural);
    if (resource.supports("get")) {
      item(resource, root + scope + plural + "/{name}");
      for (Subresource sub : resource.subresources()) {
        subresource(resource, sub, root + scope + plural + "/{name}/" + sub.name());
      }
    }
    if (resource.builtIn() && resource.supports("watch")) {
      watches(resource, root + "/watch", scope, plural);
    }
  }

  private void collections(ResourceDefinition resource, String root, String scope, String plural) {
    if (resource.namespaced() && resource.supports("list")) {
      At all = At.of(resource, OpenApiAction.LIST).overAllNamespaces();
      put(root + "/" + plural, false, Map.of("get", operation(all, schemas.list(resource))));
    }
    ObjectNode path = Json.object();
    if (resource.supports("list")) {
      add(path, At.of(resource, OpenApiAction.LIST), schemas.list(resource));
    }
    if (resource.supports("create")) {
      add(path, At.of(resource, OpenApiAction.CREATE), schemas.object(resource));
    }
    if (resource.supports("deletecollection")) {
      add(path, At.of(resource, OpenApiAction.DELETE_COLLECTION), null);
    }
    if (!path.isEmpty()) {
      put(root + scope + plural, resource.namespaced(), path);
    }
  }

  private void item(ResourceDefinition resource, String at) {
    ObjectNode path = Json.object();
    add(path, At.of(resource, OpenApiAction.GET), schemas.object(resource));
    if (resource.supports("update")) {
      add(path, At.of(resource, OpenApiAction.UPDATE), schemas.object(resource));
    }
    if (resource.supports("delete")) {
      boolean object = answersDeleteWithObject.test(resource);
      ObjectNode answer = object ? schemas.object(resource) : schemas.ref(STATUS);
      add(path, At.of(resource, OpenApiAction.DELETE), answer);
    }
    if (resource.supports("patch")) {
      add(path, At.of(resource, OpenApiAction.PATCH), schemas.object(resource));
    }
    put(at, resource.namespaced(), path);
  }

  private void subresource(ResourceDefinition resource, Subresource sub, String at) {
    boolean proxy = sub.name().equals("proxy");
    if (proxy || STREAMS.contains(sub.name())) {
      List<String> methods = proxy ? PROXY_METHODS : STREAM_METHODS;
      put(at, resource.namespaced(), connections(resource, sub, methods, false));
      if (proxy) {
        put(at + "/{path}", resource.namespaced(), connections(resource, sub, methods, true));
      }
      return;
    }
    ObjectNode body =
        sub.kind().equals(resource.kind()) ? schemas.object(resource) : schemas.kind(sub.kind());
    ObjectNode path = Json.object();
    for (String verb : sub.verbs()) {
      OpenApiAction action =
          switch (verb) {
            case "create" -> OpenApiAction.CREATE;
            case "update" -> OpenApiAction.UPDATE;
            case "patch" -> OpenApiAction.PATCH;
            case "delete" -> OpenApiAction.DELETE;
            default -> OpenApiAction.GET;
          };
      add(
          path,
          new At(resource, action, action.method(), sub.name(), sub.kind(), false, false),
          action == OpenApiAction.DELETE ? schemas.ref(STATUS) : body);
    }
    put(at, resource.namespaced(), path);
  }

  private ObjectNode connections(
      ResourceDefinition resource, Subresource sub, List<String> methods, boolean withPath) {
    ObjectNode path = Json.object();
    for (String method : methods) {
      At at =
          new At(resource, OpenApiAction.CONNECT, method, sub.name(), sub.kind(), false, withPath);
      path.set(method, operations.of(at, null, null));
    }
    return path;
  }

  /** The paths from before {@code ?watch=true}. */
  private void watches(ResourceDefinition resource, String root, String scope, String plural) {
    At list = At.of(resource, OpenApiAction.WATCH_LIST);
    if (resource.namespaced()) {
      put(
          root + "/" + plural,
          false,
          Map.of("get", operations.of(list.overAllNamespaces(), null, null)));
    }
    put(
        root + scope + plural,
        resource.namespaced(),
        Map.of("get", operations.of(list, null, null)));
    put(
        root + scope + plural + "/{name}",
        resource.namespaced(),
        Map.of("get", operations.of(At.of(resource, OpenApiAction.WATCH), null, null)));
  }

  private void add(ObjectNode path, At at, @Nullable ObjectNode body) {
    path.set(at.method(), operation(at, body));
  }

  private ObjectNode operation(At at, @Nullable ObjectNode body) {
    return operations.of(at, body, body);
  }

  private void put(String at, boolean namespaced, Map<String, ObjectNode> operations) {
    ObjectNode path = Json.object();
    operations.forEach(path::set);
    put(at, namespaced, path);
  }

  private void put(String at, boolean namespaced, ObjectNode path) {
    List<ObjectNode> parameters = new ArrayList<>();
    if (at.contains("{name}")) {
      parameters.add(OpenApiParameters.path(version, "name"));
    }
    if (namespaced) {
      parameters.add(OpenApiParameters.path(version, "namespace"));
    }
    if (at.endsWith("{path}")) {
      parameters.add(OpenApiParameters.path(version, "path"));
    }
    OpenApiParameters.gather(path, parameters);
    paths.set(at, path);
  }
}
