package dev.coracle.system.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.system.Kubectl;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.assertj.core.api.Assertions;

/**
 * What one test sees of the cluster: a namespace of its own and the administrator's rights.
 * Resources are named {@code pods} or {@code deployments.apps}; a namespaced one is meant in the
 * test's own namespace. Every wait follows a watch and is bounded.
 */
final class Space {

  private static final int MOST_SECONDS = 100;

  private final SharedCluster.Running cluster;
  private final String namespace;
  private final List<Runnable> last = new ArrayList<>();

  Space(SharedCluster.Running cluster) {
    this.cluster = cluster;
    this.namespace = "conformance-" + unique();
    create("{apiVersion: v1, kind: Namespace, metadata: {name: %s}}".formatted(namespace));
    awaitList("serviceaccounts", "", "there", l -> !l.isEmpty());
  }

  /** A name that nothing else has. */
  static String unique() {
    return Long.toString(ThreadLocalRandom.current().nextLong(1L << 40), 36);
  }

  String namespace() {
    return namespace;
  }

  /** A second namespace, which goes with this one. */
  Space another() {
    Space other = new Space(cluster);
    atEnd(other::close);
    return other;
  }

  Api api() {
    return cluster.api();
  }

  Kubectl kubectl() {
    return new Kubectl("kubectl", cluster.kubeconfig()).inNamespace(namespace);
  }

  /** A node that a kubelet stands behind; other tests make Nodes too. */
  String node() {
    return items(api().get("/api/v1/nodes").ok()).stream()
        .filter(n -> !text(n, "/status/nodeInfo/kubeletVersion").isEmpty())
        .filter(Space::isReady)
        .findFirst()
        .map(n -> text(n, "/metadata/name"))
        .orElseThrow(() -> new AssertionError("no node is ready"));
  }

  /** Runs when the test is over, for what lies outside of its namespace. */
  void atEnd(Runnable action) {
    last.add(action);
  }

  void close() {
    last.reversed().forEach(Runnable::run);
    api().send("DELETE", "/api/v1/namespaces/" + namespace, "", "", Map.of());
  }

  // Paths

  String path(String resource) {
    return cluster.kinds().ofResource(resource).path(namespace);
  }

  /** The path of all namespaces. */
  String everywhere(String resource) {
    return cluster.kinds().ofResource(resource).path("");
  }

  String path(String resource, String name) {
    return path(resource) + "/" + name;
  }

  private String pathOf(JsonNode object) {
    String in = object.at("/metadata/namespace").asText(namespace);
    return cluster.kinds().ofManifest(object).path(in.isEmpty() ? namespace : in);
  }

  static String encode(String value) {
    return URLEncoder.encode(value, StandardCharsets.UTF_8);
  }

  // Verbs

  JsonNode create(String yaml) {
    return create(Manifest.parse(yaml));
  }

  JsonNode create(JsonNode object) {
    return tryCreate(object).ok();
  }

  Reply tryCreate(String yaml) {
    return tryCreate(Manifest.parse(yaml));
  }

  Reply tryCreate(JsonNode object) {
    return send("POST", pathOf(object), object);
  }

  JsonNode get(String resource, String name) {
    return api().get(path(resource, name)).ok();
  }

  List<JsonNode> list(String resource, String labelSelector) {
    return items(api().get(path(resource) + "?labelSelector=" + encode(labelSelector)).ok());
  }

  List<JsonNode> list(String resource) {
    return list(resource, "");
  }

  static List<JsonNode> items(JsonNode list) {
    List<JsonNode> out = new ArrayList<>();
    list.path("items").forEach(out::add);
    return out;
  }

  JsonNode update(JsonNode object) {
    return tryUpdate(object, "").ok();
  }

  Reply tryUpdate(JsonNode object, String subresource) {
    String path = pathOf(object) + "/" + object.at("/metadata/name").asText();
    return send("PUT", subresource.isEmpty() ? path : path + "/" + subresource, object);
  }

  /** Reads, changes and writes until nobody came between. */
  JsonNode edit(String resource, String name, Consumer<ObjectNode> change) {
    return edit(resource, name, "", change);
  }

