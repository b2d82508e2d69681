package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.api.Resources;
import dev.coracle.api.quota.QuotaScopes;
import dev.coracle.api.quota.QuotaUsage;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.DeviceConversions;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Refuses what would exceed a quota of its namespace. What is let in is added to the quota's usage
 * in the store at once, by compare and swap, so that two requests cannot both take the last place;
 * what is given back is the quota controller's to find out.
 */
final class ResourceQuotaAdmission implements AdmissionPlugin {

  private static final GroupResource QUOTAS = new GroupResource("", "resourcequotas");
  private static final GroupResource CLAIMS = Resources.PERSISTENT_VOLUME_CLAIMS.groupResource();

  private final ResourceStore store;
  private final List<LimitedResource> limited;

  /**
   * @param limited what is had only where a quota is about it
   */
  ResourceQuotaAdmission(ResourceStore store, List<LimitedResource> limited) {
    this.store = store;
    this.limited = limited;
  }

  @Override
  public String name() {
    return "ResourceQuota";
  }

  @Override
  public Uni<Void> validate(AdmissionRequest request) {
    ObjectNode object = request.object();
    if (object == null || request.call().namespace().isEmpty() || !concerns(request)) {
      return Backstage.DONE;
    }
    return store
        .known(QUOTAS, request.call().namespace())
        .chain(here -> charge(request, object, here));
  }

  private Uni<Void> charge(AdmissionRequest request, ObjectNode object, List<KubeObject> here) {
    if (here.isEmpty() && limited.isEmpty()) {
      return Backstage.DONE;
    }
    Map<String, Quantity> now = usage(request, object);
    KubeObject before = request.before();
    Map<String, Quantity> more = before == null ? now : growth(now, usage(request, before.tree()));
    List<Charge> charges = new ArrayList<>();
    Set<String> limitedHere = new HashSet<>();
    for (KubeObject quota : here) {
      if (!QuotaScopes.count(quota.at("spec"), request.resource(), object)) {
        continue;
      }
      now.keySet().stream().filter(k -> limits(quota, k)).forEach(limitedHere::add);
      // What comes into a quota's scopes is new to it, whatever it was before.
      boolean known =
          before != null && QuotaScopes.count(quota.at("spec"), request.resource(), before.tree());
      Map<String, Quantity> delta = before == null || known ? more : now;
      if (delta.keySet().stream().anyMatch(k -> limits(quota, k)) || constrains(quota, request)) {
        charges.add(new Charge(quota, delta));
      }
    }
    if (!more.isEmpty() && !limited.isEmpty()) {
      LimitedResource.check(
          limited, request, object, now, limitedHere, matched(here, request, object));
    }
    Uni<Void> all = Backstage.DONE;
    for (Charge charge : charges) {
      all = all.chain(() -> take(request, object, charge.quota, charge.delta));
    }
    return all;
  }

  private record Charge(KubeObject quota, Map<String, Quantity> delta) {}

  private static boolean concerns(AdmissionRequest request) {
    if (request.operation() == Operation.CREATE) {
      return request.call().subresource().isEmpty();
    }
    return request.operation() == Operation.UPDATE
        && (request.is("", "persistentvolumeclaims")
            || request.is("", "services")
            || request.resizesPod()
            || isClaimStatus(request));
  }

  /** Its driver tells of what it could not give back, which is counted, but not refused. */
  private static boolean isClaimStatus(AdmissionRequest request) {
    return request.resource().equals(CLAIMS) && request.call().subresource().equals("status");
  }

  private static List<JsonNode> matched(
      List<KubeObject> quotas, AdmissionRequest request, ObjectNode object) {
    return quotas.stream()
        .flatMap(q -> QuotaScopes.selectors(q.at("spec")).stream())
        .filter(s -> QuotaScopes.matches(s, request.resource(), object))
        .toList();
  }

  /** What is enforced is in the status; the one here may be older than that in the store. */
  private static boolean limits(KubeObject quota, String name) {
    return quota.at("spec", "hard").has(name) || quota.at("status", "hard").has(name);
  }

  private static boolean constrains(KubeObject quota, AdmissionRequest request) {
    return request.createsPod()
        && quota.at("spec", "scopes").isEmpty()
        && quota.at("spec", "scopeSelector").isMissingNode();
  }

