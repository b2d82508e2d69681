package dev.coracle.controllers.internal.cronjob;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import dev.coracle.controllers.internal.status.Conditions;
import io.micrometer.core.instrument.Timer;
import io.smallrye.mutiny.Uni;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/** Makes a Job at each scheduled time; one timer per CronJob, for its next time. */
public final class CronJobController extends LoopController {

  private static final String SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp";

  private static final DateTimeFormatter MISSED =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss Z", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  /** From 1 s on, each twice the one before. */
  private static final Duration[] SKEW =
      IntStream.range(0, 10).mapToObj(i -> Duration.ofSeconds(1L << i)).toArray(Duration[]::new);

  private final Lister cronJobs;
  private final Lister jobs;

  public CronJobController(Environment env) {
    super("cronjob-controller", env);
    Informer cronInformer = env.informer(Resources.CRON_JOBS);
    Informer jobInformer = env.informer(Resources.JOBS).addIndex(Informer.BY_CONTROLLER_UID);
    this.cronJobs = cronInformer.lister();
    this.jobs = jobInformer.lister();
    loop.follow(cronInformer);
    onAny(
        jobInformer,
        job ->
            job.controllerOwner()
                .filter(o -> o.kind().equals("CronJob"))
                .ifPresent(o -> enqueue(job.namespace(), o.name())));
  }

  private static boolean isFinished(KubeObject job) {
    return Conditions.isTrue(job, "Complete") || Conditions.isTrue(job, "Failed");
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject cron = cronJobs.get(name.namespace(), name.name()).orElse(null);
    if (cron == null || cron.isDeleting()) {
      return DONE;
    }
    List<KubeObject> owned = List.copyOf(jobs.byIndex(Informer.BY_CONTROLLER_UID, cron.uid()));
    ObjectNode status =
        cron.at("status").isObject() ? (ObjectNode) cron.at("status").deepCopy() : Json.object();
    active(cron, status, owned);
    return clearHistory(cron, owned)
        .chain(() -> schedule(cron, status, owned))
        .chain(result -> write(cron, status).replaceWith(result));
  }

  /** Brings the list of running Jobs up to date and says which have ended. */
  private void active(KubeObject cron, ObjectNode status, List<KubeObject> owned) {
    for (JsonNode listed : cron.at("status", "active")) {
      owned.stream()
          .filter(j -> j.uid().equals(listed.path("uid").asText()))
          .findFirst()
          .ifPresentOrElse(
              job -> {
                if (isFinished(job)) {
                  events.normal(
                      cron,
                      "SawCompletedJob",
                      "Saw completed job: "
                          + job.name()
                          + ", condition: "
                          + (Conditions.isTrue(job, "Complete") ? "Complete" : "Failed"));
                }
              },
              () ->
                  events.normal(
                      cron,
                      "MissingJob",
                      "Active job went missing: " + listed.path("name").asText()));
    }
    owned.stream()
        .filter(job -> !isFinished(job) && !isScheduled(job))
        .forEach(job ->
            events.warning(
                cron,
                "UnexpectedJob",
                "Saw a job that the controller did not create or forgot: " + job.name()));
    ArrayNode active = Json.array();
    running(owned).stream()
        .sorted(Comparator.comparing(KubeObject::name))
        .forEach(job -> {
          active
              .addObject()
              .put("kind", "Job")
              .put("namespace", job.namespace())
              .put("name", job.name())
              .put("uid", job.uid())
              .put("apiVersion", "batch/v1")
              .put("resourceVersion", job.resourceVersion());
        });
    if (active.isEmpty()) {
      status.remove("active");
    } else {
      status.set("active", active);
    }
    owned.stream()
        .map(job -> job.text("status", "completionTime"))
        .filter(time -> !time.isEmpty())
        .max(Comparator.naturalOrder())
        .filter(time -> time.compareTo(status.path("lastSuccessfulTime").asText("")) > 0)
        .ifPresent(time -> status.put("lastSuccessfulTime", time));
  }

  /**
   * Whether the controller made it. {@code kubectl create job --from} makes Jobs that it did not.
   */
  private static boolean isScheduled(KubeObject job) {
    return job.annotations().containsKey(SCHEDULED);
  }