  JsonNode edit(String resource, String name, String subresource, Consumer<ObjectNode> change) {
    for (int attempt = 0; attempt < 20; attempt++) {
      ObjectNode object = (ObjectNode) get(resource, name);
      change.accept(object);
      Reply reply = tryUpdate(object, subresource);
      if (reply.code() != 409) {
        return reply.ok();
      }
    }
    throw new AssertionError(resource + " " + name + " is always changed by others");
  }

  /** A JSON merge patch, written as YAML. */
  JsonNode merge(String resource, String name, String yaml) {
    return tryPatch(path(resource, name), "application/merge-patch+json", yaml).ok();
  }

  JsonNode mergeStatus(String resource, String name, String yaml) {
    return tryPatch(path(resource, name) + "/status", "application/merge-patch+json", yaml).ok();
  }

  JsonNode strategic(String resource, String name, String yaml) {
    return tryPatch(path(resource, name), "application/strategic-merge-patch+json", yaml).ok();
  }

  JsonNode jsonPatch(String resource, String name, String json) {
    return api()
        .send("PATCH", path(resource, name), "application/json-patch+json", json, Map.of())
        .ok();
  }

  JsonNode apply(String yaml, String manager) {
    ObjectNode object = Manifest.parse(yaml);
    String path =
        pathOf(object) + "/" + object.at("/metadata/name").asText() + "?fieldManager=" + manager;
    return tryPatch(path, "application/apply-patch+yaml", yaml).ok();
  }

  Reply tryPatch(String path, String type, String yaml) {
    return api().send("PATCH", path, type, Manifest.parse(yaml).toString(), Map.of());
  }

  void delete(String resource, String name) {
    delete(resource, name, "{}");
  }

  /** With these DeleteOptions. */
  JsonNode delete(String resource, String name, String optionsYaml) {
    return send("DELETE", path(resource, name), Manifest.parse(optionsYaml)).ok();
  }

  void deleteAll(String resource, String labelSelector) {
    api()
        .send(
            "DELETE", path(resource) + "?labelSelector=" + encode(labelSelector), "", "", Map.of())
        .ok();
  }

  Reply send(String method, String path, JsonNode body) {
    return api().send(method, path, "application/json", body.toString(), Map.of());
  }

  // Waiting

  Watcher watch(String resource, String query) {
    return new Watcher(api(), path(resource) + "?watch=true" + query);
  }

  /** Waits until the object is as wanted, and gives it. */
  JsonNode await(String resource, String name, String what, Predicate<JsonNode> wanted) {
    JsonNode object = get(resource, name);
    if (wanted.test(object)) {
      return object;
    }
    String query =
        "&fieldSelector=metadata.name%3D"
            + name
            + "&timeoutSeconds="
            + MOST_SECONDS
            + "&resourceVersion="
            + object.at("/metadata/resourceVersion").asText();
    try (Watcher watcher = watch(resource, query)) {
      JsonNode[] seen = {object};
      try {
        return watcher
            .next(e -> {
              seen[0] = e.path("object");
              return wanted.test(seen[0]);
            })
            .path("object");
      } catch (AssertionError e) {
        throw new AssertionError(
            resource + " " + name + " is not " + what + ": " + seen[0].toPrettyString(), e);
      }
    }
  }

  /** Waits until the list is as wanted, and gives it; asks again with each change. */
  List<JsonNode> awaitList(
      String resource, String selector, String what, Predicate<List<JsonNode>> wanted) {
    String select = "?labelSelector=" + encode(selector);
    JsonNode list = api().get(path(resource) + select).ok();
    if (wanted.test(items(list))) {
      return items(list);
    }
    String query =
        select.replace('?', '&')
            + "&timeoutSeconds="
            + MOST_SECONDS
            + "&resourceVersion="
            + text(list, "/metadata/resourceVersion");
    List<List<JsonNode>> seen = new ArrayList<>(List.of(items(list)));
    try (Watcher watcher = watch(resource, query)) {
      watcher.next(_ -> {
        seen.set(0, list(resource, selector));
        return wanted.test(seen.get(0));
      });
      return seen.get(0);
    } catch (AssertionError e) {
      throw new AssertionError(resource + " are not " + what + ": " + seen.get(0), e);
    }
  }

