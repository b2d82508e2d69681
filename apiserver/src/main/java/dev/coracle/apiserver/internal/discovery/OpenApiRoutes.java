package dev.coracle.apiserver.internal.discovery;

import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.Negotiation;
import dev.coracle.apiserver.internal.http.Responder;
import dev.coracle.apiserver.internal.verb.Engine;
import dev.coracle.apiserver.openapi.OpenApiDocument;
import dev.coracle.apiserver.openapi.OpenApiDocuments;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;

/** Serves {@code /openapi/v2} and {@code /openapi/v3}; documents are built on a worker thread. */
public final class OpenApiRoutes {

  private static final String V3 = "/openapi/v3";

  /** Who asks for protobuf reads JSON too, as client-go does. */
  private static final Set<String> V3_TYPES =
      Set.of(
          "*/*",
          "application/*",
          "application/json",
          "application/com.github.proto-openapi.spec.v3@v1.0+protobuf",
          "application/com.github.proto-openapi.spec.v3.v1.0+protobuf");

  private final Vertx vertx;
  private final OpenApiDocuments documents;

  public OpenApiRoutes(Vertx vertx, OpenApiDocuments documents) {
    this.vertx = vertx;
    this.documents = documents;
  }

  /** Answers, or says that this is none of its paths. */
  public boolean handle(Exchange exchange) {
    String path = exchange.info().path();
    boolean protobuf = OpenApiDocuments.wantsProtobuf(exchange.header("Accept"));
    if (protobuf && path.equals("/openapi/v2")) {
      send(exchange, () -> Optional.of(documents.v2Protobuf()));
      return true;
    }
    if (path.equals("/openapi/v2")) {
      Negotiation.of(exchange.header("Accept"));
      send(exchange, () -> Optional.of(documents.v2()));
    } else if (path.equals(V3) || path.equals(V3 + "/")) {
      send(exchange, () -> Optional.of(documents.index()));
    } else if (path.startsWith(V3 + "/")) {
      if (!acceptsV3(exchange.header("Accept"))) {
        exchange.response().putHeader("Vary", "Accept").setStatusCode(406).end();
        return true;
      }
      String of = path.substring(V3.length() + 1);
      Optional<String> hash = documents.hashOf(of);
      String asked = exchange.query("hash");
      if (hash.isPresent() && !asked.isEmpty() && !asked.equals(hash.get())) {
        exchange
            .response()
            .putHeader("Location", path + "?hash=" + hash.get())
            .setStatusCode(301)
            .end();
        return true;
      }
      send(exchange, () -> documents.groupVersion(of));
    } else {
      return false;
    }
    return true;
  }

  private static boolean acceptsV3(String accept) {
    for (String clause : accept.isBlank() ? new String[] {"*/*"} : accept.split(",")) {
      if (V3_TYPES.contains(clause.split(";", 2)[0].trim())) {
        return true;
      }
    }
    return false;
  }

  private void send(Exchange exchange, Callable<Optional<OpenApiDocument>> make) {
    vertx
        .executeBlocking(make, false)
        .onSuccess(found -> {
          if (found.isEmpty()) {
            Responder.failure(exchange, Engine.noSuchResource());
          } else {
            write(exchange, found.get());
          }
        })
        .onFailure(failure -> Responder.failure(exchange, failure));
  }

  private static void write(Exchange exchange, OpenApiDocument document) {
    var response = exchange.response();
    if (response.ended() || response.closed()) {
      return;
    }
    response.putHeader("ETag", document.etag());
    response.putHeader("Vary", "Accept, Accept-Encoding");
    // What a hash names never changes; all else may at any time.
    boolean hashed = !exchange.query("hash").isEmpty();
    response.putHeader("Cache-Control", hashed ? "public, immutable" : "no-cache, private");
    if (exchange.header("If-None-Match").equals(document.etag())) {
      response.setStatusCode(304).end();
      return;
    }
    response.putHeader("Content-Type", document.contentType());
    if (exchange.header("Accept-Encoding").contains("gzip")) {
      response.putHeader("Content-Encoding", "gzip").end(Buffer.buffer(document.gzip()));
    } else {
      response.end(Buffer.buffer(document.plain()));
    }
  }
}
