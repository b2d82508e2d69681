package dev.coracle.controllers.internal.daemonset;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import dev.coracle.controllers.internal.pods.Expectations;
import dev.coracle.controllers.internal.pods.PodClaims;
import dev.coracle.controllers.internal.pods.PodControl;
import dev.coracle.controllers.internal.pods.Pods;
import dev.coracle.controllers.internal.revisions.TemplateRevisions;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** Keeps one pod on every node that fits, and replaces them for a new template a few at a time. */
public final class DaemonSetController extends LoopController {

  /** Counted by the API server, when the template changes. */
  private static final String GENERATION = "deprecated.daemonset.template.generation";

  private final Lister sets;
  private final Lister nodes;
  private final PodControl control;
  private final PodClaims claims;
  private final Expectations expectations;
  private final TemplateRevisions revisions;
  private final FailedPodBackoff backoff = new FailedPodBackoff();

  public DaemonSetController(Environment env) {
    super("daemonset-controller", env);
    Informer setInformer = env.informer(Resources.DAEMON_SETS);
    Informer nodeInformer = env.informer(Resources.NODES);
    Informer podInformer = PodClaims.index(env.informer(Resources.PODS));
    this.sets = setInformer.lister();
    this.nodes = nodeInformer.lister();
    this.control = new PodControl(env.client(), events);
    this.claims = new PodClaims(podInformer.lister(), control);
    this.expectations = new Expectations(env.context());
    this.revisions = new TemplateRevisions(env, TemplateRevisions.LABEL);
    loop.follow(setInformer);
    nodeInformer.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject node) {
            sets.list().forEach(loop::enqueue);
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (!before.at("metadata", "labels").equals(now.at("metadata", "labels"))
                || !before.at("spec", "taints").equals(now.at("spec", "taints"))) {
              sets.list().forEach(loop::enqueue);
            }
          }

