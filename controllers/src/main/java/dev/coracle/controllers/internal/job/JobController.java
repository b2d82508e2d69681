package dev.coracle.controllers.internal.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Concurrent;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import dev.coracle.controllers.internal.job.JobMetrics.Action;
import dev.coracle.controllers.internal.pods.Expectations;
import dev.coracle.controllers.internal.pods.PodClaims;
import dev.coracle.controllers.internal.pods.PodControl;
import dev.coracle.controllers.internal.pods.Pods;
import dev.coracle.controllers.internal.status.Conditions;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * Runs pods to completion: as many at once as {@code parallelism} says until {@code completions}
 * have succeeded, with a growing delay after failures, until {@code backoffLimit}, a deadline or a
 * failure rule ends it. Counting is exact ({@link JobCounts}).
 */
public final class JobController extends LoopController {

  private static final int BURST = 500;

  private final Lister jobs;
  private final Lister pods;
  private final PodControl control;
  private final PodClaims claims;
  private final Expectations expectations;
  private final JobStatus statuses;
  private final JobBackoff backoff;
  private final JobMetrics metrics;
  private final JobFinalizers finalizers;

  public JobController(Environment env) {
    super("job-controller", env);
    Informer jobInformer = env.informer(Resources.JOBS);
    Informer podInformer = PodClaims.index(env.informer(Resources.PODS));
    this.jobs = jobInformer.lister();
    this.pods = podInformer.lister();
    this.control = new PodControl(env.client(), events);
    this.claims = new PodClaims(pods, control);
    this.statuses = new JobStatus(events);
    this.backoff = new JobBackoff(env::now);
    this.metrics = new JobMetrics(env.registry());
    this.finalizers = new JobFinalizers(env, pods);
    this.expectations = new Expectations(env.context());
    loop.follow(jobInformer);
    jobInformer.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject job) {
            if (isElsewhere(job)) {
              metrics.external(job.text("spec", "managedBy"));
            }
          }
        });
    podInformer.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject pod) {
            metrics.tracked(null, pod);
            finalizers.seen(pod);
            wakeByLabels(pod);
            owner(pod)
                .ifPresent(o -> {
                  expectations.seen(o, pod.uid());
                  loop.enqueue(o);
                });
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            metrics.tracked(before, now);
            finalizers.seen(now);
            if (!owner(before).equals(owner(now))) {
              owner(before).ifPresent(loop::enqueue);
            }
            wakeByLabels(now);
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
            metrics.tracked(last, null);
            finalizers.gone(last);
            owner(last)
                .ifPresent(o -> {
                  expectations.deleted(o, last.uid());
                  loop.enqueue(o);
                });
          }
        });
  }

  @Override
  public void start() {
    super.start();
    finalizers.start();
  }

  @Override
  public void stop() {
    finalizers.stop();
    super.stop();
  }

  /** A pod that belongs to nobody may be adopted by the Jobs whose selector it meets. */
  private void wakeByLabels(KubeObject pod) {
    if (owner(pod).isEmpty() && !pod.isDeleting()) {
      jobs.list(pod.namespace()).stream()
          .filter(j -> LabelSelector.of(j.at("spec", "selector")).matches(pod))
          .forEach(loop::enqueue);
    }
  }

  private static Optional<NamespacedName> owner(KubeObject pod) {
    return PodClaims.owner(pod, "batch/v1", "Job")
        .map(o -> new NamespacedName(pod.namespace(), o.name()));
  }

  /** Another controller has it. */
  private static boolean isElsewhere(KubeObject job) {
    String manager = job.text("spec", "managedBy");
    return !manager.isEmpty() && !manager.equals("kubernetes.io/job-controller");
  }

  static boolean isFinished(KubeObject job) {
    return Conditions.isTrue(job, "Complete") || Conditions.isTrue(job, "Failed");
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject job = jobs.get(name.namespace(), name.name()).orElse(null);
    if (job == null) {
      expectations.forget(name);
      // The pods of a deleted Job must not be held by its finalizer.
      return freeOrphans(name);
    }
    LabelSelector selector = LabelSelector.of(job.at("spec", "selector"));
    if (!job.at("spec", "selector").isObject()) {
      return DONE; // The API gives every Job one; without it no pod would count as its own.
    }
    if (isElsewhere(job)) {
      return DONE;
    }
    return claims
        .claim(job, selector, _ -> true)
        .chain(all -> isFinished(job) ? release(all) : measured(name, job, all));
  }

  private Uni<Result> freeOrphans(NamespacedName job) {
    List<KubeObject> left =
        pods.list(job.namespace()).stream()
            .filter(p -> owner(p).filter(job::equals).isPresent() && JobCounts.isTracked(p))
            .toList();
    return release(left);
  }

  private Uni<Result> release(List<KubeObject> all) {
    return untrackAll(all).replaceWith(Result.DONE);
  }

  private Uni<Result> measured(NamespacedName name, KubeObject job, List<KubeObject> all) {
    Instant began = env.now();
    AtomicReference<Action> action = new AtomicReference<>(Action.RECONCILING);
    return Uni.createFrom()
        .deferred(() -> sync(name, job, all, action))
        .onItemOrFailure()
        .invoke((_, failure) ->
            metrics.synced(job, action.get(), failure == null, Duration.between(began, env.now())));
  }

  /**
   * @param action is told what was done of the pods
   */
  private Uni<Result> sync(
      NamespacedName name, KubeObject job, List<KubeObject> all, AtomicReference<Action> action) {
    Instant now = env.now();
    boolean suspended = job.at("spec", "suspend").asBoolean();
    ObjectNode status =
        job.at("status").isObject() ? (ObjectNode) job.at("status").deepCopy() : Json.object();
    if (!status.has("startTime") && !suspended) {
      status.put("startTime", Timestamps.time(now));
    }
    JobCounts.settle(status, all);
    JobCounts.complete(status, job, all);
    FailedIndexes.record(status, job, all);
    Map<Integer, KubeObject> awaiting = FailedIndexes.awaiting(job, status, all);
    List<KubeObject> finished = JobCounts.record(status, job, without(all, awaiting.values()));
    List<KubeObject> active = all.stream().filter(Pods::isActive).toList();
    int failed = JobCounts.total(status, "failed") + uncounted(job, awaiting.values());
    Optional<JobFailure> failure = JobFailure.of(job, status, all, failed, now);
    Optional<String> policy = SuccessPolicy.met(job, status);
    boolean succeeded = policy.isPresent() || failure.isEmpty() && isDone(job, status, active);
    Optional<JobStatus.Ending> ending = JobStatus.ending(status, failure, policy, succeeded);
    if (ending.isPresent() || job.isDeleting()) {
      finished.addAll(JobCounts.record(status, job, awaiting.values()));
    }

    Uni<Duration> work = Uni.createFrom().item(Duration.ZERO);
    if (!job.isDeleting() && expectations.satisfied(name)) {
      Managed managed =
          ending.isPresent()
              ? new Managed(Action.PODS_DELETED, stopAll(name, job, active))
              : suspended
                  ? new Managed(Action.PODS_DELETED, dismiss(name, job, active))
                  : manage(name, job, status, all, active, awaiting);
      action.set(managed.action());
      work = managed.later();
    }
    boolean stop = ending.isPresent() || suspended;
    Duration deadline = JobFailure.untilDeadline(job, status, now);
    return work.chain(wait -> {
      JobStatus.counts(status, all, stop ? List.of() : active);
      statuses.suspension(status, job, suspended, now);
      statuses.conclude(status, job, all, ending, now);
      Duration next = soonest(wait, deadline);
      return write(job, status)
          .invoke(() -> tellOfPolicy(job, finished))
          .chain(() -> untrackAll(finished))
          .replaceWith(next.isZero() ? Result.DONE : Result.requeueAfter(next));
    });
  }

  private static Duration soonest(Duration a, Duration b) {
    return a.isZero() ? b : b.isZero() || a.compareTo(b) < 0 ? a : b;
  }

  private static List<KubeObject> without(List<KubeObject> all, Collection<KubeObject> some) {
    return all.stream().filter(p -> !some.contains(p)).toList();
  }

  /** How many of these are failures that the status does not count yet. */
  private static int uncounted(KubeObject job, Collection<KubeObject> awaiting) {
    return (int)
        awaiting.stream()
            .filter(p -> !(FailurePolicy.of(job, p) instanceof FailurePolicy.Verdict.Ignore))
            .count();
  }

  private void tellOfPolicy(KubeObject job, List<KubeObject> finished) {
    finished.stream()
        .filter(p -> JobCounts.isFailed(job, p) && !finalizers.isRemoving(p))
        .forEach(p -> FailurePolicy.action(job, p).ifPresent(metrics::handled));
  }

  private Uni<Void> untrackAll(List<KubeObject> some) {
    return Concurrent.forEach(some, finalizers::remove);
  }

  private static boolean isDone(KubeObject job, JsonNode status, List<KubeObject> active) {
    int succeeded = JobCounts.total(status, "succeeded");
    JsonNode completions = job.at("spec", "completions");
    return completions.isNumber()
        ? succeeded >= completions.asInt()
        : succeeded > 0 && active.isEmpty();
  }

  private Uni<Duration> stopAll(NamespacedName name, KubeObject job, List<KubeObject> active) {
    List<Supplier<Uni<Void>>> steps = new ArrayList<>();
    active.forEach(pod -> steps.add(() -> delete(name, pod, job)));
    return PodControl.slowStart(steps).map(_ -> Duration.ZERO);
  }

  /** Pods that go because fewer are wanted have not failed, so they are not counted. */
  private Uni<Duration> dismiss(NamespacedName name, KubeObject job, List<KubeObject> some) {
    List<Supplier<Uni<Void>>> steps = new ArrayList<>();
    for (KubeObject pod : some) {
      steps.add(() -> {
        expectations.deleting(name, pod.uid());
        return finalizers
            .remove(pod)
            .onFailure()
            .invoke(() -> expectations.deleted(name, pod.uid()))
            .chain(() -> delete(name, pod, job));
      });
    }
    return PodControl.slowStart(steps).map(_ -> Duration.ZERO);
  }

  private Uni<Void> delete(NamespacedName name, KubeObject pod, KubeObject job) {
    expectations.deleting(name, pod.uid());
    return control.delete(pod, job).onFailure().invoke(() -> expectations.deleted(name, pod.uid()));
  }

  /**
   * What is done of a Job's pods.
   *
   * @param later how long to wait after a failure, or zero
   */
  private record Managed(Action action, Uni<Duration> later) {}

  /** Makes or deletes pods. */
  private Managed manage(
      NamespacedName name,
      KubeObject job,
      JsonNode status,
      List<KubeObject> all,
      List<KubeObject> active,
      Map<Integer, KubeObject> awaiting) {
    int parallelism = job.at("spec", "parallelism").asInt(1);
    JsonNode completions = job.at("spec", "completions");
    int succeeded = JobCounts.total(status, "succeeded");
    int wanted =
        completions.isNumber()
            ? Math.min(
                parallelism, completions.asInt() - succeeded - FailedIndexes.of(job, status).size())
            : succeeded > 0 ? active.size() : parallelism;
    List<KubeObject> surplus =
        IndexedPods.surplus(job, active, active.size() - Math.max(0, wanted));
    if (!surplus.isEmpty()) {
      return new Managed(Action.PODS_DELETED, dismiss(name, job, surplus));
    }
    int terminating = (int) all.stream().filter(p -> p.isDeleting() && !Pods.isFinished(p)).count();
    int held = JobCounts.replacesFailedOnly(job) ? terminating : 0;
    int missing = Math.min(BURST, wanted - active.size() - held);
    if (missing <= 0) {
      return new Managed(Action.TRACKING, Uni.createFrom().item(Duration.ZERO));
    }
    // Where each index has a limit of its own, each also waits for itself.
    Duration wait = FailedIndexes.apply(job) ? Duration.ZERO : backoff.of(all, status);
    if (wait.isPositive()) {
      return new Managed(Action.PODS_CREATED, Uni.createFrom().item(wait));
    }
    List<Integer> indexes =
        JobCounts.isIndexed(job)
            ? backoff.freeIndexes(job, status, all, awaiting, missing)
            : List.of();
    List<Supplier<Uni<Void>>> steps = new ArrayList<>();
    int count = JobCounts.isIndexed(job) ? indexes.size() : missing;
    int failed = JobCounts.total(status, "failed") + uncounted(job, awaiting.values());
    for (int i = 0; i < count; i++) {
      Optional<Integer> index =
          JobCounts.isIndexed(job) ? Optional.of(indexes.get(i)) : Optional.empty();
      steps.add(() ->
          create(name, job, index, awaiting)
              .onItemOrFailure()
              .invoke((_, failure) -> {
                if (failure == null || !StatusException.isNamespaceTerminating(failure)) {
                  metrics.created(job, failed, terminating, failure == null);
                }
              }));
    }
    Uni<Duration> created =
        PodControl.slowStart(steps)
            .chain(progress ->
                progress
                    .failure()
                    .filter(f -> !StatusException.isNamespaceTerminating(f))
                    .map(f -> Uni.createFrom().<Duration>failure(f))
                    .orElseGet(() ->
                        Uni.createFrom()
                            .item(
                                FailedIndexes.apply(job) && count < missing
                                    ? backoff.soonestIndex(job, status, all, awaiting)
                                    : Duration.ZERO)));
    return new Managed(Action.PODS_CREATED, created);
  }

  private Uni<Void> create(
      NamespacedName name,
      KubeObject job,
      Optional<Integer> index,
      Map<Integer, KubeObject> awaiting) {
    expectations.creating(name);
    KubeObject pod =
        PodControl.fromTemplate(
            job.at("spec", "template"),
            job,
            node -> {
              node.withObjectProperty("metadata")
                  .withArrayProperty("finalizers")
                  .add(JobCounts.FINALIZER);
              index.ifPresent(i -> IndexedPods.mark(node, job, i, awaiting.get(i)));
            });
    return control
        .create(pod, job)
        .invoke(made -> expectations.created(name, made.uid()))
        .onFailure()
        .invoke(() -> expectations.notCreated(name))
        .replaceWithVoid();
  }

  private Uni<Void> write(KubeObject job, ObjectNode status) {
    if (status.equals(job.at("status"))) {
      return Uni.createFrom().voidItem();
    }
    return env.client()
        .updateStatus(Resources.JOBS, job.with(n -> n.set("status", status)))
        .invoke(() -> metrics.written(job, status))
        .replaceWithVoid()
        .onFailure(StatusException::isNotFound)
        .recoverWithNull();
  }
}
