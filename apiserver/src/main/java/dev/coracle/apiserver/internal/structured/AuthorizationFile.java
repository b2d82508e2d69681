package dev.coracle.apiserver.internal.structured;

import dev.coracle.api.validation.NameRules;
import dev.coracle.apiserver.internal.authz.WebhookSettings;
import dev.coracle.cel.Expression;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * An AuthorizationConfiguration (Kubernetes docs, "Using Authorization Configuration"), read and
 * compiled.
 */
record AuthorizationFile(List<Entry> authorizers) {

  static final String KIND = "AuthorizationConfiguration";
  private static final int MOST_CONDITIONS = 64;
  private static final Duration LONGEST = Duration.ofSeconds(30);

  /** An authorizer. */
  sealed interface Entry {}

  /** One of this server's own. */
  record Own(String type, String name) implements Entry {}

  record Webhook(WebhookSettings settings, Path kubeconfig) implements Entry {}

  /**
   * @throws IllegalArgumentException naming the field and what is expected
   */
  static AuthorizationFile parse(byte[] yaml) {
    Field root = ConfigFile.parse(yaml, KIND).only("apiVersion", "kind", "authorizers");
    List<Entry> out = new ArrayList<>();
    Set<String> types = new HashSet<>();
    Set<String> names = new HashSet<>();
    for (Field entry : root.list("authorizers")) {
      entry.only("type", "name", "webhook");
      String type = entry.oneOf("type", "AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook");
      String name = entry.required("name");
      if (!NameRules.dnsSubdomain(name).isEmpty()) {
        throw entry
            .child("name")
            .error(
                "Invalid value: \""
                    + name
                    + "\": authorizer name is invalid: "
                    + String.join(", ", NameRules.dnsSubdomain(name)));
      }
      if (!names.add(name)) {
        throw entry.child("name").error("Duplicate value: \"" + name + "\"");
      }
      if (type.equals("Webhook")) {
        out.add(webhook(name, entry.child("webhook")));
        continue;
      }
      if (!types.add(type)) {
        throw entry.child("type").error("Duplicate value: \"" + type + "\"");
      }
      if (entry.has("webhook")) {
        throw entry
            .child("webhook")
            .error("Invalid value: \"non-null\": may only be specified when type=Webhook");
      }
      out.add(new Own(type, name));
    }
    if (out.isEmpty()) {
      throw root.child("authorizers")
          .error("Required value: at least one authorization mode must be defined");
    }
    return new AuthorizationFile(List.copyOf(out));
  }

  private static Webhook webhook(String name, Field field) {
    if (!field.given()) {
      throw field.error("Required value: required when type=Webhook");
    }
    field.only(
        "timeout",
        "authorizedTTL",
        "cacheAuthorizedRequests",
        "unauthorizedTTL",
        "cacheUnauthorizedRequests",
        "subjectAccessReviewVersion",
        "matchConditionSubjectAccessReviewVersion",
        "failurePolicy",
        "connectionInfo",
        "matchConditions");
    field.required("timeout");
    Duration timeout = field.duration("timeout", LONGEST);
    if (timeout.isZero()) {
      throw field.child("timeout").error("Required value");
    }
    if (timeout.compareTo(LONGEST) > 0) {
      throw field
          .child("timeout")
          .error("Invalid value: \"" + field.text("timeout") + "\": must be > 0s and <= 30s");
    }
    String version = field.oneOf("subjectAccessReviewVersion", "v1", "v1beta1");
    List<Expression> conditions = conditions(field);
    String conditionsVersion = field.text("matchConditionSubjectAccessReviewVersion");
    if (!conditionsVersion.isEmpty()) {
      field.oneOf("matchConditionSubjectAccessReviewVersion", "v1");
    } else if (!conditions.isEmpty()) {
      throw field
          .child("matchConditionSubjectAccessReviewVersion")
          .error("Required value: required if match conditions are specified");
    }
    boolean deny = field.oneOf("failurePolicy", "NoOpinion", "Deny").equals("Deny");
    return new Webhook(
        new WebhookSettings(
            name,
            timeout,
            ttl(field, "authorizedTTL", "cacheAuthorizedRequests", Duration.ofMinutes(5)),
            ttl(field, "unauthorizedTTL", "cacheUnauthorizedRequests", Duration.ofSeconds(30)),
            version,
            deny,
            conditions),
        kubeconfig(field.child("connectionInfo")));
  }

  private static Duration ttl(Field field, String name, String cached, Duration otherwise) {
    Duration ttl = field.duration(name, otherwise);
    return field.flag(cached, true) ? ttl.isZero() ? otherwise : ttl : Duration.ZERO;
  }

  private static Path kubeconfig(Field connection) {
    connection.only("type", "kubeConfigFile");
    connection.oneOf("type", "KubeConfigFile");
    Path file = Path.of(connection.required("kubeConfigFile"));
    if (!file.isAbsolute()) {
      throw connection
          .child("kubeConfigFile")
          .error("Invalid value: \"" + file + "\": must be an absolute path");
    }
    return file;
  }

  private static List<Expression> conditions(Field field) {
    List<Expression> out = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    int conditions = field.list("matchConditions").size();
    if (conditions > MOST_CONDITIONS) {
      throw field
          .child("matchConditions")
          .error("Too many: " + conditions + ": must have at most " + MOST_CONDITIONS + " items");
    }
    for (Field condition : field.list("matchConditions")) {
      condition.only("expression");
      out.add(Expressions.access(condition, "expression"));
      if (!seen.add(condition.text("expression"))) {
        throw condition
            .child("expression")
            .error("Duplicate value: \"" + condition.text("expression") + "\"");
      }
    }
    return out;
  }
}
