package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AutoscalerTest {

  private final Cluster c = new Cluster();

  /** As measured for ten seconds, beginning now. */
  private void use(String cpu) {
    c.pass(Duration.ofSeconds(10));
    c.api
        .all(Cluster.POD_METRICS)
        .forEach(m -> c.api.remove(Cluster.POD_METRICS, m.namespace(), m.name()));
    c.pods().forEach(pod -> c.use(pod, cpu, "10s"));
  }

  private int replicas() {
    return c.get(Resources.DEPLOYMENTS, "d").at("spec", "replicas").asInt();
  }

  @Test
  void growsWithTheUseAndShrinksAfterFiveQuietMinutes() {
    ObjectNode deployment = Cluster.object(Cluster.deployment("d", 2, "i"));
    ((ObjectNode) deployment.at("/spec/template/spec/containers/0"))
        .putObject("resources")
        .putObject("requests")
        .put("cpu", "100m");
    c.create(Resources.DEPLOYMENTS, deployment.toString());
    c.pass(Duration.ofSeconds(1));
    use("90m");
    c.create(
        Resources.HORIZONTAL_POD_AUTOSCALERS,
        """
        {"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler",
         "metadata":{"namespace":"default","name":"h"},
         "spec":{"minReplicas":1,"maxReplicas":5,
          "behavior":{"scaleUp":{"policies":[{"type":"Pods","value":4,"periodSeconds":15}]}},
          "scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"d"},
          "metrics":[{"type":"Resource","resource":{"name":"cpu",
           "target":{"type":"Utilization","averageUtilization":30}}}]}}\
        """);
    c.pass(Duration.ofSeconds(1));
    assertThat(replicas()).isEqualTo(5);
    KubeObject scaler = c.get(Resources.HORIZONTAL_POD_AUTOSCALERS, "h");
    assertThat(scaler.at("status", "desiredReplicas").asInt()).isEqualTo(5);
    assertThat(c.events("SuccessfulRescale"))
        .containsExactly(
            "New size: 5; reason: cpu resource utilization (percentage of request) above target");
    c.pass(Duration.ofSeconds(20));
    use("10m");
    c.pass(Duration.ofMinutes(4));
    assertThat(replicas()).isEqualTo(5);
    c.pass(Duration.ofMinutes(3));
    assertThat(replicas()).isEqualTo(2);
  }

  @Test
  void saysWhenThereAreNoFigures() {
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 2, "i"));
    c.create(
        Resources.HORIZONTAL_POD_AUTOSCALERS,
        """
        {"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler",
         "metadata":{"namespace":"default","name":"h"},
         "spec":{"minReplicas":1,"maxReplicas":5,
          "scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"d"},
          "metrics":[{"type":"Resource","resource":{"name":"cpu",
           "target":{"type":"Utilization","averageUtilization":30}}}]}}\
        """);
    c.pass(Duration.ofSeconds(1));
    assertThat(
            c.get(Resources.HORIZONTAL_POD_AUTOSCALERS, "h")
                .at("status", "conditions")
                .findValuesAsText("reason"))
        .contains("FailedGetResourceMetric");
    assertThat(replicas()).isEqualTo(2);
  }

  /** A Deployment of two pods of this spec, and what becomes of an autoscaler of it. */
  private KubeObject scaled(String podSpec, String more, String used) {
    ObjectNode deployment = Cluster.object(Cluster.deployment("d", 2, "i"));
    ((ObjectNode) deployment.at("/spec/template")).set("spec", Cluster.object(podSpec));
    c.create(Resources.DEPLOYMENTS, deployment.toString());
    c.pass(Duration.ofSeconds(1));
    use(used);
    c.create(
        Resources.HORIZONTAL_POD_AUTOSCALERS,
        """
        {"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler",
         "metadata":{"namespace":"default","name":"h"},
         "spec":{"minReplicas":1,"maxReplicas":10,
          "scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"d"},%s}}\
        """
            .formatted(more));
    c.pass(Duration.ofSeconds(1));
    return c.get(Resources.HORIZONTAL_POD_AUTOSCALERS, "h");
  }

  private static final String HALF =
      """
      "metrics":[{"type":"Resource","resource":{"name":"cpu",
        "target":{"type":"Utilization","averageUtilization":50}}}]\
      """;

  private static String requests(String name, String cpu) {
    return """
    {"name":"%s","image":"i","restartPolicy":"Always","resources":{"requests":{"cpu":"%s"}}}\
    """
        .formatted(name, cpu);
  }

  @Test
  void doesNotScaleByTheRequestsOfSomeContainersOnly() {
    KubeObject scaler =
        scaled(
            "{\"containers\":[" + requests("c", "100m") + ",{\"name\":\"d\",\"image\":\"i\"}]}",
            HALF,
            "200m");
    assertThat(replicas()).isEqualTo(2);
    assertThat(c.events("FailedGetResourceMetric"))
        .anyMatch(m ->
            m.startsWith(
                "failed to get cpu utilization: missing request for cpu in container d of Pod d-"));
    assertThat(scaler.at("status", "conditions").findValuesAsText("reason"))
        .contains("FailedGetResourceMetric");
  }

  @Test
  void countsTheRequestsOfContainersThatRunBeside() {
    scaled(
        "{\"containers\":["
            + requests("c", "100m")
            + "],\"initContainers\":["
            + requests("s", "300m")
            + ",{\"name\":\"once\",\"image\":\"i\"}]}",
        HALF,
        "200m");
    assertThat(replicas()).isEqualTo(2);
  }

  @Test
  void countsTheRequestOfThePodWhereItHasOne() {
    scaled(
        "{\"resources\":{\"requests\":{\"cpu\":\"400m\"}},"
            + "\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}",
        HALF,
        "200m");
    assertThat(replicas()).isEqualTo(2);
    assertThat(c.events("FailedGetResourceMetric")).isEmpty();
  }

  @Test
  void toleratesAsMuchAsTheBehaviorSays() {
    scaled(
        "{\"containers\":[" + requests("c", "100m") + "]}",
        HALF + ",\"behavior\":{\"scaleUp\":{\"tolerance\":\"0.5\"}}",
        "70m");
    assertThat(replicas()).isEqualTo(2);
    c.edit(
        Resources.HORIZONTAL_POD_AUTOSCALERS,
        "h",
        n -> ((ObjectNode) n.at("/spec/behavior/scaleUp")).put("tolerance", "300m"));
    c.pass(Duration.ofSeconds(20));
    assertThat(replicas()).isEqualTo(3);
  }

  @Test
  void tellsOfTheFirstMetricThatIsMissing() {
    KubeObject scaler =
        scaled(
            "{\"containers\":[" + requests("c", "100m") + "]}",
            """
            "metrics":[
              {"type":"External","external":{"metric":{"name":"q"},"target":{"type":"Value","value":"3"}}},
              {"type":"Pods","pods":{"metric":{"name":"p"},"target":{"type":"AverageValue","averageValue":"1"}}}]\
            """,
            "50m");
    assertThat(scaler.at("status", "conditions").findValuesAsText("reason"))
        .contains("FailedGetExternalMetric")
        .doesNotContain("FailedGetResourceMetric", "FailedGetPodsMetric");
  }

  /** Such an answer made the round fail, again and again, without a word to anybody. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "window | soon | time: invalid duration \"soon\"",
        "timestamp | yesterday | parsing time \"yesterday\" as \"2006-01-02T15:04:05Z07:00\":"
            + " cannot parse \"yesterday\" as \"2006\"",
        "cpu | much | quantities must match the regular expression"
            + " '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
      })
  void figuresThatCannotBeReadAreNone(String field, String value, String why) {
    ObjectNode deployment = Cluster.object(Cluster.deployment("d", 2, "i"));
    c.create(Resources.DEPLOYMENTS, deployment.toString());
    c.pass(Duration.ofSeconds(1));
    use("10m");
    c.api
        .all(Cluster.POD_METRICS)
        .forEach(m ->
            c.api.change(
                Cluster.POD_METRICS,
                m.namespace(),
                m.name(),
                n -> {
                  if (field.equals("cpu")) {
                    ((ObjectNode) n.at("/containers/0/usage")).put(field, value);
                  } else {
                    n.put(field, value);
                  }
                }));
    c.create(
        Resources.HORIZONTAL_POD_AUTOSCALERS,
        """
        {"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler",
         "metadata":{"namespace":"default","name":"h"},
         "spec":{"minReplicas":1,"maxReplicas":5,
          "scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"d"},%s}}\
        """
            .formatted(HALF));
    c.pass(Duration.ofSeconds(1));
    assertThat(
            c.get(Resources.HORIZONTAL_POD_AUTOSCALERS, "h")
                .at("status", "conditions")
                .findValuesAsText("message"))
        .contains(
            "the HPA was unable to compute the replica count: failed to get cpu utilization: unable"
                + " to get metrics for resource cpu: unable to fetch metrics from resource metrics"
                + " API: "
                + why);
  }
}
