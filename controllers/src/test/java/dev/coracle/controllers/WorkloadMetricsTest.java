package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What upstream's stable metrics of Jobs and CronJobs tell. */
class WorkloadMetricsTest {

  private final Cluster c = new Cluster();

  private static String job(String more) {
    return """
    {"apiVersion":"batch/v1","kind":"Job","metadata":{"namespace":"default","name":"j"},
     "spec":{%s,"selector":{"matchLabels":{"job":"j"}},
      "template":{"metadata":{"labels":{"job":"j"}},
       "spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}}}\
    """
        .formatted(more);
  }

  private void end(String phase) {
    for (KubeObject pod : List.copyOf(c.pods())) {
      if (pod.text("status", "phase").equals("Running")) {
        c.api.change(
            Resources.PODS,
            "default",
            pod.name(),
            n -> n.withObjectProperty("status").put("phase", phase));
      }
    }
    c.context.runUntilIdle();
    c.pass(Duration.ofSeconds(1));
  }

  private double count(String metric, String... tags) {
    return c.registry.counter("job_controller_" + metric, tags).count();
  }

  private Set<String> actions() {
    Set<String> out = new TreeSet<>();
    c.registry
        .find("job_controller_job_syncs_total")
        .tag("result", "success")
        .counters()
        .forEach(counter -> out.add(String.valueOf(counter.getId().getTag("action"))));
    return out;
  }

  @Test
  void aJobThatCompletes() {
    c.create(
        Resources.JOBS,
        job(
            "\"completions\":2,\"parallelism\":2,\"backoffLimit\":6,\"completionMode\":\"Indexed\""));
    c.pass(Duration.ofSeconds(1));
    assertThat(actions()).contains("pods_created", "tracking");
    assertThat(
            count("job_pods_finished_total", "completion_mode", "Indexed", "result", "succeeded"))
        .isZero();
    end("Succeeded");
    assertThat(
            count("job_pods_finished_total", "completion_mode", "Indexed", "result", "succeeded"))
        .isEqualTo(2);
    assertThat(
            count(
                "jobs_finished_total",
                "completion_mode",
                "Indexed",
                "result",
                "succeeded",
                "reason",
                "CompletionsReached"))
        .isEqualTo(1);
    long syncs =
        c.registry.find("job_controller_job_sync_duration_seconds").timers().stream()
            .mapToLong(Timer::count)
            .sum();
    assertThat(syncs).isPositive();
    assertThat(c.registry.find("job_controller_job_syncs_total").tag("result", "error").counters())
        .isEmpty();
  }

  @Test
  void aJobThatFails() {
    c.create(Resources.JOBS, job("\"completions\":1,\"parallelism\":1,\"backoffLimit\":0"));
    c.pass(Duration.ofSeconds(1));
    end("Failed");
    String[] failed = {"completion_mode", "NonIndexed", "result", "failed"};
    assertThat(count("job_pods_finished_total", failed)).isEqualTo(1);
    assertThat(
            count(
                "jobs_finished_total",
                "completion_mode",
                "NonIndexed",
                "result",
                "failed",
                "reason",
                "BackoffLimitExceeded"))
        .isEqualTo(1);
  }

  @Test
  void podsThatASuspendedJobLoses() {
    c.create(Resources.JOBS, job("\"completions\":1,\"parallelism\":1,\"backoffLimit\":6"));
    c.pass(Duration.ofSeconds(1));
    assertThat(actions()).doesNotContain("pods_deleted");
    c.edit(Resources.JOBS, "j", n -> n.withObjectProperty("spec").put("suspend", true));
    c.pass(Duration.ofSeconds(1));
    assertThat(actions()).contains("pods_deleted");
  }

  @Test
  void howLateJobsOfACronJobAre() {
    c.create(
        Resources.CRON_JOBS,
        """
        {"apiVersion":"batch/v1","kind":"CronJob","metadata":{"namespace":"default","name":"cron"},
         "spec":{"schedule":"*/5 * * * *","jobTemplate":{"spec":{"completions":1,"parallelism":1,
          "backoffLimit":1,"selector":{"matchLabels":{"job":"x"}},
           "template":{"metadata":{"labels":{"job":"x"}},
            "spec":{"restartPolicy":"Never","containers":[{"name":"c"}]}}}}}}\
        """);
    c.pass(Duration.ofMinutes(6));
    assertThat(c.api.all(Resources.JOBS)).hasSize(1);
    assertThat(
            c.registry.get("cronjob_controller_job_creation_skew_duration_seconds").timer().count())
        .isEqualTo(1);
  }

  @Test
  void whichControllersRun() {
    String[] tags = {"manager", "kube-controller-manager", "name", "job-controller"};
    assertThat(c.registry.get("running_managed_controllers").tags(tags).gauge().value())
        .isEqualTo(1);
    c.manager.stop();
    assertThat(c.registry.get("running_managed_controllers").tags(tags).gauge().value()).isZero();
  }
}
