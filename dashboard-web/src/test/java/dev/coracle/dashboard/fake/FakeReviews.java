package dev.coracle.dashboard.fake;

import static dev.coracle.dashboard.fake.FakeCluster.JSON;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** The answers that are about the server and the user, not about objects. */
final class FakeReviews {
  private FakeReviews() {}

  static ObjectNode whoAmI(String user) {
    ObjectNode review = JSON.createObjectNode().put("kind", "SelfSubjectReview");
    review
        .putObject("status")
        .putObject("userInfo")
        .put("username", user)
        .putArray("groups")
        .add("crew");
    return review;
  }

  static ObjectNode allowed(boolean allowed) {
    ObjectNode review = JSON.createObjectNode().put("kind", "SelfSubjectAccessReview");
    review.putObject("status").put("allowed", allowed);
    return review;
  }

  static ObjectNode discovery(boolean core) {
    ObjectNode list = JSON.createObjectNode().put("kind", "APIGroupDiscoveryList");
    ArrayNode items = list.putArray("items");
    FakeKind.ALL.stream()
        .map(FakeKind::group)
        .distinct()
        .filter(group -> group.isEmpty() == core)
        .forEach(group -> items.add(group(group)));
    return list;
  }

  private static ObjectNode group(String group) {
    ObjectNode item = JSON.createObjectNode();
    item.putObject("metadata").put("name", group);
    ObjectNode version = item.putArray("versions").addObject().put("version", "v1");
    ArrayNode resources = version.putArray("resources");
    for (FakeKind kind : FakeKind.ALL) {
      if (kind.group().equals(group)) {
        ObjectNode resource =
            resources
                .addObject()
                .put("resource", kind.resource())
                .put("scope", kind.namespaced() ? "Namespaced" : "Cluster");
        resource.putObject("responseKind").put("kind", kind.kind());
        List.of("create", "delete", "get", "list", "patch", "update", "watch")
            .forEach(resource.withArray("/verbs")::add);
      }
    }
    return item;
  }

  static ObjectNode table(List<ObjectNode> objects, long revision) {
    ObjectNode table = JSON.createObjectNode().put("kind", "Table");
    table.putObject("metadata").put("resourceVersion", Long.toString(revision));
    ArrayNode columns = table.putArray("columnDefinitions");
    for (String name : List.of("Name", "Colour", "Created")) {
      columns.addObject().put("name", name).put("type", "string").put("priority", 0);
    }
    ArrayNode rows = table.putArray("rows");
    for (ObjectNode object : objects) {
      ObjectNode row = rows.addObject();
      row.putArray("cells")
          .add(object.at("/metadata/name").asText())
          .add(object.at("/spec/colour").asText("–"))
          .add(object.at("/metadata/creationTimestamp").asText());
      row.putObject("object").set("metadata", object.get("metadata"));
    }
    return table;
  }
}
