package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.patch.Trees;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.List;

/** StorageVersionMigrations. */
final class StorageMigrationRules implements KindRules {

  @Override
  public void check(ObjectNode migration, FieldErrors errors) {
    JsonNode resource = migration.path("spec").path("resource");
    FieldPath at = FieldPath.SPEC.child("resource");
    String name = Nodes.text(resource, "resource");
    if (name.isEmpty()) {
      errors.required(at, "resource", "resource is required to be set");
    } else {
      joined(at, "resource", name, NameRules.dns1035(name), errors);
    }
    String group = Nodes.text(resource, "group");
    if (!group.isEmpty()) {
      joined(at, "group", group, NameRules.dnsSubdomain(group), errors);
    }
  }

  private static void joined(
      FieldPath at, String field, String value, List<String> messages, FieldErrors errors) {
    if (!messages.isEmpty()) {
      errors.invalid(at, field, value, String.join(",", messages));
    }
  }

  @Override
  public void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {
    if (!Trees.equal(now.path("spec"), before.path("spec"))) {
      errors.invalid(FieldPath.ROOT, "spec", now.path("spec"), "field is immutable");
    }
  }

  @Override
  public void checkSubresource(
      String subresource, ObjectNode now, JsonNode before, FieldErrors errors) {
    JsonNode status = now.path("status");
    JsonNode old = before.path("status");
    String version = Nodes.text(status, "resourceVersion");
    if (!version.matches("[1-9][0-9]*")) {
      errors.invalid(
          FieldPath.STATUS,
          "resourceVersion",
          version,
          "resource version is not well formed: " + version);
    }
    ConditionRules.check(status.path("conditions"), FieldPath.STATUS.child("conditions"), errors);
    if (Nodes.has(old, "resourceVersion") && !Nodes.same(status, old, "resourceVersion")) {
      errors.invalid(FieldPath.STATUS, "resourceVersion", version, "field is immutable");
    }
    boolean succeeded = is(status, "Succeeded");
    boolean failed = is(status, "Failed");
    boolean running = is(status, "Running");
    if (succeeded && failed) {
      refuse(status, "Both success and failed conditions cannot be true at the same time", errors);
    }
    if (succeeded && running) {
      refuse(status, "Running condition cannot be true when success condition is true", errors);
    }
    if (failed && running) {
      refuse(status, "Running condition cannot be true when failed condition is true", errors);
    }
    if (is(old, "Succeeded") && !succeeded) {
      refuse(status, "Success condition cannot be set to false once it is true", errors);
    }
    if (is(old, "Failed") && !failed) {
      refuse(status, "Failed condition cannot be set to false once it is true", errors);
    }
  }

  private static void refuse(JsonNode status, String why, FieldErrors errors) {
    errors.invalid(FieldPath.STATUS, "conditions", status.path("conditions"), why);
  }

  private static boolean is(JsonNode status, String type) {
    for (JsonNode condition : status.path("conditions")) {
      if (Nodes.text(condition, "type").equals(type)) {
        return Nodes.text(condition, "status").equals("True");
      }
    }
    return false;
  }
}
