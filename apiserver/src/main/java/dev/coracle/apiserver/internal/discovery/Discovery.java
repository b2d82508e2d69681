package dev.coracle.apiserver.internal.discovery;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.Scheme;
import dev.coracle.apiserver.internal.aggregation.ApiServices;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.Negotiation;
import dev.coracle.apiserver.internal.http.Responder;
import dev.coracle.apiserver.internal.verb.Engine;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Serves {@code /api}, {@code /apis} and what lies below them down to a version. Documents are made
 * once for every state of the scheme.
 */
public final class Discovery {

  private record Document(byte[] json, String tag) {}

  private record Cache(long generation, Map<String, Document> documents) {}

  private final Scheme scheme;
  private final DiscoveryDocuments documents;
  private final RemoteGroups remote;
  private final Supplier<String> serverAddress;
  private volatile Cache cache = new Cache(-1, Map.of());

  /**
   * @param stored in which kind the objects of a resource are kept; of those that are kept
   * @param serverAddress {@code host:port} for clients
   */
  public Discovery(
      Scheme scheme,
      ApiServices apis,
      Function<ResourceDefinition, Optional<GroupVersionKind>> stored,
      Supplier<String> serverAddress) {
    this.remote = new RemoteGroups(apis);
    this.scheme = scheme;
    this.documents = new DiscoveryDocuments(scheme, stored);
    this.serverAddress = serverAddress;
  }

  /** Answers, or says that this is no path of discovery. */
  public boolean handle(Exchange exchange) {
    String path = exchange.info().path();
    String trimmed = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    if (!trimmed.equals("/api")
        && !trimmed.startsWith("/api/")
        && !trimmed.equals("/apis")
        && !trimmed.startsWith("/apis/")) {
      return false;
    }
    String method = exchange.request().method().name();
    if (!method.equals("GET") && !method.equals("HEAD")) {
      throw Engine.noSuchResource();
    }
    if (trimmed.equals("/api") || trimmed.equals("/apis")) {
      Negotiation wanted =
          Negotiation.tryOf(exchange.header("Accept"), true, false)
              .orElseThrow(() ->
                  StatusException.of(
                      dev.coracle.api.StatusReason.NOT_ACCEPTABLE,
                      "only the following media types are accepted: application/json,"
                          + " application/yaml"));
      exchange.response().putHeader("Vary", "Accept");
      if (!wanted.as().isEmpty()
          && (wanted.version().equals("v2") || wanted.version().equals("v2beta1"))) {
        Document d =
            cached(
                trimmed + ";" + wanted.version(),
                () -> aggregated(trimmed.equals("/api"), wanted.version()));
        send(
            exchange,
            d,
            "application/json;g=apidiscovery.k8s.io;v="
                + wanted.version()
                + ";as=APIGroupDiscoveryList");
        return true;
      }
    }
    String[] parts = trimmed.substring(1).split("/");
    Optional<Document> document =
        switch (parts.length) {
          case 1 ->
              Optional.of(
                  cached(
                      trimmed,
                      () ->
                          parts[0].equals("api")
                              ? documents.coreVersions(serverAddress.get())
                              : remote.intoGroups(documents.groups())));
          case 2 ->
              parts[0].equals("api")
                  ? known(trimmed, () -> documents.resources("", parts[1]))
                  : known(trimmed, () -> remote.group(parts[1], documents.group(parts[1])));
          case 3 -> known(trimmed, () -> documents.resources(parts[1], parts[2]));
          default -> Optional.empty();
        };
    send(exchange, document.orElseThrow(Engine::noSuchResource), "application/json");
    return true;
  }

  private ObjectNode aggregated(boolean core, String version) {
    ObjectNode own = documents.aggregated(core, version);
    return core ? own : remote.intoAggregated(own);
  }

  private void send(Exchange exchange, Document document, String mediaType) {
    boolean yaml = exchange.header("Accept").startsWith("application/yaml");
    if (yaml) {
      Responder.tree(exchange, Negotiation.Form.YAML, 200, Json.parse(document.json()));
      return;
    }
    exchange.response().putHeader("ETag", document.tag());
    if (exchange.header("If-None-Match").equals(document.tag())) {
      exchange.response().setStatusCode(304).end();
      return;
    }
    Responder.bytes(exchange, 200, mediaType, document.json());
  }

  private Optional<Document> known(String key, Supplier<Optional<ObjectNode>> make) {
    Document d = state().documents().get(key);
    if (d != null) {
      return Optional.of(d);
    }
    return make.get().map(node -> cached(key, () -> node));
  }

  private Document cached(String key, Supplier<ObjectNode> make) {
    return state().documents().computeIfAbsent(key, _ -> document(make.get()));
  }

  private Cache state() {
    Cache now = cache;
    long generation = (scheme.generation() << 24) + remote.changes();
    if (now.generation() != generation) {
      now = new Cache(generation, new ConcurrentHashMap<>());
      cache = now;
    }
    return now;
  }

  private static Document document(ObjectNode node) {
    byte[] json = Json.bytes(node);
    java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
    crc.update(json);
    return new Document(
        json, "\"" + Long.toHexString(crc.getValue()) + Integer.toHexString(json.length) + "\"");
  }
}
