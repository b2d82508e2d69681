package dev.coracle.controllers;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.Timestamps;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.client.Informer;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.fake.FakeClient;
import dev.coracle.client.fake.ManualContext;
import dev.coracle.controllers.config.ControllerOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All controllers on an API in memory and in simulated time, with one node whose kubelet takes
 * every pod: bound at once, running and ready after {@code startTime}, gone after {@code stopTime}.
 */
final class Cluster {

  static final GroupVersionResource POD_METRICS =
      new GroupVersionResource("metrics.k8s.io", "v1beta1", "pods");

  final ManualContext context = new ManualContext();
  final FakeClient api = new FakeClient(context.clock());
  final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  final ControllerManager manager;
  Duration startTime = Duration.ofMillis(100);
  Duration stopTime = Duration.ofMillis(50);
  Predicate<KubeObject> becomesReady = _ -> true;
  Runnable observe = () -> {};

  /** How long it takes until the controllers are told of what happens to a resource. */
  Function<GroupVersionResource, Duration> delay = _ -> Duration.ZERO;

  private int addresses;

  Cluster() {
    // No lease is renewed here, so the node would soon count as gone.
    this(options -> options.without(List.of("node-lifecycle-controller")));
  }

  Cluster(UnaryOperator<ControllerOptions> options) {
    this(options, (_, answer) -> answer);
  }

  /**
   * @param answers changes what the API answers to creates of the controllers
   */
  Cluster(
      UnaryOperator<ControllerOptions> options,
      BiFunction<GroupVersionResource, KubeObject, KubeObject> answers) {
    manager =
        new ControllerManager(
            context,
            new AnsweringClient(api, answers, this::told),
            options.apply(ControllerOptions.of(List.of("10.244.0.0/16"), "PEM")),
            registry,
            new Random(3));
    api.create(
            Resources.NAMESPACES,
            KubeObject.parse(
                "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"default\"}}"))
        .await()
        .indefinitely();
    api.put(
        Resources.NODES,
        KubeObject.parse(
            "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\"},\"spec\":{},"
                + "\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}"));
    var ready = manager.start().toCompletableFuture();
    new InformerFactory(context, api, new Random(4))
        .informer(Resources.PODS)
        .addHandler(new Kubelet())
        .start()
        .subscribe()
        .with(_ -> {});
    context.runUntilIdle();
    if (!ready.isDone()) {
      throw new IllegalStateException("the controllers are not ready");
    }
  }

  private final class Kubelet implements Informer.Handler {
    @Override
    public void added(KubeObject pod) {
      observe.run();
      if (pod.text("status", "phase").equals("Pending")) {
        pod(
            pod,
            node -> {
              ObjectNode spec = node.withObjectProperty("spec");
              if (!spec.hasNonNull("nodeName")) {
                String target =
                    spec.at(
                            "/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution"
                                + "/nodeSelectorTerms/0/matchFields/0/values/0")
                        .asText("");
                spec.put("nodeName", target.isEmpty() ? "n1" : target);
              }
            });
        context.schedule(startTime, () -> run(pod));
      }
    }

    private void run(KubeObject pod) {
      pod(
          pod,
          node -> {
            ObjectNode status = node.withObjectProperty("status");
            String ip = "10.0." + (addresses / 250) + "." + (++addresses % 250 + 1);
            status.put("phase", "Running").put("podIP", ip);
            status.put("startTime", Timestamps.time(context.clock().instant()));
            status.putArray("podIPs").addObject().put("ip", ip);
            boolean ready = becomesReady.test(pod);
            status
                .putArray("conditions")
                .addObject()
                .put("type", "Ready")
                .put("status", ready ? "True" : "False")
                .put("lastTransitionTime", Timestamps.time(context.clock().instant()));
          });
      observe.run();
    }

    @Override
    public void updated(KubeObject before, KubeObject now) {
      observe.run();
      if (now.isDeleting() && !before.isDeleting()) {
        context.schedule(
            stopTime,
            () -> {
              if (api.peek(Resources.PODS, now.namespace(), now.name()) != null) {
                api.delete(
                        Resources.PODS,
                        now.namespace(),
                        now.name(),
                        DeleteOptions.now().ifUid(now.uid()))
                    .subscribe()
                    .with(_ -> {}, _ -> {});
              }
            });
      }
    }