  private static Map<String, Quantity> growth(
      Map<String, Quantity> now, Map<String, Quantity> before) {
    Map<String, Quantity> out = new LinkedHashMap<>(now);
    before.forEach((k, q) -> out.computeIfPresent(k, (_, n) -> n.minus(q)));
    out.values().removeIf(q -> q.signum() <= 0);
    return out;
  }

  private static Map<String, Quantity> usage(AdmissionRequest request, JsonNode object) {
    boolean claim = request.resource().equals(Resources.RESOURCE_CLAIMS.groupResource());
    return QuotaUsage.of(
        request.resource(), claim ? DeviceConversions.nested(object) : object, Instant.now());
  }

  private Uni<Void> take(
      AdmissionRequest request, ObjectNode object, KubeObject quota, Map<String, Quantity> delta) {
    mustSpecify(request, object, quota);
    if (request.call().dryRun()) {
      taken(request, quota, delta);
      return Backstage.DONE;
    }
    return store
        .update(QUOTAS, quota.key(), q -> Uni.createFrom().item(taken(request, q, delta)))
        .replaceWithVoid();
  }

  /**
   * Where cpu or memory are limited, every container must say what it takes, or the pod as a whole
   * (KEP-2837).
   */
  private static void mustSpecify(AdmissionRequest request, ObjectNode object, KubeObject quota) {
    JsonNode whole = object.path("spec").path("resources");
    if (!request.createsPod()
        || !whole.path("requests").isEmpty()
        || !whole.path("limits").isEmpty()) {
      return;
    }
    Map<String, Set<String>> missing = new TreeMap<>();
    for (String name :
        List.of(
            "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory")) {
      if (!quota.at("spec", "hard").has(name)) {
        continue;
      }
      String kind = name.startsWith("limits.") ? "limits" : "requests";
      String resource = name.substring(name.indexOf('.') + 1);
      for (String list : new String[] {"containers", "initContainers"}) {
        for (JsonNode c : object.path("spec").path(list)) {
          if (!c.path("resources").path(kind).has(resource)) {
            missing.computeIfAbsent(name, _ -> new TreeSet<>()).add(c.path("name").asText(""));
          }
        }
      }
    }
    if (!missing.isEmpty()) {
      List<String> texts = new ArrayList<>();
      missing.forEach(
          (name, containers) -> texts.add(name + " for: " + String.join(",", containers)));
      throw Refusal.of(
          request, "failed quota: " + quota.name() + ": must specify " + String.join("; ", texts));
    }
  }

  private static KubeObject taken(
      AdmissionRequest request, KubeObject quota, Map<String, Quantity> delta) {
    JsonNode hard = quota.at("status", "hard");
    List<String> exceeded = new ArrayList<>();
    Map<String, Quantity> used = new LinkedHashMap<>();
    for (var e : new TreeMap<>(delta).entrySet()) {
      Quantity most = Quantity.tryParse(hard.path(e.getKey()).asText(""));
      if (most == null) {
        continue;
      }
      Quantity now = Quantity.tryParse(quota.at("status", "used", e.getKey()).asText(""));
      if (now == null) {
        throw Refusal.of(
            request, "status unknown for quota: " + quota.name() + ", resources: " + e.getKey());
      }
      Quantity sum = now.plus(e.getValue());
      if (sum.compareTo(most) > 0 && !isClaimStatus(request)) {
        exceeded.add(e.getKey());
      }
      used.put(e.getKey(), sum);
    }
    if (!exceeded.isEmpty()) {
      throw Refusal.of(
          request,
          "exceeded quota: "
              + quota.name()
              + ", requested: "
              + list(exceeded, k -> String.valueOf(delta.get(k)))
              + ", used: "
              + list(exceeded, k -> quota.at("status", "used", k).asText("0"))
              + ", limited: "
              + list(exceeded, k -> hard.path(k).asText("0")));
    }
    if (used.isEmpty()) {
      return quota;
    }
    return quota.with(o -> {
      ObjectNode node = o.withObjectProperty("status").withObjectProperty("used");
      used.forEach((k, q) -> node.put(k, q.toString()));
    });
  }

  private static String list(
      List<String> names, java.util.function.Function<String, String> value) {
    return String.join(",", names.stream().map(n -> n + "=" + value.apply(n)).toList());
  }
}
