package dev.coracle.api.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A resource in one of its versions: everything discovery, routing and decoding need to know.
 *
 * @param listKind the kind of a collection; empty where there are no collections
 * @param singular the name for one, lower case
 * @param verbs as discovery names them, in alphabetical order
 * @param storage the resource and version its objects are stored in; versions that share it are
 *     converted
 * @param schema of one object
 * @param custom the entry of {@code spec.versions} of the CustomResourceDefinition it comes from;
 *     null for a built-in resource. Never changed.
 */
public record ResourceDefinition(
    GroupVersionResource gvr,
    GroupVersionKind kind,
    String listKind,
    String singular,
    boolean namespaced,
    List<String> verbs,
    List<String> shortNames,
    List<String> categories,
    List<Subresource> subresources,
    GroupVersionResource storage,
    SchemaType schema,
    @Nullable ObjectNode custom) {

  public ResourceDefinition {
    verbs = List.copyOf(verbs);
    shortNames = List.copyOf(shortNames);
    categories = List.copyOf(categories);
    subresources = List.copyOf(subresources);
  }

  public boolean builtIn() {
    return custom == null;
  }

  public boolean supports(String verb) {
    return verbs.contains(verb);
  }

  public Optional<Subresource> subresource(String name) {
    for (Subresource s : subresources) {
      if (s.name().equals(name)) {
        return Optional.of(s);
      }
    }
    return Optional.empty();
  }

  public boolean hasStatus() {
    return subresource("status").isPresent();
  }

  /** The kind of a collection in this version. */
  public GroupVersionKind listGvk() {
    return new GroupVersionKind(kind.group(), kind.version(), listKind);
  }

  /**
   * A custom resource's {@code subresources.scale}, with its JSON paths; missing node otherwise.
   */
  public JsonNode customScale() {
    return custom == null
        ? com.fasterxml.jackson.databind.node.MissingNode.getInstance()
        : custom.path("subresources").path("scale");
  }

  /** The fields that a custom resource may be selected by, as selectors name them. */
  public List<String> selectableFields() {
    return custom == null
        ? List.of()
        : custom
            .path("selectableFields")
            .valueStream()
            .map(field -> field.path("jsonPath").asText("").replaceFirst("^\\.", ""))
            .toList();
  }

  @Override
  public String toString() {
    return gvr.toString();
  }
}