    private void pod(KubeObject pod, Consumer<ObjectNode> change) {
      KubeObject there = api.peek(Resources.PODS, pod.namespace(), pod.name());
      if (there != null && there.uid().equals(pod.uid()) && !there.isDeleting()) {
        api.change(Resources.PODS, pod.namespace(), pod.name(), change);
      }
    }
  }

  private Multi<WatchEvent> told(GroupVersionResource resource, Multi<WatchEvent> news) {
    return news.onItem()
        .transformToUniAndConcatenate(event -> {
          Duration wait = delay.apply(resource);
          return wait.isZero()
              ? Uni.createFrom().item(event)
              : Uni.createFrom().emitter(to -> context.schedule(wait, () -> to.complete(event)));
        });
  }

  KubeObject create(GroupVersionResource resource, String json) {
    KubeObject made = api.create(resource, KubeObject.parse(json)).await().indefinitely();
    context.runUntilIdle();
    return made;
  }

  void delete(GroupVersionResource resource, String name, DeleteOptions options) {
    api.delete(resource, "default", name, options).await().indefinitely();
    context.runUntilIdle();
  }

  /** Changes the spec as a client does, so that the generation grows. */
  void edit(GroupVersionResource resource, String name, Consumer<ObjectNode> change) {
    KubeObject there = get(resource, name);
    api.update(
            resource,
            there.with(n -> {
              change.accept(n);
              n.withObjectProperty("metadata").remove("resourceVersion");
            }))
        .await()
        .indefinitely();
    context.runUntilIdle();
  }

  KubeObject get(GroupVersionResource resource, String name) {
    KubeObject found = peek(resource, name);
    if (found == null) {
      throw new AssertionError(resource + " " + name + " is not there");
    }
    return found;
  }

  @Nullable KubeObject peek(GroupVersionResource resource, String name) {
    return api.peek(resource, "default", name);
  }

  List<KubeObject> pods() {
    return api.all(Resources.PODS);
  }

  List<String> events(String reason) {
    return ofReason(reason).map(e -> e.text("message")).toList();
  }

  /** Events of this reason: who says it, of which type it is, and what it says. */
  List<String> told(String reason) {
    return ofReason(reason)
        .map(e -> e.text("source", "component") + " " + e.text("type") + ": " + e.text("message"))
        .toList();
  }

  private Stream<KubeObject> ofReason(String reason) {
    return api.all(Resources.EVENTS).stream().filter(e -> e.text("reason").equals(reason));
  }

  /** What the metrics API says of a pod: as much CPU in the window that ends now. */
  void use(KubeObject pod, String cpu, String window) {
    api.put(
        POD_METRICS,
        KubeObject.parse(
            """
            {"apiVersion":"metrics.k8s.io/v1beta1","kind":"PodMetrics",
             "metadata":{"namespace":"default","name":"%s","labels":{"app":"d"}},
             "timestamp":"%s","window":"%s",
             "containers":[{"name":"c","usage":{"cpu":"%s","memory":"1Mi"}}]}\
            """
                .formatted(pod.name(), Timestamps.time(context.clock().instant()), window, cpu)));
  }

  void pass(Duration time) {
    context.advance(time);
  }

  static String deployment(String name, int replicas, String image) {
    return """
    {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"namespace":"default","name":"%s"},
     "spec":{"replicas":%d,"progressDeadlineSeconds":600,"revisionHistoryLimit":10,
      "selector":{"matchLabels":{"app":"%s"}},
      "strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":"25%%","maxUnavailable":"25%%"}},
      "template":{"metadata":{"labels":{"app":"%s"}},
       "spec":{"containers":[{"name":"c","image":"%s"}]}}}}\
    """
        .formatted(name, replicas, name, name, image);
  }

  static ObjectNode object(String json) {
    return Json.parseObject(json);
  }
}
