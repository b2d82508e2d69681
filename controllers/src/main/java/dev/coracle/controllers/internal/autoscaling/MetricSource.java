package dev.coracle.controllers.internal.autoscaling;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.client.Client;
import dev.coracle.controllers.internal.ResourceCatalog;
import io.smallrye.mutiny.Uni;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Asks the metrics APIs what an autoscaler's metrics are: metrics.k8s.io for resources,
 * custom.metrics.k8s.io for metrics of objects, external.metrics.k8s.io for all others (Kubernetes
 * docs, "Horizontal Pod Autoscaling": support for metrics APIs).
 */
final class MetricSource {

  private static final GroupVersionResource POD_METRICS =
      new GroupVersionResource("metrics.k8s.io", "v1beta1", "pods");

  /** The newest first: an adapter has one of them, or both. */
  private static final List<String> CUSTOM =
      List.of("/apis/custom.metrics.k8s.io/v1beta2", "/apis/custom.metrics.k8s.io/v1beta1");

  private static final String EXTERNAL = "/apis/external.metrics.k8s.io/v1beta1";
  private static final String NOWHERE = "the server could not find the requested resource";

  private final Client client;
  private final ResourceCatalog catalog;
  private final LongSupplier nanoTime;

  MetricSource(Client client, ResourceCatalog catalog, LongSupplier nanoTime) {
    this.client = client;
    this.catalog = catalog;
    this.nanoTime = nanoTime;
  }

  /** One answer for each metric, in their order; it does not fail. */
  Uni<List<Answer>> answers(KubeObject scaler, LabelSelector pods) {
    String namespace = scaler.namespace();
    Uni<Answer> resources = resources(namespace, pods).memoize().indefinitely();
    List<Uni<Answer>> asked = new ArrayList<>();
    long begun = nanoTime.getAsLong();
    for (JsonNode spec : scaler.at("spec", "metrics")) {
      asked.add(
          switch (spec.path("type").asText("")) {
            case "Resource", "ContainerResource" -> resources;
            case "Pods" -> ofPods(namespace, spec.path("pods").path("metric"), pods);
            case "Object" -> ofObject(namespace, spec.path("object"));
            case "External" -> external(namespace, spec.path("external").path("metric"));
            default -> Uni.createFrom().item(Answer.failed(""));
          });
      asked.add(asked.removeLast().map(answer -> answer.after(nanoTime.getAsLong() - begun)));
    }
    return asked.isEmpty() ? Uni.createFrom().item(List.of()) : Uni.join().all(asked).andFailFast();
  }

  private Uni<Answer> resources(String namespace, LabelSelector pods) {
    return recovered(
        "resource",
        client
            .list(POD_METRICS, namespace, ListOptions.ALL.withLabels(pods))
            .map(list -> Answer.ofPods(list.items())));
  }

  private Uni<Answer> ofPods(String namespace, JsonNode metric, LabelSelector pods) {
    return custom(
        "/namespaces/"
            + namespace
            + "/pods/*/"
            + name(metric)
            + query("labelSelector", pods.toString(), "metricLabelSelector", selector(metric)));
  }

  private Uni<Answer> ofObject(String namespace, JsonNode source) {
    JsonNode of = source.path("describedObject");
    String kind = of.path("kind").asText("");
    String apiVersion = of.path("apiVersion").asText("");
    String group = GroupVersionKind.of(apiVersion, kind).group();
    String below;
    if (kind.equals("Namespace") && group.isEmpty()) {
      // That of the autoscaler, whatever the name: there is no way out of it.
      below = "metrics";
    } else {
      var found = catalog.kind(apiVersion.isEmpty() ? "v1" : apiVersion, kind);
      if (found.isEmpty()) {
        String qualified = group.isEmpty() ? kind : kind + "." + group;
        String why = "unable to map kind " + qualified + " to resource: no matches for kind ";
        return Uni.createFrom()
            .item(
                Answer.failed(
                    Answer.unable("custom", why + "\"" + kind + "\" in group \"" + group + "\"")));
      }
      below = found.get().resource().groupResource() + "/" + encoded(of.path("name").asText(""));
    }
    JsonNode metric = source.path("metric");
    String query = query("metricLabelSelector", selector(metric));
    return custom("/namespaces/" + namespace + "/" + below + "/" + name(metric) + query)
        .map(MetricSource::single);
  }

  private static Answer single(Answer answer) {
    boolean none = answer.failure().equals("no metrics returned from custom metrics API");
    return answer.items().size() == 1 || !none && !answer.failure().isEmpty()
        ? answer
        : Answer.failed(
            Answer.unable(
                "custom",
                "the custom metrics API server returned "
                    + answer.items().size()
                    + " results when we asked for exactly one"));
  }

  private Uni<Answer> custom(String path) {
    return recovered("custom", custom(path, 0));
  }

  private Uni<Answer> custom(String path, int version) {
    if (version == CUSTOM.size()) {
      return Uni.createFrom()
          .item(
              Answer.failed(
                  Answer.unable(
                      "custom", "no custom metrics API (custom.metrics.k8s.io) registered")));
    }
    return client
        .raw(CUSTOM.get(version) + path)
        .map(body -> Answer.ofValues(Json.parse(body), "custom"))
        .onFailure(MetricSource::isNowhere)
        .recoverWithUni(() -> Uni.createFrom().deferred(() -> custom(path, version + 1)));
  }

  private Uni<Answer> external(String namespace, JsonNode metric) {
    String path = "/namespaces/" + namespace + "/" + name(metric);
    return client
        .raw(EXTERNAL + path + query("labelSelector", selector(metric)))
        .map(body -> Answer.ofValues(Json.parse(body), "external"))
        .onFailure(MetricSource::isNowhere)
        .recoverWithItem(() ->
            Answer.failed(
                Answer.unable(
                    "external",
                    NOWHERE
                        + " (get "
                        + metric.path("name").asText("")
                        + ".external.metrics.k8s.io)")))
        .plug(answer -> recovered("external", answer));
  }

  /** Whether there is no such API, rather than no such metric. */
  private static boolean isNowhere(Throwable failure) {
    return StatusException.isNotFound(failure) && NOWHERE.equals(failure.getMessage());
  }

  private static Uni<Answer> recovered(String api, Uni<Answer> answer) {
    return answer
        .onFailure()
        .recoverWithItem(f -> Answer.failed(Answer.unable(api, String.valueOf(f.getMessage()))));
  }

  private static String name(JsonNode metric) {
    return encoded(metric.path("name").asText(""));
  }

  private static String selector(JsonNode metric) {
    JsonNode selector = metric.path("selector");
    return selector.isObject() ? LabelSelector.of(selector).toString() : "";
  }

  private static String query(String... namesAndValues) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      if (!namesAndValues[i + 1].isEmpty()) {
        out.append(out.isEmpty() ? '?' : '&').append(namesAndValues[i]).append('=');
        out.append(encoded(namesAndValues[i + 1]));
      }
    }
    return out.toString();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
