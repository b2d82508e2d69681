package dev.coracle.apiserver.internal.webhook;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.apiserver.internal.admission.AdmissionRequest;
import dev.coracle.apiserver.internal.registry.LiveCache;
import dev.coracle.apiserver.internal.registry.Registry;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Which requests a webhook or policy is asked about. */
public final class Matching {

  private static final GroupResource NAMESPACES = new GroupResource("", "namespaces");
  private static final Set<String> EXEMPT =
      Set.of(
          "mutatingwebhookconfigurations",
          "validatingwebhookconfigurations",
          "validatingadmissionpolicies",
          "validatingadmissionpolicybindings",
          "mutatingadmissionpolicies",
          "mutatingadmissionpolicybindings");

  private final Supplier<Registry> registry;
  private final LiveCache namespaces;
  private final ResourceStore store;

  public Matching(Supplier<Registry> registry, LiveCache namespaces, ResourceStore store) {
    this.registry = registry;
    this.namespaces = namespaces;
    this.store = store;
  }

  /** What configures admission can not itself be held up by it: it could never be repaired. */
  public static boolean exempt(AdmissionRequest request) {
    return request.resource().group().equals("admissionregistration.k8s.io")
        && EXEMPT.contains(request.resource().resource());
  }

  /**
   * The version the first rule that matches asks for; null where none does.
   *
   * @param equivalent whether other versions of the resource count too
   */
  public @Nullable Target target(List<Rule> rules, boolean equivalent, AdmissionRequest request) {
    ResourceDefinition own = request.call().type().definition();
    if (anyMatches(rules, own, request)) {
      return Target.of(own, request.call().subresource());
    }
    if (!equivalent) {
      return null;
    }
    for (Rule rule : rules) {
      for (ResourceDefinition other : registry.get().scheme().versions(own.gvr().groupResource())) {
        if (other != own && anyMatches(List.of(rule), other, request)) {
          return Target.of(other, request.call().subresource());
        }
      }
    }
    return null;
  }

  private static boolean anyMatches(
      List<Rule> rules, ResourceDefinition definition, AdmissionRequest request) {
    for (Rule rule : rules) {
      if (rule.matches(
          request.operation().name(),
          definition.gvr(),
          request.call().subresource(),
          request.call().namespace().isEmpty(),
          request.objectName())) {
        return true;
      }
    }
    return false;
  }

  /** The new object or the old one has the labels. */
  public static boolean objectMatches(LabelSelector selector, AdmissionRequest request) {
    if (selector.isEverything()) {
      return true;
    }
    if (request.call().subresource().equals("scale")) {
      // A Scale has none of its object's labels.
      return selector.matches(Map.of());
    }
    ObjectNode now = request.object();
    KubeObject before = request.before();
    return now != null && selector.matches(labels(now))
        || before != null && selector.matches(before.labels());
  }

  private static Map<String, String> labels(ObjectNode object) {
    return KubeObject.strings(object.path("metadata").path("labels"));
  }

  /**
   * The namespace that a namespaceSelector looks at: that of the object, or the object where it is
   * a namespace; empty for what is in no namespace, which every selector matches.
   */
  public Uni<Optional<KubeObject>> namespaceOf(AdmissionRequest request) {
    boolean isNamespace = request.resource().equals(NAMESPACES);
    ObjectNode object = request.object();
    if (isNamespace && request.call().subresource().isEmpty() && object != null) {
      return Uni.createFrom().item(Optional.of(KubeObject.of(object)));
    }
    String name = isNamespace ? request.call().name() : request.call().namespace();
    if (name.isEmpty()) {
      return Uni.createFrom().item(Optional.empty());
    }
    Optional<KubeObject> known = namespaces.get("", name);
    return known.isPresent()
        ? Uni.createFrom().item(known)
        : store.get(NAMESPACES, new NamespacedName("", name)).map(Optional::of);
  }

  public static boolean namespaceMatches(LabelSelector selector, Optional<KubeObject> namespace) {
    return namespace.isEmpty() || selector.matches(namespace.get());
  }
}