  void awaitGone(String resource, String name) {
    String query = "&timeoutSeconds=" + MOST_SECONDS + "&fieldSelector=metadata.name%3D" + name;
    Reply reply = api().get(path(resource, name));
    if (reply.code() == 404) {
      return;
    }
    String version = reply.ok().at("/metadata/resourceVersion").asText();
    try (Watcher watcher = watch(resource, query + "&resourceVersion=" + version)) {
      watcher.next("DELETED");
    }
    Assertions.assertThat(api().get(path(resource, name)).code()).isEqualTo(404);
  }

  // Pods

  /**
   * Runs the pod to its end, demands success and gives its log, which ends with the end of a line
   * whether or not the container wrote it.
   */
  String run(TestPod pod) {
    JsonNode ended = runToEnd(pod);
    Assertions.assertThat(text(ended, "/status/phase"))
        .as("log: " + logs(pod.name()) + ", status: " + ended.path("status"))
        .isEqualTo("Succeeded");
    return logs(pod.name()).stripTrailing() + "\n";
  }

  /** Runs the pod to its end, good or bad. */
  JsonNode runToEnd(TestPod pod) {
    create(pod.json());
    return await(
        "pods",
        pod.name(),
        "at its end",
        p -> List.of("Succeeded", "Failed").contains(text(p, "/status/phase")));
  }

  /** Creates the pod and waits until it is ready. */
  JsonNode start(TestPod pod) {
    create(pod.json());
    return awaitReady(pod.name());
  }

  JsonNode awaitReady(String pod) {
    return await("pods", pod, "ready", Space::isReady);
  }

  static boolean isReady(JsonNode object) {
    return hasCondition(object, "Ready", "True");
  }

  static boolean hasCondition(JsonNode object, String type, String status) {
    return status.equals(condition(object, type).path("status").asText());
  }

  /** The condition of this type, or a missing node. */
  static JsonNode condition(JsonNode object, String type) {
    for (JsonNode condition : object.at("/status/conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition;
      }
    }
    return com.fasterxml.jackson.databind.node.MissingNode.getInstance();
  }

  String logs(String pod) {
    return api().get(path("pods", pod) + "/log").text();
  }

  String logs(String pod, String container) {
    return api().get(path("pods", pod) + "/log?container=" + container).text();
  }

  /** Waits until a container's log has this; follows the log as soon as the container runs. */
  void awaitLog(String pod, String container, String text) {
    await("pods", pod, "running " + container, p -> hasBegun(p, container));
    String path = path("pods", pod) + "/log?follow=true&container=" + container;
    StringBuilder seen = new StringBuilder();
    InputStream body = api().stream(path).body();
    // Also a container that says nothing more is not listened to for longer.
    CompletableFuture<Void> end =
        CompletableFuture.runAsync(
            () -> close(body), CompletableFuture.delayedExecutor(MOST_SECONDS, TimeUnit.SECONDS));
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        seen.append(line).append('\n');
        if (seen.indexOf(text) >= 0) {
          return;
        }
      }
    } catch (IOException e) {
      throw new AssertionError("the log of " + pod + " has no " + text + ": " + seen, e);
    } finally {
      end.cancel(false);
    }
    throw new AssertionError("the log of " + pod + " has no " + text + ": " + seen);
  }

  private static void close(InputStream body) {
    try {
      body.close();
    } catch (IOException e) {
      // It is over anyway.
    }
  }

  private static boolean hasBegun(JsonNode pod, String container) {
    for (String list :
        List.of("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")) {
      for (JsonNode status : pod.path("status").path(list)) {
        if (status.path("name").asText().equals(container)) {
          return !status.path("state").has("waiting");
        }
      }
    }
    return false;
  }

  static String text(JsonNode node, String pointer) {
    return node.at(pointer).asText();
  }
}
