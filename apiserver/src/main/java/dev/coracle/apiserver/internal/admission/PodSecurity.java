package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Aggregate;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.podsecurity.Level;
import dev.coracle.apiserver.internal.podsecurity.LevelVersion;
import dev.coracle.apiserver.internal.podsecurity.NamespacePolicy;
import dev.coracle.apiserver.internal.podsecurity.PodSecurityStandards;
import dev.coracle.apiserver.internal.podsecurity.PodsOfNamespace;
import dev.coracle.apiserver.internal.podsecurity.Violation;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.LiveCache;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Holds Pods to the level that their namespace's labels ask for: {@code enforce} refuses, {@code
 * warn} only says so and {@code audit} notes it in the audit log, for workloads too (Kubernetes
 * docs, "Pod Security Admission"). Labels that say nothing are refused at the namespace.
 */
final class PodSecurity implements AdmissionPlugin {

  private static final GroupResource PODS = new GroupResource("", "pods");

  /** What changes nothing that is looked at here. */
  private static final Set<String> IGNORED =
      Set.of("exec", "attach", "binding", "eviction", "log", "portforward", "proxy", "status");

  private static final String SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod";
  private static final String SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/";

  private final LiveCache namespaces;
  private final ResourceStore store;
  private final PodsOfNamespace existing = new PodsOfNamespace(System::nanoTime);

  PodSecurity(LiveCache namespaces, ResourceStore store) {
    this.namespaces = namespaces;
    this.store = store;
  }

  @Override
  public String name() {
    return "PodSecurity";
  }

  @Override
  public Uni<Void> validate(AdmissionRequest request) {
    ObjectNode object = request.object();
    if (object == null || request.operation() == Operation.DELETE) {
      return Backstage.DONE;
    }
    if (request.is("", "namespaces")) {
      return namespace(request, object);
    }
    String subresource = request.call().subresource();
    boolean pod = request.resource().equals(PODS);
    if (request.call().namespace().isEmpty()
        || (pod ? IGNORED.contains(subresource) : !subresource.isEmpty())) {
      return Backstage.DONE;
    }
    JsonNode template = pod ? object : template(request, object);
    if (template.isMissingNode()) {
      return Backstage.DONE;
    }
    NamespacePolicy policy =
        NamespacePolicy.of(
            namespaces
                .get("", request.call().namespace())
                .map(KubeObject::labels)
                .orElse(Map.of()));
    KubeObject before = request.before();
    if (policy.isOpen()) {
      if (pod) {
        note(request, "enforce-policy", policy.enforce().toString());
      }
    } else if (!pod || before == null || isSignificant(before.tree(), object)) {
      evaluate(request, policy, template, pod);
    }
    return Backstage.DONE;
  }

  private static void note(AdmissionRequest request, String key, String value) {
    request.annotate(NamespacePolicy.PREFIX + key, value);
  }

  private static void evaluate(
      AdmissionRequest request, NamespacePolicy policy, JsonNode template, boolean enforced) {
    if (!policy.errors().isEmpty()) {
      List<String> causes =
          policy.errors().causes().stream().map(c -> c.field() + ": " + c.message()).toList();
      note(request, "error", "Failed to parse policy: " + Aggregate.of(causes));
    }
    Map<LevelVersion, List<Violation>> known = new HashMap<>();
    List<Violation> refused = List.of();
    if (enforced) {
      note(request, "enforce-policy", policy.enforce().toString());
      refused = violations(known, policy.enforce(), template);
    }
    List<Violation> audited = violations(known, policy.audit(), template);
    if (!audited.isEmpty()) {
      note(request, "audit-violations", "would violate " + words(policy.audit(), audited));
    }
    if (!refused.isEmpty()) {
      throw Refusal.of(request, "violates " + words(policy.enforce(), refused));
    }
    List<Violation> warned = violations(known, policy.warn(), template);
    if (!warned.isEmpty()) {
      request.call().warnings().add("would violate " + words(policy.warn(), warned));
    }
  }

  private static List<Violation> violations(
      Map<LevelVersion, List<Violation>> known, LevelVersion policy, JsonNode template) {
    return known.computeIfAbsent(policy, p -> PodSecurityStandards.check(p, template));
  }

  private static String words(LevelVersion policy, List<Violation> violations) {
    return "PodSecurity \"" + policy + "\": " + Violation.details(violations);
  }

  private Uni<Void> namespace(AdmissionRequest request, ObjectNode object) {
    NamespacePolicy policy = NamespacePolicy.of(labels(object));
    KubeObject before = request.before();
    NamespacePolicy last = before == null ? null : NamespacePolicy.of(before.labels());
    if (!policy.errors().isEmpty()
        && (last == null || !last.errors().causes().equals(policy.errors().causes()))) {
      throw StatusException.invalid(
          request.call().type().kind(), request.objectName(), policy.errors().causes());
    }
    if (last == null || isNoStricter(policy.enforce(), last.enforce())) {
      return Backstage.DONE;
    }
    String name = request.objectName();
    return store
        .list(PODS, name, ListOptions.ALL)
        .invoke(pods ->
            existing
                .warnings(name, policy.enforce(), pods.items())
                .forEach(request.call().warnings()::add))
        .replaceWithVoid();
  }

  private static Map<String, String> labels(ObjectNode object) {
    Map<String, String> out = new HashMap<>();
    object
        .path("metadata")
        .path("labels")
        .forEachEntry((key, value) -> out.put(key, value.asText("")));
    return out;
  }

  private static boolean isNoStricter(LevelVersion now, LevelVersion before) {
    return now.equals(before)
        || now.level() == Level.PRIVILEGED
        || now.minor() == before.minor() && now.level().compareTo(before.level()) <= 0;
  }

  /** Whether anything is changed that may be: images, profiles, and containers that are added. */
  private static boolean isSignificant(JsonNode before, JsonNode now) {
    JsonNode notes = now.path("metadata").path("annotations");
    JsonNode notesBefore = before.path("metadata").path("annotations");
    if (!notes.path(SECCOMP_POD).equals(notesBefore.path(SECCOMP_POD))) {
      return true;
    }
    for (String list : new String[] {"containers", "initContainers", "ephemeralContainers"}) {
      Map<String, JsonNode> known = new HashMap<>();
      before.path("spec").path(list).forEach(c -> known.put(c.path("name").asText(""), c));
      for (JsonNode container : now.path("spec").path(list)) {
        String name = container.path("name").asText("");
        JsonNode other = known.remove(name);
        String profile = SECCOMP_CONTAINER + name;
        if (other == null
            || !container.path("image").equals(other.path("image"))
            || !notes.path(profile).equals(notesBefore.path(profile))) {
          return true;
        }
      }
      if (!known.isEmpty()) {
        return true;
      }
    }
    return false;
  }

  private static JsonNode template(AdmissionRequest request, ObjectNode object) {
    return switch (request.resource().toString()) {
      case "deployments.apps",
          "replicasets.apps",
          "statefulsets.apps",
          "daemonsets.apps",
          "jobs.batch",
          "replicationcontrollers" ->
          object.path("spec").path("template");
      case "cronjobs.batch" ->
          object.path("spec").path("jobTemplate").path("spec").path("template");
      case "podtemplates" -> object.path("template");
      default -> object.path("no template");
    };
  }
}
