package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What many conformance tests ask of a resource: that discovery names it and that each verb does
 * its work, watched all the time.
 */
final class ApiOperations {

  private static final String UPDATED = "StatusUpdateFailed";
  private static final List<String> PATCHES =
      List.of(
          "application/strategic-merge-patch+json",
          "application/apply-patch+yaml",
          "application/json-patch+json");

  private final Space space;
  private final String resource;
  private final String yaml;
  private final List<String> subresources = new ArrayList<>();
  private String statusPatch = "";
  private String pointer = "";
  private String patchedTo = "";
  private String updatedTo = "";

  /**
   * Of objects like this one.
   *
   * @param yaml a manifest; its {@code metadata.name}, or else what the server generates, and label
   *     {@code special} are unique
   */
  ApiOperations(Space space, String resource, String yaml) {
    this.space = space;
    this.resource = resource;
    this.yaml = yaml;
  }

  /** The resource has a status of its own, to be patched so. */
  ApiOperations status(String yaml) {
    statusPatch = yaml;
    subresources.add("status");
    return this;
  }

  /** This field is patched to one value and then updated to another; both as YAML. */
  ApiOperations field(String jsonPointer, String patched, String updated) {
    pointer = jsonPointer;
    patchedTo = patched;
    updatedTo = updated;
    return this;
  }

  void run() {
    String label = Space.unique();
    String selector = "special=" + label;
    isDiscovered();
    String query = "&labelSelector=" + Space.encode(selector);
    try (Watcher watcher = space.watch(resource, query);
        Watcher everywhere =
            new Watcher(space.api(), space.everywhere(resource) + "?watch=true" + query)) {
      JsonNode first =
          space
              .send("POST", space.path(resource) + "?fieldValidation=Strict", manifest("a", label))
              .ok();
      ObjectNode again = manifest("a", label);
      again.withObject("/metadata").put("name", text(first, "/metadata/name"));
      assertThat(text(space.tryCreate(again).refused(409), "/reason")).isEqualTo("AlreadyExists");
      space.create(manifest("b", label));
      space.create(manifest("c", label));
      String name = text(first, "/metadata/name");
      watcher.expect("ADDED", name);
      watcher.next("ADDED");
      watcher.next("ADDED");
      assertThat(text(first, "/metadata/uid")).isNotEmpty();
      assertThat(text(space.get(resource, name), "/metadata/uid"))
          .isEqualTo(text(first, "/metadata/uid"));
      assertThat(space.list(resource, selector)).hasSize(3);
      assertThat(
              Space.items(
                  space
                      .api()
                      .get(space.everywhere(resource) + "?labelSelector=" + Space.encode(selector))
                      .ok()))
          .hasSize(3);
      JsonNode patched = space.merge(resource, name, patch());
      assertThat(version(patched)).isGreaterThan(version(first));
      assertThat(changed(watcher, name, "patched")).isEqualTo("true");
      assertThat(changed(everywhere, name, "patched")).isEqualTo("true");
      if (!pointer.isEmpty()) {
        assertThat(patched.at(pointer)).isEqualTo(value(patchedTo));
      }
      for (String type : PATCHES) {
        patchedBy(type, patched, label);
      }
      JsonNode updated = space.edit(resource, name, this::update);
      assertThat(changed(watcher, name, "updated")).isEqualTo("true");
      if (!pointer.isEmpty()) {
        assertThat(updated.at(pointer)).isEqualTo(value(updatedTo));
      }
      if (!statusPatch.isEmpty()) {
        status(name, watcher);
      }
      space.delete(resource, name);
      watcher.next(e -> isDeleted(e, name));
      assertThat(space.api().get(space.path(resource, name)).code()).isEqualTo(404);
      assertThat(space.list(resource, selector)).hasSize(2);
      space.deleteAll(resource, selector);
      watcher.next(e -> e.path("type").asText().equals("DELETED"));
      watcher.next(e -> e.path("type").asText().equals("DELETED"));
      assertThat(space.list(resource, selector)).isEmpty();
    }
  }

  /** Adds a label by this type of patch, checked strictly, and finds the object by it. */
  private void patchedBy(String type, JsonNode object, String label) {
    String name = text(object, "/metadata/name");
    ObjectNode patch = Json.object();
    patch.set("apiVersion", object.get("apiVersion"));
    patch.set("kind", object.get("kind"));
    patch
        .putObject("metadata")
        .put("name", name)
        .put("uid", text(object, "/metadata/uid"))
        .putObject("labels")
        .put("by", label + type.length());
    String body =
        type.startsWith("application/json-patch")
            ? "[{\"op\": \"add\", \"path\": \"/metadata/labels/by\", \"value\": \"%s\"}]"
                .formatted(label + type.length())
            : patch.toString();
    space.api().send("PATCH", space.path(resource, name) + query(type), type, body, Map.of()).ok();
    assertThat(space.list(resource, "by=" + label + type.length()))
        .as(type)
        .extracting(o -> text(o, "/metadata/name"))
        .containsExactly(name);
  }

  private static long version(JsonNode object) {
    return Long.parseLong(text(object, "/metadata/resourceVersion"));
  }

  private static JsonNode value(String yaml) {
    return Manifest.parse("{value: %s}".formatted(yaml)).get("value");
  }

  private String patch() {
    ObjectNode patch = Manifest.parse("{metadata: {annotations: {patched: 'true'}}}");
    if (!pointer.isEmpty()) {
      put(patch, patchedTo);
    }
    return patch.toString();
  }

