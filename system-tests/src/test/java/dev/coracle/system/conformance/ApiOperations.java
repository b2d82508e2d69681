package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * What many conformance tests ask of a resource: that discovery names it and that each verb does
 * its work, watched all the time.
 */
final class ApiOperations {

  private final Space space;
  private final String resource;
  private final String yaml;
  private final List<String> subresources = new ArrayList<>();
  private String statusPatch = "";

  /**
   * Of objects like this one.
   *
   * @param yaml a manifest; its {@code metadata.name} and label {@code special} are made unique
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

  void run() {
    String label = Space.unique();
    String selector = "special=" + label;
    isDiscovered();
    try (Watcher watcher = space.watch(resource, "&labelSelector=" + Space.encode(selector))) {
      JsonNode first = space.create(manifest("a", label));
      assertThat(text(space.tryCreate(manifest("a", label)).refused(409), "/reason"))
          .isEqualTo("AlreadyExists");
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
      space.merge(resource, name, "{metadata: {annotations: {patched: 'true'}}}");
      assertThat(changed(watcher, name, "patched")).isEqualTo("true");
      space.edit(
          resource, name, o -> ((ObjectNode) o.at("/metadata/annotations")).put("updated", "true"));
      assertThat(changed(watcher, name, "updated")).isEqualTo("true");
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

  private static boolean isDeleted(JsonNode event, String name) {
    return event.path("type").asText().equals("DELETED")
        && text(event, "/object/metadata/name").equals(name);
  }

  private static String changed(Watcher watcher, String name, String annotation) {
    return watcher
        .next(e ->
            text(e, "/object/metadata/name").equals(name)
                && e.at("/object/metadata/annotations").has(annotation))
        .at("/object/metadata/annotations/" + annotation)
        .asText();
  }

  private void status(String name, Watcher watcher) {
    assertThat(text(space.api().get(space.path(resource, name) + "/status").ok(), "/metadata/name"))
        .isEqualTo(name);
    JsonNode patched = space.mergeStatus(resource, name, statusPatch);
    JsonNode wanted = Manifest.parse(statusPatch).path("status");
    wanted
        .properties()
        .forEach(e ->
            assertThat(patched.path("status").has(e.getKey())).as(patched.toString()).isTrue());
    space.edit(
        resource,
        name,
        "status",
        o -> ((ObjectNode) o.at("/metadata/annotations")).put("status", "updated"));
    watcher.next(e -> text(e, "/object/metadata/name").equals(name));
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
      metadata.put("name", "conformance-" + label + "-" + suffix);
    } else {
      metadata.put("name", metadata.get("name").asText() + suffix);
    }
    metadata.withObject("/labels").put("special", label);
    return object;
  }
}
