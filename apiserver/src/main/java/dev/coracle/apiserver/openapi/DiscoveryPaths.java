package dev.coracle.apiserver.openapi;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.List;

/** The paths that say what there is: the groups, their versions, their resources, the server's. */
final class DiscoveryPaths {

  private static final String META = "io.k8s.apimachinery.pkg.apis.meta.v1.";
  private static final List<String> TYPES =
      List.of("application/json", "application/yaml", "application/vnd.kubernetes.protobuf");
  private static final List<String> JSON = List.of("application/json");

  private final OpenApiVersion version;
  private final OpenApiSchemas schemas;
  private final ObjectNode paths;

  DiscoveryPaths(OpenApiVersion version, OpenApiSchemas schemas, ObjectNode paths) {
    this.version = version;
    this.schemas = schemas;
    this.paths = paths;
  }

  /** {@code /api/}. */
  void legacy() {
    put("/api/", "core", "getCoreAPIVersions", "get available API versions", "APIVersions");
  }

  /** {@code /apis/}. */
  void groups() {
    put("/apis/", "apis", "getAPIVersions", "get available API versions", "APIGroupList");
  }

  /** {@code /apis/GROUP/}. */
  void group(String name) {
    String word = OperationNames.group(name);
    put(
        "/apis/" + name + "/",
        OperationNames.tag(word),
        "get" + OperationNames.capital(word) + "APIGroup",
        "get information of a group",
        "APIGroup");
  }

  /** {@code /apis/GROUP/VERSION/}, or {@code /api/v1/}. */
  void resources(String group, String groupVersion) {
    String word = OperationNames.group(group);
    put(
        (group.isEmpty() ? "/api/" : "/apis/" + group + "/") + groupVersion + "/",
        OperationNames.tag(word) + "_" + groupVersion,
        "get"
            + OperationNames.capital(word)
            + OperationNames.capital(groupVersion)
            + "APIResources",
        "get available resources",
        "APIResourceList");
  }

  /** {@code /version/}. */
  void version() {
    put(
        "/version/",
        "version",
        "getCodeVersion",
        "get the version information for this server",
        schemas.ref("io.k8s.apimachinery.pkg.version.Info"),
        JSON);
  }

  /** By which others come to trust the tokens of service accounts (OpenID Connect Discovery). */
  void issuer() {
    put(
        "/.well-known/openid-configuration/",
        "WellKnown",
        "getServiceAccountIssuerOpenIDConfiguration",
        "get service account issuer OpenID configuration, also known as the 'OIDC discovery doc'",
        text(),
        JSON);
    put(
        "/openid/v1/jwks/",
        "openid",
        "getServiceAccountIssuerOpenIDKeyset",
        "get service account issuer OpenID JSON Web Key Set"
            + " (contains public token verification keys)",
        text(),
        List.of("application/jwk-set+json"));
  }

  private static ObjectNode text() {
    return Json.object().put("type", "string");
  }

  private void put(String path, String tag, String id, String description, String kind) {
    put(path, tag, id, description, schemas.ref(META + kind), TYPES);
  }

  private void put(
      String path,
      String tag,
      String id,
      String description,
      ObjectNode schema,
      List<String> types) {
    ObjectNode operation = Json.object();
    operation.putArray("tags").add(tag);
    operation.put("description", description).put("operationId", id);
    ObjectNode responses = operation.putObject("responses");
    ObjectNode ok = responses.putObject("200").put("description", "OK");
    responses.putObject("401").put("description", "Unauthorized");
    if (version == OpenApiVersion.V2) {
      ok.set("schema", schema);
      // What takes no body, and is no API either, is said to consume nothing.
      if (!path.contains("openid")) {
        types(operation.putArray("consumes"), types);
      }
      types(operation.putArray("produces"), types);
      operation.putArray("schemes").add("https");
    } else {
      ObjectNode content = ok.putObject("content");
      types.forEach(type -> content.putObject(type).set("schema", schema));
    }
    paths.putObject(path).set("get", operation);
  }

  private static void types(ArrayNode into, List<String> types) {
    types.forEach(into::add);
  }
}
