package dev.coracle.controllers.internal.quota;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.AttributesClasses;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Quantity;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.quota.QuotaScopes;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import dev.coracle.controllers.internal.ResourceCatalog;
import dev.coracle.controllers.internal.ResourceCatalog.Entry;
import dev.coracle.controllers.internal.pods.Pods;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Keeps {@code status.used} of ResourceQuotas equal to what there is, above all when something
 * goes; admission only counts what comes.
 */
public final class ResourceQuotaController extends LoopController {

  /** What was counted and then not created is found out after this time, as upstream does it. */
  private static final Duration RECOUNT = Duration.ofMinutes(5);

  /**
   * Admission counts from the moment at which it sees what is hard; what it let in just before that
   * may have come after the first count.
   */
  private static final Duration SETTLED = Duration.ofSeconds(1);

  private final Lister quotas;
  private final ResourceCatalog catalog;

  public ResourceQuotaController(Environment env, ResourceCatalog catalog) {
    super("resourcequota-controller", env);
    this.catalog = catalog;
    Informer quotaInformer = env.informer(Resources.RESOURCE_QUOTAS);
    this.quotas = quotaInformer.lister();
    quotaInformer.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject quota) {
            loop.enqueue(quota);
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            // What admission has just added to the use is not in the lists yet; counting now would
            // take it away again.
            if (!now.at("spec").equals(before.at("spec"))
                || !now.at("spec", "hard").equals(now.at("status", "hard"))) {
              loop.enqueue(now);
            }
          }

          @Override
          public void deleted(KubeObject last) {}
        });
    catalog.collectable().forEach(this::follow);
    catalog.addListener(
        new ResourceCatalog.Listener() {
          @Override
          public void appeared(Entry entry) {
            follow(entry);
          }

          @Override
          public void disappeared(Entry entry) {}
        });
  }

  private void follow(Entry entry) {
    if (!entry.namespaced() || !entry.isCollectable()) {
      return;
    }
    env.informer(entry.resource())
        .addHandler(
            new Informer.Handler() {
              // Admission has counted it, and perhaps the next one too, which is not in the lists
              // yet: counting now would take that away again.
              @Override
              public void added(KubeObject object) {}

              @Override
              public void updated(KubeObject before, KubeObject now) {
                if (Pods.isFinished(before) != Pods.isFinished(now)
                    || (entry.resource().equals(Resources.PODS)
                        && before.generation() != now.generation())
                    || (entry.resource().equals(Resources.SERVICES)
                        && !before.at("spec").equals(now.at("spec")))
                    || (entry.resource().equals(Resources.PERSISTENT_VOLUME_CLAIMS)
                        && !counted(before).equals(counted(now)))) {
                  wake(now);
                }
              }

              @Override
              public void deleted(KubeObject last) {
                wake(last);
              }
            });
  }

  /** What of a claim's status a quota counts, or by which scope: admission hears of none of it. */
  private static List<Object> counted(KubeObject claim) {
    return List.of(
        claim.at("status", "allocatedResources"), AttributesClasses.ofClaim(claim.tree()));
  }

  private void wake(KubeObject object) {
    quotas.list(object.namespace()).forEach(loop::enqueue);
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject quota = quotas.get(name.namespace(), name.name()).orElse(null);
    if (quota == null || quota.isDeleting()) {
      return DONE;
    }
    JsonNode hard = quota.at("spec", "hard");
    return used(name.namespace(), quota)
        .chain(used -> {
          ObjectNode status = Json.object();
          if (hard.isObject()) {
            status.set("hard", hard.deepCopy());
          }
          status.set("used", used);
          boolean known = hard.equals(quota.at("status", "hard"));
          Result again = Result.requeueAfter(known ? RECOUNT : SETTLED);
          return status.equals(quota.at("status"))
              ? Uni.createFrom().item(again)
              : env.client()
                  .updateStatus(Resources.RESOURCE_QUOTAS, quota.with(n -> n.set("status", status)))
                  .replaceWith(again)
                  .onFailure(StatusException::isNotFound)
                  .recoverWithItem(Result.DONE);
        });
  }

  /**
   * How much of each amount is used. Counts what the API server lists, not what informers hold:
   * those may not have what came just before the quota, or what admission has counted already.
   */
  private Uni<ObjectNode> used(String namespace, KubeObject quota) {
    QuotaTotals totals = new QuotaTotals(quota.at("spec"), env.now());
    ObjectNode used = Json.object();
    JsonNode hard = quota.at("spec", "hard");
    Uni<Void> counting =
        count(totals, Resources.PODS, namespace, totals.needsPods())
            .chain(() -> count(totals, Resources.SERVICES, namespace, totals.needsServices()))
            .chain(() ->
                count(totals, Resources.PERSISTENT_VOLUME_CLAIMS, namespace, totals.needsClaims()))
            .chain(
                () -> count(totals, Resources.RESOURCE_CLAIMS, namespace, totals.needsDevices()));
    for (Map.Entry<String, JsonNode> entry : hard.properties()) {
      String resource = entry.getKey();
      counting =
          counting
              .chain(() -> {
                Quantity amount = totals.of(resource);
                return amount.signum() == 0 && !resource.equals("pods")
                    ? counted(namespace, resource, quota.at("spec"))
                    : Uni.createFrom().item(amount);
              })
              .invoke(amount -> used.put(resource, amount.toString()))
              .replaceWithVoid();
    }
    return counting.replaceWith(used);
  }

  private Uni<Void> count(
      QuotaTotals totals, GroupVersionResource resource, String namespace, boolean needed) {
    if (!needed) {
      return Uni.createFrom().voidItem();
    }
    return env.client()
        .list(resource, namespace, ListOptions.ALL)
        .invoke(found ->
            totals.add(
                resource.groupResource(), found.items().stream().map(KubeObject::trimmed).toList()))
        .replaceWithVoid();
  }

  /** Numbers of objects: {@code secrets}, {@code count/deployments.apps}. */
  private Uni<Quantity> counted(String namespace, String name, JsonNode spec) {
    String resource = name.startsWith("count/") ? name.substring(6) : name;
    return catalog.collectable().stream()
        .filter(e -> e.namespaced() && e.resource().groupResource().toString().equals(resource))
        .findFirst()
        .map(e ->
            env.client()
                .list(e.resource(), namespace, ListOptions.ALL)
                .map(found ->
                    Quantity.of(
                        found.items().stream()
                            .filter(o ->
                                QuotaScopes.count(spec, e.resource().groupResource(), o.tree()))
                            .count())))
        .orElseGet(() -> Uni.createFrom().item(Quantity.ZERO));
  }
}
