package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What upstream's metrics of single controllers tell. */
class ControllerMetricsTest {

  private final Cluster c = new Cluster();

  private double gauge(String name, String... tags) {
    return c.registry.get(name).tags(tags).gauge().value();
  }

  private double count(String name, String... tags) {
    var counter = c.registry.find(name).tags(tags).counter();
    return counter == null ? 0 : counter.count();
  }

  private void deployment() {
    ObjectNode deployment = Cluster.object(Cluster.deployment("d", 2, "i"));
    ((ObjectNode) deployment.at("/spec/template/spec/containers/0"))
        .putObject("resources")
        .putObject("requests")
        .put("cpu", "100m");
    c.create(Resources.DEPLOYMENTS, deployment.toString());
    c.pass(Duration.ofSeconds(10));
  }

  @Test
  void autoscalersTellWhatTheyDidAndWant() {
    String prefix = "horizontal_pod_autoscaler_controller_";
    deployment();
    c.pods().forEach(pod -> c.use(pod, "100m", "10s"));
    c.create(
        Resources.HORIZONTAL_POD_AUTOSCALERS,
        """
        {"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler",
         "metadata":{"namespace":"default","name":"h"},
         "spec":{"minReplicas":1,"maxReplicas":4,
          "scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"d"},
          "metrics":[{"type":"Resource","resource":{"name":"cpu",
           "target":{"type":"Utilization","averageUtilization":50}}}]}}\
        """);
    c.pass(Duration.ofSeconds(1));
    assertThat(gauge(prefix + "num_horizontal_pod_autoscalers")).isEqualTo(1);
    assertThat(gauge(prefix + "desired_replicas", "namespace", "default", "hpa_name", "h"))
        .isEqualTo(4);
    assertThat(count(prefix + "reconciliations_total", "action", "scale_up", "error", "none"))
        .isEqualTo(1);
    c.api
        .all(Cluster.POD_METRICS)
        .forEach(m -> c.api.remove(Cluster.POD_METRICS, m.namespace(), m.name()));
    c.pass(Duration.ofSeconds(15));
    assertThat(count(prefix + "reconciliations_total", "action", "none", "error", "internal"))
        .isEqualTo(1);
    assertThat(c.registry.get(prefix + "reconciliation_duration_seconds").timers()).hasSize(2);
    c.delete(Resources.HORIZONTAL_POD_AUTOSCALERS, "h", DeleteOptions.DEFAULT);
    assertThat(gauge(prefix + "num_horizontal_pod_autoscalers")).isZero();
    assertThat(c.registry.find(prefix + "desired_replicas").gauge()).isNull();
  }

  @Test
  void slicesAreCounted() {
    String prefix = "endpoint_slice_controller_";
    deployment();
    c.create(
        Resources.SERVICES,
        """
        {"apiVersion":"v1","kind":"Service","metadata":{"namespace":"default","name":"s"},
         "spec":{"selector":{"app":"d"},"clusterIP":"10.96.0.9","ipFamilies":["IPv4"],
          "ports":[{"port":80,"targetPort":80,"protocol":"TCP"}]}}\
        """);
    c.pass(Duration.ofSeconds(5));
    assertThat(gauge(prefix + "endpoints_desired")).isEqualTo(2);
    assertThat(gauge(prefix + "num_endpoint_slices")).isEqualTo(1);
    assertThat(gauge(prefix + "desired_endpoint_slices")).isEqualTo(1);
    assertThat(count(prefix + "changes", "operation", "create")).isEqualTo(1);
    assertThat(count(prefix + "syncs", "result", "success")).isPositive();
    assertThat(c.registry.get(prefix + "endpoints_added_per_sync").summary().totalAmount())
        .isEqualTo(2);
    c.edit(Resources.DEPLOYMENTS, "d", d -> d.withObjectProperty("spec").put("replicas", 1));
    c.pass(Duration.ofSeconds(5));
    assertThat(gauge(prefix + "endpoints_desired")).isEqualTo(1);
    assertThat(count(prefix + "changes", "operation", "update")).isPositive();
    assertThat(c.registry.get(prefix + "endpoints_removed_per_sync").summary().totalAmount())
        .isEqualTo(1);
    c.delete(Resources.SERVICES, "s", DeleteOptions.DEFAULT);
    c.pass(Duration.ofSeconds(1));
    assertThat(gauge(prefix + "endpoints_desired")).isZero();
    assertThat(gauge(prefix + "num_endpoint_slices")).isZero();
  }

  @Test
  void podsThatATaintTakesAreCounted() {
    c.create(
        Resources.PODS,
        """
        {"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"default","name":"p"},
         "spec":{"containers":[{"name":"c","image":"i"}]},"status":{"phase":"Pending"}}\
        """);
    c.pass(Duration.ofSeconds(1));
    var node = Objects.requireNonNull(c.api.peek(Resources.NODES, "", "n1"));
    c.api.put(
        Resources.NODES,
        node.with(tree ->
            tree.withObjectProperty("spec")
                .putArray("taints")
                .addObject()
                .put("key", "k")
                .put("effect", "NoExecute")));
    c.context.runUntilIdle();
    assertThat(count("taint_eviction_controller_pod_deletions_total")).isEqualTo(1);
    assertThat(
            c.registry
                .get("taint_eviction_controller_pod_deletion_duration_seconds")
                .timer()
                .count())
        .isEqualTo(1);
  }

  @Test
  void jobsThatGoByTheirTimeAreMeasured() {
    c.create(
        Resources.JOBS,
        """
        {"apiVersion":"batch/v1","kind":"Job","metadata":{"namespace":"default","name":"j"},
         "spec":{"ttlSecondsAfterFinished":5,"completions":1,"parallelism":1,"suspend":true,
          "selector":{"matchLabels":{"job":"j"}},
          "template":{"metadata":{"labels":{"job":"j"}},
           "spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}}}\
        """);
    c.api.change(
        Resources.JOBS,
        "default",
        "j",
        job ->
            job.withObjectProperty("status")
                .putArray("conditions")
                .addObject()
                .put("type", "Complete")
                .put("status", "True")
                .put("lastTransitionTime", c.context.clock().instant().toString()));
    c.pass(Duration.ofSeconds(10));
    assertThat(
            c.registry
                .get("ttl_after_finished_controller_job_deletion_duration_seconds")
                .timer()
                .count())
        .isEqualTo(1);
  }

  @Test
  void everyLookWhetherANamespaceHasTheRootCertificateIsCounted() {
    Cluster c = new Cluster();
    c.pass(Duration.ofSeconds(1));
    double looks =
        c.registry.get("root_ca_cert_publisher_sync_total").tag("code", "200").counter().count();
    assertThat(looks).isPositive();
    c.api.remove(Resources.CONFIG_MAPS, "default", "kube-root-ca.crt");
    c.pass(Duration.ofSeconds(1));
    assertThat(
            c.registry
                .get("root_ca_cert_publisher_sync_total")
                .tag("code", "200")
                .counter()
                .count())
        .isGreaterThan(looks);
    assertThat(c.registry.get("root_ca_cert_publisher_sync_duration_seconds").timer().count())
        .isPositive();
  }
}
