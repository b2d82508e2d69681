package dev.coracle.scheduler;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.client.fake.FakeClient;
import dev.coracle.client.fake.ManualContext;
import dev.coracle.scheduler.config.SchedulerOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A scheduler on an API in memory, in simulated time. */
final class SchedulerFixture {

  final ManualContext context = new ManualContext();
  final FakeClient api = new FakeClient(context.clock());
  final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  final Scheduler scheduler;

  SchedulerFixture() {
    this(SchedulerOptions.DEFAULT);
  }

  SchedulerFixture(SchedulerOptions options) {
    scheduler = new Scheduler(context, api, options, registry, new Random(7));
  }

  SchedulerFixture start() {
    var ready = scheduler.start().toCompletableFuture();
    context.runUntilIdle();
    if (!ready.isDone()) {
      throw new IllegalStateException("the scheduler is not ready");
    }
    return this;
  }

  void node(String name, String cpu, Consumer<ObjectNode> more) {
    api.put(
        Resources.NODES,
        KubeObject.create(
            new GroupVersionKind("", "v1", "Node"),
            "",
            name,
            node -> {
              node.withObjectProperty("metadata")
                  .withObjectProperty("labels")
                  .put("kubernetes.io/hostname", name);
              node.putObject("spec");
              node.putObject("status")
                  .putObject("allocatable")
                  .put("cpu", cpu)
                  .put("memory", "4Gi")
                  .put("pods", "110");
              more.accept(node);
            }));
  }

  void node(String name, String cpu) {
    node(name, cpu, _ -> {});
  }

  KubeObject pod(String name, String cpu, Consumer<ObjectNode> more) {
    return api.create(
            Resources.PODS,
            KubeObject.create(
                new GroupVersionKind("", "v1", "Pod"),
                "default",
                name,
                node -> {
                  ObjectNode container =
                      node.putObject("spec").putArray("containers").addObject().put("name", "c");
                  if (!cpu.isEmpty()) {
                    container.putObject("resources").putObject("requests").put("cpu", cpu);
                  }
                  more.accept(node);
                }))
        .await()
        .indefinitely();
  }

  KubeObject pod(String name, String cpu) {
    return pod(name, cpu, _ -> {});
  }

  /** A pod that wants what a ResourceClaim gives. */
  KubeObject podOfClaim(String name, String claim) {
    return pod(
        name,
        "",
        n ->
            n.withObjectProperty("spec")
                .putArray("resourceClaims")
                .addObject()
                .put("name", "c")
                .put("resourceClaimName", claim));
  }

  void run() {
    context.runUntilIdle();
  }

  @Nullable KubeObject peek(String pod) {
    return api.peek(Resources.PODS, "default", pod);
  }

  /** Empty while it has none. */
  String nodeOf(String pod) {
    KubeObject found = peek(pod);
    return found == null ? "" : found.text("spec", "nodeName");
  }

  String message(String pod) {
    KubeObject found = peek(pod);
    if (found != null) {
      for (var c : found.at("status", "conditions")) {
        if (c.path("type").asText().equals("PodScheduled")) {
          return c.path("message").asText("");
        }
      }
    }
    return "";
  }

  List<String> events() {
    return api.all(Resources.EVENTS).stream()
        .map(e -> e.text("reason") + ": " + e.text("message"))
        .toList();
  }
}