          @Override
          public void deleted(KubeObject last) {
            sets.list().forEach(loop::enqueue);
          }
        });
    podInformer.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject pod) {
            owner(pod)
                .ifPresent(o -> {
                  expectations.seen(o, pod.uid());
                  loop.enqueue(o);
                });
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            owner(now)
                .ifPresent(o -> {
                  if (now.isDeleting()) {
                    expectations.deleted(o, now.uid());
                  }
                  loop.enqueue(o);
                });
          }

          @Override
          public void deleted(KubeObject last) {
            owner(last)
                .ifPresent(o -> {
                  expectations.deleted(o, last.uid());
                  loop.enqueue(o);
                });
          }
        });
  }

  private static java.util.Optional<NamespacedName> owner(KubeObject pod) {
    return PodClaims.owner(pod, "apps/v1", "DaemonSet")
        .map(o -> new NamespacedName(pod.namespace(), o.name()));
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject set = sets.get(name.namespace(), name.name()).orElse(null);
    if (set == null) {
      expectations.forget(name);
      return DONE;
    }
    LabelSelector selector = LabelSelector.of(set.at("spec", "selector"));
    if (selector.isEverything()) {
      events.warning(
          set,
          "SelectingAll",
          "This daemon set is selecting all pods. A non-empty selector is required.");
      return DONE;
    }
    boolean may = expectations.satisfied(name) && !set.isDeleting();
    return claims
        .claim(set, selector, _ -> true)
        .chain(pods ->
            revisions
                .current(set)
                .chain(revision -> {
                  Map<String, List<KubeObject>> byNode = new HashMap<>();
                  pods.forEach(p ->
                      byNode.computeIfAbsent(NodeFit.targetOf(p), _ -> new ArrayList<>()).add(p));
                  Uni<Duration> work =
                      may
                          ? manage(name, set, byNode, revision)
                          : Uni.createFrom().item(Duration.ZERO);
                  return work.chain(wait -> status(set, byNode, revision, wait));
                }));
  }

  /** Makes and deletes pods; gives when a failed one may go, zero when none waits. */
  private Uni<Duration> manage(
      NamespacedName name,
      KubeObject set,
      Map<String, List<KubeObject>> byNode,
      KubeObject revision) {
    List<Supplier<Uni<Void>>> steps = new ArrayList<>();
    RollingReplacement rolling =
        new RollingReplacement(set, TemplateRevisions.hash(revision), env.now());
    Duration wait = Duration.ZERO;
    for (KubeObject node : nodes.list()) {
      NodeFit.Fit fit = NodeFit.of(set, node);
      List<KubeObject> here = byNode.getOrDefault(node.name(), List.of());
      List<KubeObject> alive = new ArrayList<>();
      for (KubeObject pod : here) {
        if (pod.isDeleting()) {
          continue;
        }
        if (Pods.isFinished(pod)) {
          Duration left = remains(set, pod, node.name());
          if (left.isZero()) {
            steps.add(() -> delete(name, pod, set));
          } else {
            wait = soonest(wait, left);
          }
        } else {
          alive.add(pod);
        }
      }
      if (fit.shouldRun() && here.stream().allMatch(p -> p.isDeleting() && Pods.isFinished(p))) {
        steps.add(() -> create(name, set, node.name(), revision));
      } else if (!fit.shouldRun() && !fit.mayStay()) {
        alive.forEach(pod -> steps.add(() -> delete(name, pod, set)));
      } else if (alive.size() > 1) {
        rolling.surplus(alive).forEach(pod -> steps.add(() -> delete(name, pod, set)));
      }
    }
    byNode.forEach((node, there) -> {
      if (nodes.get("", node).isEmpty()) {
        // The scheduler would wait for ever for a node that is gone.
        there.stream()
            .filter(pod -> pod.text("spec", "nodeName").isEmpty() && !pod.isDeleting())
            .forEach(pod -> steps.add(() -> delete(name, pod, set)));
      }
    });
    if (steps.isEmpty() && !set.text("spec", "updateStrategy", "type").equals("OnDelete")) {
      update(name, set, byNode, revision, rolling, steps);
    }
    Duration again = wait;
    return PodControl.slowStart(steps)
        .chain(progress ->
            progress
                .failure()
                .filter(f -> !StatusException.isNamespaceTerminating(f))
                .map(f -> Uni.createFrom().<Duration>failure(f))
                .orElseGet(() -> Uni.createFrom().item(again)));
  }

  /** How long a pod that has ended still stays, and says when it goes. */
  private Duration remains(KubeObject set, KubeObject pod, String node) {
    boolean failed = Pods.phase(pod).equals("Failed");
    if (failed) {
      Duration left =
          backoff.ask(new FailedPodBackoff.Place(set.uid(), set.generation(), node), env.now());
      if (left.isPositive()) {
        return left;
      }
    }
    String found =
        "Found "
            + (failed ? "failed" : "succeeded")
            + " daemon pod "
            + pod.key()
            + " on node "
            + node
            + ", will try to "
            + (failed ? "kill" : "delete")
            + " it";
    if (failed) {
      events.warning(set, "FailedDaemonPod", found);
    } else {
      events.normal(set, "SucceededDaemonPod", found);
    }
    return Duration.ZERO;
  }

  private static Duration soonest(Duration a, Duration b) {
    return a.isZero() ? b : b.isZero() || a.compareTo(b) < 0 ? a : b;
  }

  private void update(
      NamespacedName name,
      KubeObject set,
      Map<String, List<KubeObject>> byNode,
      KubeObject revision,
      RollingReplacement rolling,
      List<Supplier<Uni<Void>>> steps) {
    Map<String, List<KubeObject>> wanted = new LinkedHashMap<>();
    for (KubeObject node : nodes.list()) {
      if (NodeFit.of(set, node).shouldRun()) {
        wanted.put(node.name(), byNode.getOrDefault(node.name(), List.of()));
      }
    }
    RollingReplacement.Plan plan = rolling.next(wanted);
    plan.deletions().forEach(pod -> steps.add(() -> delete(name, pod, set)));
    plan.creations().forEach(node -> steps.add(() -> create(name, set, node, revision)));
  }

  private Uni<Void> create(NamespacedName name, KubeObject set, String node, KubeObject revision) {
    expectations.creating(name);
    KubeObject pod =
        PodControl.fromTemplate(
            set.at("spec", "template"),
            set,
            tree -> {
              ObjectNode labels =
                  tree.withObjectProperty("metadata")
                      .withObjectProperty("labels")
                      .put(TemplateRevisions.LABEL, TemplateRevisions.hash(revision));
              set.annotation(GENERATION).ifPresent(g -> labels.put("pod-template-generation", g));
              NodeFit.target(tree.withObjectProperty("spec"), node);
            });
    return control
        .create(pod, set)
        .invoke(made -> expectations.created(name, made.uid()))
        .onFailure()
        .invoke(() -> expectations.notCreated(name))
        .replaceWithVoid();
  }

  private Uni<Void> delete(NamespacedName name, KubeObject pod, KubeObject set) {
    expectations.deleting(name, pod.uid());
    return control.delete(pod, set).onFailure().invoke(() -> expectations.deleted(name, pod.uid()));
  }

  private Uni<Result> status(
      KubeObject set, Map<String, List<KubeObject>> byNode, KubeObject revision, Duration wait) {
    String hash = TemplateRevisions.hash(revision);
    int desired = 0;
    int current = 0;
    int misscheduled = 0;
    int ready = 0;
    int available = 0;
    int updated = 0;
    Duration again = wait;
    Set<String> used = new HashSet<>(Set.of(hash));
    for (KubeObject node : nodes.list()) {
      boolean wanted = NodeFit.of(set, node).shouldRun();
      List<KubeObject> here =
          byNode.getOrDefault(node.name(), List.of()).stream()
              .filter(p -> !p.isDeleting())
              .sorted(RollingReplacement.oldestFirst())
              .toList();
      here.forEach(p -> used.add(p.labels().getOrDefault(TemplateRevisions.LABEL, "")));
      desired += wanted ? 1 : 0;
      if (here.isEmpty()) {
        continue;
      }
      if (!wanted) {
        misscheduled++;
        continue;
      }
      current++;
      KubeObject pod = here.getFirst();
      updated += hash.equals(pod.labels().get(TemplateRevisions.LABEL)) ? 1 : 0;
      ready += Pods.isReady(pod) ? 1 : 0;
      for (KubeObject each : here) {
        Duration until =
            Pods.untilAvailable(each, set.at("spec", "minReadySeconds").asLong(0), env.now());
        available += each == pod && until.isZero() ? 1 : 0;
        again = soonest(again, until.isPositive() ? until : Duration.ZERO);
      }
    }
    ObjectNode status =
        set.at("status").isObject() ? (ObjectNode) set.at("status").deepCopy() : Json.object();
    status.put("observedGeneration", (int) set.generation());
    status.put("desiredNumberScheduled", desired);
    status.put("currentNumberScheduled", current);
    status.put("numberMisscheduled", misscheduled);
    status.put("numberReady", ready);
    count(status, "updatedNumberScheduled", updated);
    count(status, "numberAvailable", available);
    count(status, "numberUnavailable", desired - available);
    Result next = again.isZero() ? Result.DONE : Result.requeueAfter(again);
    Uni<Result> written =
        status.equals(set.at("status"))
            ? Uni.createFrom().item(next)
            : env.client()
                .updateStatus(Resources.DAEMON_SETS, set.with(n -> n.set("status", status)))
                .replaceWith(next)
                .onFailure(StatusException::isNotFound)
                .recoverWithItem(next);
    return written.call(
        () -> revisions.clear(set, used, set.at("spec", "revisionHistoryLimit").asInt(10)));
  }

  private static void count(ObjectNode status, String field, int value) {
    if (value == 0) {
      status.remove(field);
    } else {
      status.put(field, value);
    }
  }
}
