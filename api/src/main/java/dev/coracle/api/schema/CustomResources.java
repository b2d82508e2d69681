package dev.coracle.api.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;

/**
 * Reads the resources that a CustomResourceDefinition ({@code apiextensions.k8s.io/v1}) declares.
 */
public final class CustomResources {

  private static final List<String> VERBS =
      List.of("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch");

  /** Of a definition that is deleted: objects would be gone as soon as they are there. */
  private static final List<String> ENDING_VERBS =
      VERBS.stream().filter(v -> !v.equals("create")).toList();

  private static final List<String> SUBRESOURCE_VERBS = List.of("get", "patch", "update");
  private static final GroupVersionKind SCALE = new GroupVersionKind("autoscaling", "v1", "Scale");

  private CustomResources() {}

  /**
   * One definition per served version; the accepted names are taken where the status has them.
   * Nothing can be created any more when the CustomResourceDefinition is deleted.
   */
  public static List<ResourceDefinition> definitions(ObjectNode crd) {
    JsonNode spec = crd.path("spec");
    String group = spec.path("group").asText("");
    JsonNode accepted = crd.path("status").path("acceptedNames");
    boolean none = accepted.path("plural").asText("").isEmpty();
    JsonNode names = none ? spec.path("names") : accepted;
    String plural = names.path("plural").asText("");
    String kind = names.path("kind").asText("");
    String storageVersion = "";
    for (JsonNode version : spec.path("versions")) {
      if (version.path("storage").asBoolean()) {
        storageVersion = version.path("name").asText("");
      }
    }
    boolean ending = crd.path("metadata").hasNonNull("deletionTimestamp");
    List<ResourceDefinition> out = new ArrayList<>();
    for (JsonNode version : spec.path("versions")) {
      if (version.path("served").asBoolean() && version instanceof ObjectNode node) {
        GroupVersionKind gvk = new GroupVersionKind(group, version.path("name").asText(""), kind);
        out.add(
            new ResourceDefinition(
                new GroupVersionResource(group, gvk.version(), plural),
                gvk,
                names.path("listKind").asText(kind + "List"),
                names.path("singular").asText(kind.toLowerCase(Locale.ROOT)),
                spec.path("scope").asText("").equals("Namespaced"),
                ending ? ENDING_VERBS : VERBS,
                texts(names.path("shortNames")),
                texts(names.path("categories")),
                subresources(gvk, version.path("subresources")),
                new GroupVersionResource(group, storageVersion, plural),
                schema(spec, version, gvk),
                warned(node, gvk, spec)));
      }
    }
    return out;
  }

  /**
   * The schemas of all versions, by their names: objects may be stored in one that is not served.
   */
  public static Map<String, SchemaType> schemas(ObjectNode crd) {
    JsonNode spec = crd.path("spec");
    Map<String, SchemaType> out = new HashMap<>();
    for (JsonNode version : spec.path("versions")) {
      String name = version.path("name").asText("");
      GroupVersionKind gvk =
          new GroupVersionKind(
              spec.path("group").asText(""), name, spec.path("names").path("kind").asText(""));
      out.put(name, schema(spec, version, gvk));
    }
    return Map.copyOf(out);
  }

  /**
   * The version, with the usual words of warning where it is deprecated and has none of its own.
   */
  private static ObjectNode warned(ObjectNode version, GroupVersionKind gvk, JsonNode spec) {
    if (!version.path("deprecated").asBoolean() || version.hasNonNull("deprecationWarning")) {
      return version;
    }
    String text = gvk.apiVersion() + " " + gvk.kind() + " is deprecated";
    Optional<String> better =
        StreamSupport.stream(spec.path("versions").spliterator(), false)
            .filter(v -> v.path("served").asBoolean() && !v.path("deprecated").asBoolean())
            .map(v -> v.path("name").asText(""))
            .filter(v -> KubeVersions.NEWEST_FIRST.compare(v, gvk.version()) < 0)
            .min(KubeVersions.NEWEST_FIRST);
    if (better.isPresent()) {
      text += "; use " + gvk.group() + "/" + better.get() + " " + gvk.kind();
    }
    return version.deepCopy().put("deprecationWarning", text);
  }

  private static SchemaType schema(JsonNode spec, JsonNode version, GroupVersionKind gvk) {
    JsonNode schema = version.path("schema").path("openAPIV3Schema");
    if (spec.path("preserveUnknownFields").asBoolean() && schema instanceof ObjectNode o) {
      schema = o.deepCopy().put("x-kubernetes-preserve-unknown-fields", true);
    }
    return StructuralSchema.compile(schema, gvk);
  }

  private static List<Subresource> subresources(GroupVersionKind gvk, JsonNode declared) {
    List<Subresource> out = new ArrayList<>();
    if (declared.hasNonNull("status")) {
      out.add(new Subresource("status", gvk, SUBRESOURCE_VERBS));
    }
    if (declared.hasNonNull("scale")) {
      out.add(new Subresource("scale", SCALE, SUBRESOURCE_VERBS));
    }
    return out;
  }

  private static List<String> texts(JsonNode array) {
    List<String> out = new ArrayList<>();
    array.forEach(t -> out.add(t.asText()));
    return out;
  }
}