  private void update(ObjectNode object) {
    ((ObjectNode) object.at("/metadata/annotations")).put("updated", "true");
    if (!pointer.isEmpty()) {
      put(object, updatedTo);
    }
  }

  private void put(ObjectNode object, String yaml) {
    int last = pointer.lastIndexOf('/');
    object.withObject(pointer.substring(0, last)).set(pointer.substring(last + 1), value(yaml));
  }

  private static boolean isDeleted(JsonNode event, String name) {
    return event.path("type").asText().equals("DELETED")
        && text(event, "/object/metadata/name").equals(name);
  }

  private static String changed(Watcher watcher, String name, String annotation) {
    JsonNode event =
        watcher.next(e ->
            text(e, "/object/metadata/name").equals(name)
                && e.at("/object/metadata/annotations").has(annotation));
    assertThat(text(event, "/type")).isEqualTo("MODIFIED");
    return text(event, "/object/metadata/annotations/" + annotation);
  }

  private void status(String name, Watcher watcher) {
    JsonNode read = space.api().get(space.path(resource, name) + "/status").ok();
    assertThat(read.at("/metadata/uid")).isEqualTo(space.get(resource, name).at("/metadata/uid"));
    assertThat(text(read, "/kind")).isEqualTo(text(Manifest.parse(yaml), "/kind"));
    JsonNode patched = space.mergeStatus(resource, name, statusPatch);
    PATCHES.forEach(type -> statusPatchedBy(type, patched));
    JsonNode wanted = Manifest.parse(statusPatch).path("status");
    wanted
        .properties()
        .forEach(e ->
            assertThat(patched.path("status").has(e.getKey())).as(patched.toString()).isTrue());
    JsonNode updated = space.edit(resource, name, "status", ApiOperations::updateStatus);
    if (wanted.has("conditions")) {
      String type = text(wanted, "/conditions/0/type");
      assertThat(Space.hasCondition(patched, type, "False")).as(patched.toString()).isTrue();
      assertThat(Space.hasCondition(updated, UPDATED, "False")).as(updated.toString()).isTrue();
    }
    watcher.next(e -> text(e, "/object/metadata/name").equals(name));
  }

  /** Gives it the same status by this type of patch, checked strictly, and finds it there. */
  private void statusPatchedBy(String type, JsonNode object) {
    JsonNode status = Manifest.parse(statusPatch).path("status");
    ObjectNode patch = Json.object();
    patch.set("apiVersion", object.get("apiVersion"));
    patch.set("kind", object.get("kind"));
    patch
        .putObject("metadata")
        .put("name", text(object, "/metadata/name"))
        .put("uid", text(object, "/metadata/uid"));
    patch.set("status", status);
    String body =
        type.startsWith("application/json-patch")
            ? "[{\"op\": \"add\", \"path\": \"/status\", \"value\": %s}]".formatted(status)
            : patch.toString();
    JsonNode after =
        space
            .api()
            .send(
                "PATCH",
                space.path(resource, text(object, "/metadata/name")) + "/status" + query(type),
                type,
                body,
                Map.of())
            .ok();
    assertThat(after.path("status").properties())
        .as(type)
        .extracting(Map.Entry::getKey)
        .containsAll(status.properties().stream().map(Map.Entry::getKey).toList());
  }

  private static String query(String type) {
    return type.startsWith("application/apply-patch")
        ? "?fieldValidation=Strict&fieldManager=test-apply&force=true"
        : "?fieldValidation=Strict";
  }

  private static void updateStatus(ObjectNode object) {
    ((ObjectNode) object.at("/metadata/annotations")).put("status", "updated");
    if (object.at("/status/conditions") instanceof ArrayNode conditions) {
      conditions
          .addObject()
          .put("type", UPDATED)
          .put("status", "False")
          .put("reason", "E2E")
          .put("message", "Set from an e2e test");
    }
  }

  private void isDiscovered() {
    String list = space.everywhere(resource);
    String version = list.substring(0, list.lastIndexOf('/'));
    String plural = list.substring(list.lastIndexOf('/') + 1);
    List<String> names = new ArrayList<>();
    space.api().get(version).ok().path("resources").forEach(r -> names.add(text(r, "/name")));
    assertThat(names).contains(plural);
    subresources.forEach(s -> assertThat(names).contains(plural + "/" + s));
    if (version.startsWith("/apis/")) {
      String group = version.substring(0, version.lastIndexOf('/'));
      List<String> versions = new ArrayList<>();
      space.api().get(group).ok().path("versions").forEach(v -> versions.add(text(v, "/version")));
      assertThat(versions).contains(version.substring(version.lastIndexOf('/') + 1));
      List<String> groups = new ArrayList<>();
      space.api().get("/apis").ok().path("groups").forEach(g -> groups.add(text(g, "/name")));
      assertThat(groups).contains(group.substring("/apis/".length()));
    }
  }

  private ObjectNode manifest(String suffix, String label) {
    ObjectNode object = Manifest.parse(yaml);
    ObjectNode metadata = object.withObject("/metadata");
    if (!metadata.has("name")) {
      metadata.put("generateName", "conformance-" + label + "-");
    } else {
      metadata.put("name", metadata.get("name").asText() + suffix);
    }
    metadata.withObject("/labels").put("special", label);
    return object;
  }
}
