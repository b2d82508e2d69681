package dev.coracle.apiserver.internal.flowcontrol;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.UserInfo;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which requests a flow schema takes, compiled for quick matching.
 *
 * @param distinguisher {@code ByUser}, {@code ByNamespace} or empty: one flow for all
 */
record FlowSchema(
    String name, String uid, String level, int precedence, String distinguisher, List<Rule> rules) {

  private static final String EVERY = "*";
  private static final String ACCOUNT = "system:serviceaccount:";

  /** Subjects, and what of theirs. */
  record Rule(
      Set<String> users,
      Set<String> groups,
      Set<String> accountNamespaces,
      List<ResourceRule> resources,
      List<PathRule> paths) {

    /** The same for users of whom it is known that they are meant. */
    Rule forAnyone() {
      return new Rule(Set.of(EVERY), Set.of(), Set.of(), resources, paths);
    }

    boolean about(FlowRequest info) {
      if (info.resourceRequest()) {
        for (ResourceRule rule : resources) {
          if (rule.match(info)) {
            return true;
          }
        }
        return false;
      }
      for (PathRule rule : paths) {
        if (rule.match(info)) {
          return true;
        }
      }
      return false;
    }

    boolean from(UserInfo user) {
      if (users.contains(EVERY) || users.contains(user.name()) || groups.contains(EVERY)) {
        return true;
      }
      for (String group : user.groups()) {
        if (groups.contains(group)) {
          return true;
        }
      }
      if (!accountNamespaces.isEmpty() && user.name().startsWith(ACCOUNT)) {
        int end = user.name().indexOf(':', ACCOUNT.length());
        return end > 0 && accountNamespaces.contains(user.name().substring(ACCOUNT.length(), end));
      }
      return false;
    }
  }

  record ResourceRule(
      Set<String> verbs,
      Set<String> apiGroups,
      Set<String> resources,
      Set<String> namespaces,
      boolean clusterScope) {

    boolean match(FlowRequest info) {
      boolean place = info.namespace().isEmpty() ? clusterScope : has(namespaces, info.namespace());
      return place && has(verbs, info.verb()) && has(apiGroups, info.group()) && hasResource(info);
    }

    private boolean hasResource(FlowRequest info) {
      return resources.contains(EVERY)
          || resources.contains(
              info.subresource().isEmpty()
                  ? info.resource()
                  : info.resource() + "/" + info.subresource());
    }
  }

  record PathRule(Set<String> verbs, Set<String> urls) {

    boolean match(FlowRequest info) {
      if (!has(verbs, info.verb())) {
        return false;
      }
      for (String url : urls) {
        if (url.equals(EVERY)
            || url.equals(info.path())
            || (url.endsWith("/*") && info.path().startsWith(url.substring(0, url.length() - 1)))) {
          return true;
        }
      }
      return false;
    }
  }

  private static boolean has(Set<String> set, String value) {
    return set.contains(EVERY) || set.contains(value);
  }

  static FlowSchema of(KubeObject object) {
    List<Rule> rules = new ArrayList<>();
    for (JsonNode rule : object.at("spec", "rules")) {
      rules.add(rule(rule));
    }
    return new FlowSchema(
        object.name(),
        object.uid(),
        object.text("spec", "priorityLevelConfiguration", "name"),
        object.at("spec", "matchingPrecedence").asInt(1000),
        object.text("spec", "distinguisherMethod", "type"),
        List.copyOf(rules));
  }

  private static Rule rule(JsonNode rule) {
    Set<String> users = new HashSet<>();
    Set<String> groups = new HashSet<>();
    Set<String> accounts = new HashSet<>();
    for (JsonNode subject : rule.path("subjects")) {
      switch (subject.path("kind").asText("")) {
        case "User" -> users.add(subject.path("user").path("name").asText(""));
        case "Group" -> groups.add(subject.path("group").path("name").asText(""));
        case "ServiceAccount" -> {
          String namespace = subject.path("serviceAccount").path("namespace").asText("");
          String name = subject.path("serviceAccount").path("name").asText("");
          if (name.equals(EVERY)) {
            accounts.add(namespace);
          } else {
            users.add(ACCOUNT + namespace + ":" + name);
          }
        }
        default -> {}
      }
    }
    List<ResourceRule> resources = new ArrayList<>();
    for (JsonNode r : rule.path("resourceRules")) {
      resources.add(
          new ResourceRule(
              texts(r.path("verbs")),
              texts(r.path("apiGroups")),
              texts(r.path("resources")),
              texts(r.path("namespaces")),
              r.path("clusterScope").asBoolean(false)));
    }
    List<PathRule> paths = new ArrayList<>();
    for (JsonNode p : rule.path("nonResourceRules")) {
      paths.add(new PathRule(texts(p.path("verbs")), texts(p.path("nonResourceURLs"))));
    }
    return new Rule(
        Set.copyOf(users),
        Set.copyOf(groups),
        Set.copyOf(accounts),
        List.copyOf(resources),
        List.copyOf(paths));
  }

  private static Set<String> texts(JsonNode list) {
    Set<String> out = new HashSet<>();
    list.forEach(t -> out.add(t.asText()));
    return Set.copyOf(out);
  }

  boolean match(UserInfo user, FlowRequest info) {
    for (Rule rule : rules) {
      if (rule.from(user) && rule.about(info)) {
        return true;
      }
    }
    return false;
  }

  FlowSchema with(List<Rule> otherRules) {
    return new FlowSchema(name, uid, level, precedence, distinguisher, List.copyOf(otherRules));
  }

  /** What tells flows of this schema apart. */
  String flow(UserInfo user, FlowRequest info) {
    return switch (distinguisher) {
      case "ByUser" -> user.name();
      case "ByNamespace" -> info.namespace();
      default -> "";
    };
  }
}
