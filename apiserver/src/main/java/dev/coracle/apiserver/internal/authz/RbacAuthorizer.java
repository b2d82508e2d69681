package dev.coracle.apiserver.internal.authz;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.registry.LiveCache;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * RBAC over an index from subjects to rules. The index is made anew, on the next decision, after a
 * role or binding changed; a decision then looks up the user and each of its groups. Aggregated
 * cluster roles are put together here as well, so they count at once.
 */
public final class RbacAuthorizer implements Authorizer {

  private static final String GROUP = "rbac.authorization.k8s.io";

  private record Index(long change, Map<String, List<Grant>> grants) {}

  /** A binding's rules; {@code namespace} is empty where they count everywhere. */
  private record Grant(String namespace, List<PolicyRule> rules, String because) {}

  private final LiveCache roles;
  private final LiveCache clusterRoles;
  private final LiveCache bindings;
  private final LiveCache clusterBindings;
  private final AtomicLong changes = new AtomicLong();
  private volatile @Nullable Index index;

  public RbacAuthorizer(Vertx vertx, ResourceStore store) {
    roles = cache(vertx, store, "roles");
    clusterRoles = cache(vertx, store, "clusterroles");
    bindings = cache(vertx, store, "rolebindings");
    clusterBindings = cache(vertx, store, "clusterrolebindings");
  }

  private LiveCache cache(Vertx vertx, ResourceStore store, String resource) {
    return new LiveCache(vertx, store, new GroupResource(GROUP, resource))
        .listen((_, _) -> changes.incrementAndGet());
  }

  public Uni<Void> start() {
    return Uni.combine()
        .all()
        .unis(roles.start(), clusterRoles.start(), bindings.start(), clusterBindings.start())
        .discardItems();
  }

  public void stop() {
    List.of(roles, clusterRoles, bindings, clusterBindings).forEach(LiveCache::stop);
  }

  @Override
  public Decision decide(Attributes a) {
    if (a.user().in(UserInfo.MASTERS)) {
      return Decision.allow("");
    }
    Map<String, List<Grant>> subjects = index();
    for (String key : keys(a.user())) {
      for (Grant grant : subjects.getOrDefault(key, List.of())) {
        boolean here =
            grant.namespace().isEmpty()
                || a.resourceRequest() && grant.namespace().equals(a.namespace());
        if (here) {
          for (PolicyRule rule : grant.rules()) {
            if (rule.allows(a)) {
              return Decision.allow("RBAC: allowed by " + grant.because());
            }
          }
        }
      }
    }
    return Decision.NO_OPINION;
  }

  /** All rules that count for a user in a namespace; empty for those of the whole cluster only. */
  public List<PolicyRule> rulesFor(UserInfo user, String namespace) {
    List<PolicyRule> out = new ArrayList<>();
    if (user.in(UserInfo.MASTERS)) {
      Set<String> all = Set.of("*");
      out.add(new PolicyRule(all, all, all, Set.of(), List.of()));
      out.add(new PolicyRule(all, Set.of(), Set.of(), Set.of(), List.of("*")));
    }
    Map<String, List<Grant>> subjects = index();
    for (String key : keys(user)) {
      for (Grant grant : subjects.getOrDefault(key, List.of())) {
        if (grant.namespace().isEmpty() || grant.namespace().equals(namespace)) {
          out.addAll(grant.rules());
        }
      }
    }
    return out.stream().distinct().toList();
  }

  /**
   * The rules of the role that a binding in this namespace refers to; empty where there is none.
   */
  public List<PolicyRule> rulesOf(JsonNode roleRef, String namespace) {
    return rules(roleRef, namespace);
  }

  private static Set<String> keys(UserInfo user) {
    Set<String> keys = new LinkedHashSet<>();
    keys.add("User:" + user.name());
    user.groups().forEach(g -> keys.add("Group:" + g));
    return keys;
  }

  private Map<String, List<Grant>> index() {
    long change = changes.get();
    Index known = index;
    if (known != null && known.change() == change) {
      return known.grants();
    }
    Map<String, List<Grant>> made = new HashMap<>();
    clusterBindings.all().forEach(b -> add(made, b, "", "ClusterRoleBinding"));
    bindings.all().forEach(b -> add(made, b, b.namespace(), "RoleBinding"));
    index = new Index(change, made);
    return made;
  }

  private void add(Map<String, List<Grant>> to, KubeObject binding, String namespace, String kind) {
    JsonNode ref = binding.at("roleRef");
    List<PolicyRule> rules = rules(ref, namespace);
    if (rules.isEmpty()) {
      return;
    }
    String because =
        kind
            + " \""
            + binding.key()
            + "\" of "
            + ref.path("kind").asText()
            + " \""
            + ref.path("name").asText()
            + "\"";
    Grant grant = new Grant(namespace, rules, because);
    for (JsonNode subject : binding.at("subjects")) {
      to.computeIfAbsent(key(subject, namespace), _ -> new ArrayList<>()).add(grant);
    }
  }

  private static String key(JsonNode subject, String namespace) {
    String name = subject.path("name").asText("");
    if (subject.path("kind").asText("").equals("ServiceAccount")) {
      String ns = subject.path("namespace").asText("");
      return "User:system:serviceaccount:" + (ns.isEmpty() ? namespace : ns) + ":" + name;
    }
    return subject.path("kind").asText("") + ":" + name;
  }

  private List<PolicyRule> rules(JsonNode ref, String namespace) {
    String name = ref.path("name").asText("");
    return switch (ref.path("kind").asText("")) {
      case "ClusterRole" ->
          clusterRoles.get("", name).map(this::rulesOfClusterRole).orElse(List.of());
      case "Role" ->
          roles.get(namespace, name).map(r -> PolicyRule.all(r.at("rules"))).orElse(List.of());
      default -> List.of();
    };
  }

  private List<PolicyRule> rulesOfClusterRole(KubeObject role) {
    JsonNode selectors = role.at("aggregationRule", "clusterRoleSelectors");
    List<PolicyRule> out = new ArrayList<>(PolicyRule.all(role.at("rules")));
    collect(selectors, out, new java.util.HashSet<>(Set.of(role.name())));
    return out;
  }

  private void collect(JsonNode selectors, List<PolicyRule> out, Set<String> seen) {
    for (JsonNode selector : selectors) {
      LabelSelector labels = LabelSelector.of(selector);
      for (KubeObject part : clusterRoles.all()) {
        if (labels.matches(part) && seen.add(part.name())) {
          out.addAll(PolicyRule.all(part.at("rules")));
          collect(part.at("aggregationRule", "clusterRoleSelectors"), out, seen);
        }
      }
    }
  }
}
