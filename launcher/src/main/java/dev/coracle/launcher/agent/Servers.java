package dev.coracle.launcher.agent;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Component;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.client.HttpsClient;
import dev.coracle.client.Informer;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.InformerOptions;
import dev.coracle.client.SerialContext;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The API servers of the cluster, as the endpoints of the {@code kubernetes} Service tell them:
 * this node has a tunnel to each, its client turns to another one when one is away, and a file
 * remembers them for the next start. The server that the node was given stays one of them. Owned by
 * its context.
 */
final class Servers implements Component {

  private static final Logger LOG = LoggerFactory.getLogger(Servers.class);
  private static final int MOST = 16;

  private final Vertx vertx;
  private final HttpsClient client;
  private final Path file;
  private final Function<URI, TunnelClient> tunnel;
  private final SerialContext context;
  private final InformerFactory informers;
  private final Informer slices;
  private final Map<URI, TunnelClient> tunnels = new LinkedHashMap<>();
  private final URI given;
  private boolean stopped;

  /**
   * @param given the server that the node was told of
   * @param file where the others are remembered, one URL a line
   */
  Servers(
      Vertx vertx, URI given, HttpsClient client, Path file, Function<URI, TunnelClient> tunnel) {
    this.vertx = vertx;
    this.given = given;
    this.client = client;
    this.file = file;
    this.tunnel = tunnel;
    this.context = SerialContext.of(vertx);
    this.informers = new InformerFactory(context, client);
    this.slices =
        informers.informer(
            Resources.ENDPOINT_SLICES,
            InformerOptions.inNamespace("default")
                .withLabels(LabelSelector.parse("kubernetes.io/service-name=kubernetes")));
    slices.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject object) {
            follow();
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            follow();
          }

          @Override
          public void deleted(KubeObject last) {
            follow();
          }
        });
  }

  /** Those of the last time, from the file. */
  static List<URI> remembered(Path file) {
    try {
      return Files.exists(file)
          ? Files.readAllLines(file).stream().filter(l -> !l.isBlank()).map(URI::create).toList()
          : List.of();
    } catch (IOException | IllegalArgumentException e) {
      LOG.atWarn().addKeyValue("file", file).addKeyValue("why", e.getMessage()).log("Not read");
      return List.of();
    }
  }

  @Override
  public String name() {
    return "tunnel";
  }

  /** Completes when one of the servers has this node's tunnel. */
  @Override
  public CompletionStage<Void> start() {
    CompletableFuture<Void> one = new CompletableFuture<>();
    List<URI> known = remembered(file);
    context.execute(() -> {
      open(given).whenComplete((_, _) -> one.complete(null));
      known.forEach(server -> open(server).whenComplete((_, _) -> one.complete(null)));
    });
    informers.start().subscribe().with(_ -> {}, e -> one.completeExceptionally(e));
    return one;
  }

  @Override
  public CompletionStage<Void> stop() {
    return informers
        .stop()
        .chain(() -> {
          CompletableFuture<Void> done = new CompletableFuture<>();
          context.execute(() -> {
            stopped = true;
            CompletableFuture.allOf(
                    tunnels.values().stream()
                        .map(t -> t.stop().toCompletableFuture())
                        .toArray(CompletableFuture<?>[]::new))
                .whenComplete((_, _) -> done.complete(null));
          });
          return Uni.createFrom().completionStage(done);
        })
        .subscribeAsCompletionStage();
  }

  /** Goes on with the certificate that stands in the files now. */
  void renewed() {
    context.execute(() -> tunnels.values().forEach(TunnelClient::renewed));
  }

  @Override
  public Optional<String> unhealthy() {
    List<TunnelClient> all;
    synchronized (tunnels) {
      all = List.copyOf(tunnels.values());
    }
    return all.stream().anyMatch(t -> t.unhealthy().isEmpty())
        ? Optional.empty()
        : Optional.of("no tunnel to an API server");
  }

  private CompletionStage<Void> open(URI server) {
    if (stopped || tunnels.containsKey(server)) {
      return new CompletableFuture<>();
    }
    TunnelClient made = tunnel.apply(server);
    synchronized (tunnels) {
      tunnels.put(server, made);
    }
    return made.start();
  }

  private void follow() {
    List<URI> now = addresses(slices.lister().list());
    // Without any the Service is being put right; who is known may still be there.
    if (stopped || now.isEmpty()) {
      return;
    }
    client.servers(now);
    now.forEach(this::open);
    for (URI server : List.copyOf(tunnels.keySet())) {
      if (!server.equals(given) && !now.contains(server)) {
        TunnelClient gone;
        synchronized (tunnels) {
          gone = tunnels.remove(server);
        }
        if (gone != null) {
          gone.stop();
        }
      }
    }
    vertx
        .executeBlocking(() -> Files.write(file, now.stream().map(URI::toString).toList()))
        .onFailure(e ->
            LOG.atWarn()
                .addKeyValue("file", file)
                .addKeyValue("why", e.getMessage())
                .log("The servers are not remembered"));
  }

  private static List<URI> addresses(Collection<KubeObject> slices) {
    TreeSet<URI> out = new TreeSet<>();
    for (KubeObject slice : slices) {
      int port = slice.at("ports").path(0).path("port").asInt(0);
      for (JsonNode endpoint : slice.at("endpoints")) {
        for (JsonNode address : endpoint.path("addresses")) {
          String ip = address.asText();
          if (port > 0) {
            out.add(URI.create("https://" + (ip.contains(":") ? "[" + ip + "]" : ip) + ":" + port));
          }
        }
      }
    }
    return new ArrayList<>(out).subList(0, Math.min(MOST, out.size()));
  }
}
