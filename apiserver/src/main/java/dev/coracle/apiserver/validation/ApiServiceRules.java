package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.Base64;
import java.util.List;

/** APIServices: each is named by its version and group, and may have a Service behind it. */
final class ApiServiceRules implements KindRules {

  private static final List<String> CONDITIONS = List.of("True", "False", "Unknown");
  private static final int HTTPS = 443;

  @Override
  public List<String> name(String name) {
    return NameRules.pathSegment(name);
  }

  @Override
  public void check(ObjectNode service, FieldErrors errors) {
    JsonNode spec = service.path("spec");
    String group = Nodes.text(spec, "group");
    String version = Nodes.text(spec, "version");
    for (String field : new String[] {"generateName", "name"}) {
      String name = Nodes.text(service.path("metadata"), field);
      if (!name.isEmpty()
          && NameRules.pathSegment(name).isEmpty()
          && !name.equals(version + "." + group)) {
        errors.invalid(
            FieldPath.METADATA,
            field,
            name,
            "must be `spec.version+\".\"+spec.group`: \"" + version + "." + group + "\"");
      }
    }
    if (!group.isEmpty()) {
      errors.invalid(FieldPath.SPEC, "group", group, NameRules.dnsSubdomain(group));
    } else if (!version.equals("v1")) {
      errors.required(
          FieldPath.SPEC, "group", "only v1 may have an empty group and it better be legacy kube");
    }
    errors.invalid(FieldPath.SPEC, "version", version, NameRules.dns1035(version));
    priority(spec, "groupPriorityMinimum", 20_000, errors);
    priority(spec, "versionPriority", 1000, errors);
    int bundle = bytes(Nodes.text(spec, "caBundle"));
    boolean insecure = spec.path("insecureSkipTLSVerify").asBoolean();
    if (Nodes.set(spec, "service")) {
      service(spec.path("service"), FieldPath.SPEC.child("service"), errors);
      if (insecure && bundle > 0) {
        skips("may not be true if caBundle is present", errors);
      }
      return;
    }
    if (bundle > 0) {
      errors.invalid(
          FieldPath.SPEC,
          "caBundle",
          bundle + " bytes",
          "local APIServices may not have a caBundle");
    }
    if (insecure) {
      skips("local APIServices may not have insecureSkipTLSVerify", errors);
    }
  }

  private static void priority(JsonNode spec, String field, int most, FieldErrors errors) {
    int value = spec.path(field).asInt(0);
    if (value <= 0 || value > most) {
      errors.invalid(FieldPath.SPEC, field, value, "must be positive and less than " + most);
    }
  }

  private static int bytes(String base64) {
    return Base64.getMimeDecoder().decode(base64).length;
  }

  private static void skips(String detail, FieldErrors errors) {
    errors.invalid(FieldPath.SPEC, "insecureSkipTLSVerify", true, detail);
  }

  private static void service(JsonNode service, FieldPath at, FieldErrors errors) {
    for (String field : new String[] {"namespace", "name"}) {
      if (Nodes.text(service, field).isEmpty()) {
        errors.required(at, field);
      }
    }
    long port = service.path("port").asLong(HTTPS);
    if (port < 1 || port > 65535) {
      errors.invalid(at, "port", port, "port is not valid: must be between 1 and 65535, inclusive");
    }
  }

  @Override
  public void checkSubresource(
      String subresource, ObjectNode now, JsonNode before, FieldErrors errors) {
    int i = 0;
    for (JsonNode condition : now.path("status").path("conditions")) {
      FieldPath at = FieldPath.STATUS.child("conditions").index(i++);
      String status = Nodes.text(condition, "status");
      if (!CONDITIONS.contains(status)) {
        errors.unsupported(at, "status", status, CONDITIONS);
      }
    }
  }
}
