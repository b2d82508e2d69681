package dev.coracle.apiserver.internal.audit;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.StatusException;
import dev.coracle.api.Yaml;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.http.RequestInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** An audit.k8s.io/v1 Policy: the first rule that matches a request decides. */
public final class AuditPolicy {

  private static final int LARGEST = 1 << 20;
  private static final Set<String> KEYS =
      Set.of("apiVersion", "kind", "metadata", "rules", "omitStages", "omitManagedFields");
  private static final Set<String> RULE_KEYS =
      Set.of(
          "level",
          "users",
          "userGroups",
          "verbs",
          "resources",
          "namespaces",
          "nonResourceURLs",
          "omitStages",
          "omitManagedFields");

  private final List<AuditRule> rules;

  private AuditPolicy(List<AuditRule> rules) {
    this.rules = List.copyOf(rules);
  }

  /**
   * @throws IllegalStateException with words for the user
   */
  public static AuditPolicy read(Path file) {
    try {
      return parse(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new IllegalStateException("cannot read the audit policy " + file, e);
    } catch (StatusException | IllegalArgumentException e) {
      throw new IllegalStateException("the audit policy " + file + ": " + e.getMessage(), e);
    }
  }

  static AuditPolicy parse(byte[] yaml) {
    JsonNode policy = Yaml.parse(yaml, LARGEST);
    known(policy, KEYS, "the policy");
    if (!policy.path("apiVersion").asText("").equals("audit.k8s.io/v1")
        || !policy.path("kind").asText("").equals("Policy")) {
      throw new IllegalArgumentException("it is no Policy of audit.k8s.io/v1");
    }
    Set<AuditStage> omitted = stages(policy.path("omitStages"));
    boolean omitManaged = policy.path("omitManagedFields").asBoolean(false);
    List<AuditRule> rules = new ArrayList<>();
    for (JsonNode rule : policy.path("rules")) {
      rules.add(rule(rule, omitted, omitManaged, "rules[" + rules.size() + "]"));
    }
    if (rules.isEmpty()) {
      throw new IllegalArgumentException("it has no rules");
    }
    return new AuditPolicy(rules);
  }

  private static AuditRule rule(
      JsonNode rule, Set<AuditStage> omitted, boolean omitManaged, String where) {
    known(rule, RULE_KEYS, where);
    String level = rule.path("level").asText("");
    List<AuditRule.Resources> resources = new ArrayList<>();
    for (JsonNode r : rule.path("resources")) {
      known(r, Set.of("group", "resources", "resourceNames"), where + ".resources");
      if (r.path("resourceNames").size() > 0 && r.path("resources").isEmpty()) {
        throw new IllegalArgumentException(
            where + ".resources.resourceNames: using resourceNames requires at least one resource");
      }
      if (r.path("group").asText("").indexOf('/') >= 0) {
        throw new IllegalArgumentException(
            where + ".resources.group: a group is named without its version");
      }
      resources.add(
          new AuditRule.Resources(
              r.path("group").asText(""),
              List.copyOf(texts(r.path("resources"))),
              texts(r.path("resourceNames"))));
    }
    List<String> urls = List.copyOf(texts(rule.path("nonResourceURLs")));
    if (!urls.isEmpty() && (!resources.isEmpty() || rule.path("namespaces").size() > 0)) {
      throw new IllegalArgumentException(
          where + ": rules cannot apply to both regular resources and non-resource URLs");
    }
    for (String url : urls) {
      checkUrl(url, where + ".nonResourceURLs: Invalid value: \"" + url + "\": ");
    }
    Set<AuditStage> stages = EnumSet.noneOf(AuditStage.class);
    stages.addAll(omitted);
    stages.addAll(stages(rule.path("omitStages")));
    return new AuditRule(
        AuditLevel.of(level)
            .orElseThrow(() ->
                new IllegalArgumentException(
                    where
                        + ".level: Unsupported value: \""
                        + level
                        + "\": supported values: \"None\", \"Metadata\", \"Request\","
                        + " \"RequestResponse\"")),
        texts(rule.path("users")),
        texts(rule.path("userGroups")),
        texts(rule.path("verbs")),
        resources,
        texts(rule.path("namespaces")),
        urls,
        stages,
        rule.path("omitManagedFields").asBoolean(omitManaged));
  }

  /** What never matches as it is written is a mistake. */
  private static void checkUrl(String url, String where) {
    if (!url.equals("*") && !url.startsWith("/")) {
      throw new IllegalArgumentException(
          where + "non-resource URL rules must begin with a '/' character");
    }
    int star = url.indexOf('*');
    if (star >= 0 && star < url.length() - 1) {
      throw new IllegalArgumentException(
          where + "non-resource URL wildcards '*' must be the final character of the rule");
    }
  }

  private static void known(JsonNode node, Set<String> keys, String where) {
    node.fieldNames()
        .forEachRemaining(key -> {
          if (!keys.contains(key)) {
            throw new IllegalArgumentException(where + " has the unknown field \"" + key + "\"");
          }
        });
  }

  private static Set<AuditStage> stages(JsonNode list) {
    Set<AuditStage> out = EnumSet.noneOf(AuditStage.class);
    for (JsonNode word : list) {
      out.add(
          AuditStage.of(word.asText())
              .orElseThrow(
                  () -> new IllegalArgumentException("unknown stage \"" + word.asText() + "\"")));
    }
    return out;
  }

  private static Set<String> texts(JsonNode list) {
    Set<String> out = new LinkedHashSet<>();
    list.forEach(word -> out.add(word.asText()));
    return out;
  }

  /** Empty when nothing is to be recorded. */
  Optional<AuditRule> of(UserInfo user, RequestInfo info) {
    for (AuditRule rule : rules) {
      if (rule.match(user, info)) {
        return rule.level() == AuditLevel.NONE ? Optional.empty() : Optional.of(rule);
      }
    }
    return Optional.empty();
  }
}