  private static List<KubeObject> running(List<KubeObject> owned) {
    return owned.stream().filter(job -> !isFinished(job) && isScheduled(job)).toList();
  }

  private Uni<Void> clearHistory(KubeObject cron, List<KubeObject> owned) {
    List<Uni<Void>> steps = new ArrayList<>();
    for (String end : List.of("Complete", "Failed")) {
      int limit =
          end.equals("Complete")
              ? cron.at("spec", "successfulJobsHistoryLimit").asInt(3)
              : cron.at("spec", "failedJobsHistoryLimit").asInt(1);
      List<KubeObject> ended =
          owned.stream()
              .filter(job -> Conditions.isTrue(job, end) && !job.isDeleting())
              .sorted(
                  Comparator.<KubeObject, String>comparing(j -> j.text("status", "startTime"))
                      .thenComparing(KubeObject::name))
              .toList();
      ended.stream()
          .limit(Math.max(0, ended.size() - limit))
          .forEach(job -> steps.add(delete(cron, job)));
    }
    return steps.isEmpty()
        ? Uni.createFrom().voidItem()
        : Uni.join().all(steps).andCollectFailures().replaceWithVoid();
  }

  private Uni<Void> delete(KubeObject cron, KubeObject job) {
    return env.client()
        .delete(
            Resources.JOBS,
            job.namespace(),
            job.name(),
            DeleteOptions.background().ifUid(job.uid()))
        .invoke(() -> events.normal(cron, "SuccessfulDelete", "Deleted job " + job.name()))
        .replaceWithVoid()
        .onFailure(StatusException::isNotFound)
        .recoverWithNull()
        .onFailure()
        .invoke(failure ->
            events.warning(cron, "FailedDelete", "Deleted job: " + failure.getMessage()));
  }

  private Uni<Result> schedule(KubeObject cron, ObjectNode status, List<KubeObject> owned) {
    ZoneId zone;
    try {
      zone = zone(cron);
    } catch (DateTimeException e) {
      String name = cron.text("spec", "timeZone");
      events.warning(
          cron, "UnknownTimeZone", "invalid timeZone: \"" + name + "\": unknown time zone " + name);
      return DONE;
    }
    if (cron.at("spec", "suspend").asBoolean()) {
      return DONE;
    }
    Schedule schedule;
    try {
      schedule = Schedule.parse(cron.text("spec", "schedule"), zone);
    } catch (IllegalArgumentException | DateTimeException e) {
      events.warning(
          cron,
          "UnparseableSchedule",
          "unparseable schedule: \"" + cron.text("spec", "schedule") + "\" : " + e.getMessage());
      return DONE;
    }
    Instant now = env.now();
    Instant since = since(cron, status, now);
    Optional<Instant> due = due(cron, schedule, since, now);
    Optional<Instant> upcoming = schedule.upcoming(since, now);
    if (due.isEmpty() && upcoming.isEmpty()) {
      events.warning(
          cron,
          "InvalidSchedule",
          "invalid schedule: "
              + cron.text("spec", "schedule")
              + " : time difference between two schedules is less than 1 second");
      return DONE;
    }
    Result again =
        upcoming
            .map(next -> Result.requeueAfter(Duration.between(now, next).plusMillis(100)))
            .orElse(Result.DONE);
    if (due.isEmpty()) {
      return Uni.createFrom().item(again);
    }
    JsonNode deadline = cron.at("spec", "startingDeadlineSeconds");
    if (deadline.isNumber() && due.get().plusSeconds(deadline.asLong()).isBefore(now)) {
      events.warning(
          cron,
          "MissSchedule",
          "Missed scheduled time to start a job: " + MISSED.format(due.get()));
      return Uni.createFrom().item(again);
    }
    List<KubeObject> running = running(owned);
    String policy = cron.text("spec", "concurrencyPolicy");
    if (policy.equals("Forbid") && !running.isEmpty()) {
      events.normal(
          cron,
          "JobAlreadyActive",
          "Not starting job because prior execution is running and concurrency policy is Forbid");
      return Uni.createFrom().item(again);
    }
    Uni<Void> before = Uni.createFrom().voidItem();
    if (policy.equals("Replace")) {
      for (KubeObject job : running) {
        before = before.chain(() -> delete(cron, job));
      }
    }
    Instant at = due.get();
    return before.chain(() -> start(cron, status, at)).replaceWith(again);
  }

