package dev.coracle.launcher;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Client;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * Applies the manifests of {@code demo/} as kubectl would, waits until they run, and says how to
 * reach them.
 */
final class Demo {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** The kinds the demo is made of. */
  private static final Map<String, GroupVersionResource> KINDS =
      Map.of(
          "ConfigMap", Resources.CONFIG_MAPS,
          "Deployment", Resources.DEPLOYMENTS,
          "Service", Resources.SERVICES,
          "Ingress", Resources.INGRESSES);

  private final Coracle cluster;
  private final PrintStream out;

  Demo(Coracle cluster, PrintStream out) {
    this.cluster = cluster;
    this.out = out;
  }

  void run() throws IOException {
    if (!cluster.isolatesPods()) {
      out.println(
          "  demo        left out: pods are processes of this host's network here, and the demo's"
              + " replicas would all want one port");
      return;
    }
    Path directory = Path.of(System.getProperty("coracle.home", "."), "demo");
    Client client = cluster.adminClient();
    for (KubeObject object : manifests(directory)) {
      client
          .patch(
              resource(object),
              "default",
              object.name(),
              Patch.apply(object.tree(), true),
              "",
              WriteOptions.by("coracle-demo"))
          .await()
          .atMost(PATIENCE);
      if (object.kind().equals("Deployment")) {
        out.println("  deployment  " + object.name());
      }
    }
    for (String name : List.of("greeter", "visitor")) {
      awaitReady(client, name);
    }
    int port = cluster.ingressHttpPort();
    out.println("  demo        curl http://demo.localhost:" + port + "/");
    out.println("              curl http://greeter.localhost:" + port + "/");
  }

  private static GroupVersionResource resource(KubeObject object) {
    GroupVersionResource resource = KINDS.get(object.kind());
    if (resource == null) {
      throw new UserErrorException("demo/ holds the unexpected kind " + object.kind());
    }
    return resource;
  }

  private static void awaitReady(Client client, String name) {
    String version =
        client
            .list(Resources.DEPLOYMENTS, "default", ListOptions.ALL)
            .await()
            .atMost(PATIENCE)
            .resourceVersion();
    KubeObject now = client.get(Resources.DEPLOYMENTS, "default", name).await().atMost(PATIENCE);
    if (isReady(now)) {
      return;
    }
    client
        .watch(Resources.DEPLOYMENTS, "default", WatchOptions.from(version))
        .filter(event ->
            event instanceof WatchEvent.Modified(KubeObject object)
                && object.name().equals(name)
                && isReady(object))
        .toUni()
        .ifNoItem()
        .after(PATIENCE)
        .failWith(() ->
            new UserErrorException(
                "the demo's "
                    + name
                    + " is not ready after "
                    + PATIENCE.toSeconds()
                    + " s; start without --demo and see kubectl describe pods"))
        .await()
        .indefinitely();
  }

  private static boolean isReady(KubeObject deployment) {
    return deployment.at("status", "availableReplicas").asInt()
            >= deployment.at("spec", "replicas").asInt(1)
        && deployment.at("status", "observedGeneration").asLong() >= deployment.generation();
  }

  private static List<KubeObject> manifests(Path directory) throws IOException {
    List<KubeObject> out = new ArrayList<>();
    List<Path> files;
    try (Stream<Path> all = Files.list(directory)) {
      files = all.filter(f -> f.toString().endsWith(".yaml")).sorted().toList();
    }
    for (Path file : files) {
      String text = Files.readString(file, StandardCharsets.UTF_8);
      for (Object document : new Load(LoadSettings.builder().build()).loadAllFromString(text)) {
        out.add(KubeObject.of(Json.MAPPER.valueToTree(document)));
      }
    }
    return out;
  }
}
