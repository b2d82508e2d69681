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
import dev.coracle.apiserver.internal.podsecurity.PodSecurityConfig;
import dev.coracle.apiserver.internal.podsecurity.PodSecurityMeters;
import dev.coracle.apiserver.internal.podsecurity.PodSecurityMeters.Mode;
import dev.coracle.apiserver.internal.podsecurity.PodSecurityMeters.Written;
import dev.coracle.apiserver.internal.podsecurity.PodSecurityStandards;
import dev.coracle.apiserver.internal.podsecurity.PodsOfNamespace;
import dev.coracle.apiserver.internal.podsecurity.Violation;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.LiveCache;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
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
  private final PodSecurityConfig config;
  private final PodSecurityMeters meters;
  private final PodsOfNamespace existing = new PodsOfNamespace(System::nanoTime);

  PodSecurity(
      LiveCache namespaces,
      ResourceStore store,
      PodSecurityConfig config,
      PodSecurityMeters meters) {
    this.namespaces = namespaces;
    this.store = store;
    this.config = config;
    this.meters = meters;
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
    Written written =
        new Written(
            request.operation().name().toLowerCase(Locale.ROOT),
            pod ? "pod" : "controller",
            subresource);
    Optional<String> exempt = exempt(request);
    if (exempt.isPresent()) {
      exempt(request, exempt.get(), written);
      return Backstage.DONE;
    }
    NamespacePolicy policy = policy(request.call().namespace());
    KubeObject before = request.before();
    if (policy.isOpen()) {
      if (pod) {
        note(request, "enforce-policy", policy.enforce().toString());
        meters.evaluated(true, policy.enforce(), Mode.ENFORCE, written);
      }
    } else if (!pod || before == null || isSignificant(before.tree(), object)) {
      if (config.exemptRuntimeClasses().contains(runtimeClass(template))) {
        exempt(request, "runtimeClass", written);
      } else {
        evaluate(request, policy, template, written);
      }
    }
    return Backstage.DONE;
  }

  private NamespacePolicy policy(String namespace) {
    return NamespacePolicy.of(
        namespaces.get("", namespace).map(KubeObject::labels).orElse(Map.of()), config);
  }

  private Optional<String> exempt(AdmissionRequest request) {
    if (config.exemptNamespaces().contains(request.call().namespace())) {
      return Optional.of("namespace");
    }
    return config.exemptUsers().contains(request.call().user().name())
        ? Optional.of("user")
        : Optional.empty();
  }

  private void exempt(AdmissionRequest request, String why, Written written) {
    note(request, "exempt", why);
    meters.exempted(written);
  }

  private static String runtimeClass(JsonNode pod) {
    return pod.path("spec").path("runtimeClassName").asText("");
  }

  private static void note(AdmissionRequest request, String key, String value) {
    request.annotate(NamespacePolicy.PREFIX + key, value);
  }

  private void evaluate(
      AdmissionRequest request, NamespacePolicy policy, JsonNode template, Written written) {
    if (!policy.errors().isEmpty()) {
      List<String> causes =
          policy.errors().causes().stream().map(c -> c.field() + ": " + c.message()).toList();
      note(request, "error", "Failed to parse policy: " + Aggregate.of(causes));
      meters.mistaken(written);
    }
    Map<LevelVersion, List<Violation>> known = new HashMap<>();
    List<Violation> refused = List.of();
    if (written.resource().equals("pod")) {
      note(request, "enforce-policy", policy.enforce().toString());
      refused = violations(known, policy.enforce(), template);
      meters.evaluated(refused.isEmpty(), policy.enforce(), Mode.ENFORCE, written);
    }
    List<Violation> audited = violations(known, policy.audit(), template);
    if (!audited.isEmpty()) {
      note(request, "audit-violations", "would violate " + words(policy.audit(), audited));
      meters.evaluated(false, policy.audit(), Mode.AUDIT, written);
    }
    if (!refused.isEmpty()) {
      throw Refusal.of(request, "violates " + words(policy.enforce(), refused));
    }
    List<Violation> warned = violations(known, policy.warn(), template);
    if (!warned.isEmpty()) {
      request.call().warnings().add("would violate " + words(policy.warn(), warned));
      meters.evaluated(false, policy.warn(), Mode.WARN, written);
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
    NamespacePolicy policy = NamespacePolicy.of(labels(object), config);
    KubeObject before = request.before();
    NamespacePolicy last = before == null ? null : NamespacePolicy.of(before.labels(), config);
    if (!policy.errors().isEmpty()
        && (last == null || !last.errors().causes().equals(policy.errors().causes()))) {
      throw StatusException.invalid(
          request.call().type().kind(), request.objectName(), policy.errors().causes());
    }
    String name = request.objectName();
    if (config.exemptNamespaces().contains(name)) {
      if (!policy.isOpen() && (last == null || !policy.equals(last))) {
        request.call().warnings().add(ignored(name, policy));
      }
      return Backstage.DONE;
    }
    if (last == null || isNoStricter(policy.enforce(), last.enforce())) {
      return Backstage.DONE;
    }
    return store
        .list(PODS, name, ListOptions.ALL)
        .invoke(pods ->
            existing
                .warnings(name, policy.enforce(), held(pods.items()))
                .forEach(request.call().warnings()::add))
        .replaceWithVoid();
  }

  private static String ignored(String namespace, NamespacePolicy policy) {
    return "namespace \""
        + namespace
        + "\" is exempt from Pod Security, and the policy (enforce="
        + policy.enforce()
        + ", audit="
        + policy.audit()
        + ", warn="
        + policy.warn()
        + ") will be ignored";
  }

  private List<KubeObject> held(List<KubeObject> pods) {
    return config.exemptRuntimeClasses().isEmpty()
        ? pods
        : pods.stream()
            .filter(p -> !config.exemptRuntimeClasses().contains(runtimeClass(p.fleeting().tree())))
            .toList();
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