  private static ZoneId zone(KubeObject cron) {
    String zone = cron.text("spec", "timeZone");
    return zone.isEmpty() ? ZoneOffset.UTC : ZoneId.of(zone);
  }

  /** From when the times count: the last one for which a Job was due, or the beginning. */
  private static Instant since(KubeObject cron, JsonNode status, Instant now) {
    Instant last = Timestamps.parse(status.path("lastScheduleTime").asText(""));
    Instant since =
        last == null ? Timestamps.parse(cron.text("metadata", "creationTimestamp")) : last;
    return since == null ? now : since;
  }

  /** The latest time that has passed since the last Job, empty while none has. */
  private Optional<Instant> due(KubeObject cron, Schedule schedule, Instant since, Instant now) {
    JsonNode deadline = cron.at("spec", "startingDeadlineSeconds");
    Instant earliest = deadline.isNumber() ? now.minusSeconds(deadline.asLong()) : since;
    Schedule.Passed passed =
        schedule.passed(since, earliest.isAfter(since) ? earliest : since, now);
    if (passed.tooMany()) {
      events.warning(
          cron,
          "TooManyMissedTimes",
          "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check"
              + " clock skew");
    }
    return passed.last();
  }

  private void skew(Instant at, KubeObject job) {
    Instant made = Timestamps.parse(job.text("metadata", "creationTimestamp"));
    if (made != null && !made.isBefore(at)) {
      Timer.builder("cronjob_controller_job_creation_skew_duration_seconds")
          .description("Time between when a Job was due and when it was created")
          .serviceLevelObjectives(SKEW)
          .register(env.registry())
          .record(Duration.between(at, made));
    }
  }

  private Uni<Void> start(KubeObject cron, ObjectNode status, Instant at) {
    JsonNode template = cron.at("spec", "jobTemplate");
    KubeObject job =
        KubeObject.create(
            GroupVersionKind.of("batch/v1", "Job"),
            cron.namespace(),
            cron.name() + "-" + at.getEpochSecond() / 60,
            node -> {
              ObjectNode metadata = node.withObjectProperty("metadata");
              for (String field : List.of("labels", "annotations")) {
                JsonNode value = template.path("metadata").path(field);
                if (!value.isEmpty()) {
                  metadata.set(field, value.deepCopy());
                }
              }
              metadata
                  .withObjectProperty("annotations")
                  .put(
                      SCHEDULED,
                      DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(
                          at.truncatedTo(ChronoUnit.SECONDS).atZone(zone(cron))));
              metadata.putArray("ownerReferences").add(OwnerReference.controlledBy(cron).toJson());
              node.set("spec", template.path("spec").deepCopy());
            });
    return env.client()
        .create(Resources.JOBS, cron.namespace(), job, WriteOptions.NONE)
        .invoke(made -> {
          skew(at, made);
          events.normal(cron, "SuccessfulCreate", "Created job " + made.name());
          status
              .withArrayProperty("active")
              .addObject()
              .put("kind", "Job")
              .put("namespace", made.namespace())
              .put("name", made.name())
              .put("uid", made.uid())
              .put("apiVersion", "batch/v1")
              .put("resourceVersion", made.resourceVersion());
        })
        .replaceWithVoid()
        .onFailure(
            f -> StatusException.isAlreadyExists(f) || StatusException.isNamespaceTerminating(f))
        .recoverWithNull()
        .onFailure()
        .invoke(failure ->
            events.warning(cron, "FailedCreate", "Error creating job: " + failure.getMessage()))
        .invoke(() -> status.put("lastScheduleTime", Timestamps.time(at)));
  }

  private Uni<Void> write(KubeObject cron, ObjectNode status) {
    return status.equals(cron.at("status"))
        ? Uni.createFrom().voidItem()
        : env.client()
            .updateStatus(Resources.CRON_JOBS, cron.with(n -> n.set("status", status)))
            .replaceWithVoid()
            .onFailure(StatusException::isNotFound)
            .recoverWithNull();
  }
}
