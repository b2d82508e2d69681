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
import dev.coracle.apiserver.internal.http.Unrouted;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;
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
  private final Predicate<String> hasBuiltIn;
  private final Supplier<String> serverAddress;
  private volatile Cache cache = new Cache(-1, Map.of());

  /**
   * @param stored in which kind the objects of a resource are kept; of those that are kept
   * @param hasBuiltIn which groups have resources that are built in
   * @param serverAddress {@code host:port} for clients
   */
  public Discovery(
      Scheme scheme,
      ApiServices apis,
      Function<ResourceDefinition, Optional<GroupVersionKind>> stored,
      Predicate<String> hasBuiltIn,
      Supplier<String> serverAddress) {
    this.hasBuiltIn = hasBuiltIn;
    this.remote = new RemoteGroups(apis);
    this.scheme = scheme;
    this.documents = new DiscoveryDocuments(scheme, stored);
    this.serverAddress = serverAddress;
  }

  /** Answers, or says that this is no path of discovery. */
  public boolean handle(Exchange exchange) {
    String path = exchange.info().path();
    String trimmed = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    String[] parts = trimmed.substring(Math.min(1, trimmed.length())).split("/", -1);
    boolean core = parts[0].equals("api");
    if (!core && !parts[0].equals("apis") || List.of(parts).contains("")) {
      return false;
    }
    boolean builtIn = core || parts.length > 1 && hasBuiltIn.test(parts[1]);
    String method = exchange.request().method().name();
    if (builtIn && !method.equals("GET") || parts.length == 1 && !isRead(method)) {
      Unrouted.methodNotAllowed(exchange);
      return true;
    }
    if (parts.length == 1) {
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
            cached(trimmed + ";" + wanted.version(), () -> aggregated(core, wanted.version()));
        send(
            exchange,
            d,
            "application/json;g=apidiscovery.k8s.io;v="
                + wanted.version()
                + ";as=APIGroupDiscoveryList");
        return true;
      }
    }
    if (parts.length > 1) {
      // There is no protobuf form of these, and who asks for it has always got JSON.
      Negotiation.of(exchange.header("Accept"), true);
    }
    Optional<Document> document =
        switch (parts.length) {
          case 1 ->
              Optional.of(
                  cached(
                      trimmed,
                      () -> core ? documents.coreVersions(serverAddress.get()) : groups()));
          case 2 ->
              core
                  ? known(trimmed, () -> documents.resources("", parts[1]))
                  : known(trimmed, () -> remote.group(parts[1], documents.group(parts[1])));
          case 3 -> known(trimmed, () -> documents.resources(parts[1], parts[2]));
          default -> Optional.empty();
        };
    if (document.isPresent()) {
      send(exchange, document.get(), "application/json");
    } else if (builtIn) {
      Unrouted.notFound(exchange);
    } else {
      Unrouted.page(exchange);
    }
    return true;
  }

  /** All groups there are now, as {@code /apis} lists them. */
  public ObjectNode groups() {
    return remote.intoGroups(documents.groups());
  }

  private static boolean isRead(String method) {
    return method.equals("GET") || method.equals("HEAD");
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
    Responder.json(exchange, 200, mediaType, document.json());
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
