package dev.coracle.apiserver.internal.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GoBool;
import dev.coracle.api.GoQuote;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.api.Yaml;
import dev.coracle.apiserver.internal.audit.AuditRecord;
import dev.coracle.apiserver.internal.http.Negotiation.Form;
import dev.coracle.apiserver.internal.protobuf.ProtobufWriter;
import io.netty.buffer.Unpooled;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.internal.buffer.BufferInternal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes answers: form, warnings, compression, and failures as Status objects. */
public final class Responder {

  private static final Logger LOG = LoggerFactory.getLogger(Responder.class);

  /** Answers that are not larger are not worth compressing; upstream's threshold. */
  private static final int GZIP_ABOVE_BYTES = 128 << 10;

  private Responder() {}

  public static void object(Exchange exchange, Form form, int code, KubeObject object) {
    if (form == Form.JSON) {
      json(exchange, code, form.mediaType(), object.json());
    } else if (form == Form.PROTOBUF) {
      protobuf(exchange, code, ProtobufWriter.object(object), object.tree());
    } else {
      tree(exchange, form, code, object.tree());
    }
  }

  public static void tree(Exchange exchange, Form form, int code, JsonNode tree) {
    switch (form) {
      case YAML -> bytes(exchange, code, form.mediaType(), Yaml.bytes(tree));
      case PROTOBUF ->
          protobuf(
              exchange,
              code,
              tree instanceof ObjectNode object ? ProtobufWriter.tree(object) : Optional.empty(),
              tree);
      case JSON -> json(exchange, code, form.mediaType(), Json.bytes(tree));
    }
  }

  /** As it is, or indented for who asks for that and for those who look human. */
  public static void json(Exchange exchange, int code, String mediaType, byte[] json) {
    bytes(exchange, code, mediaType, pretty(exchange) ? PrettyJson.document(json) : json);
  }

  /** A document that is always laid out for people, as upstream lays it out. */
  public static void indented(Exchange exchange, JsonNode tree) {
    bytes(exchange, 200, "application/json", PrettyJson.value(Json.bytes(tree), 0));
  }

  /** What has no protobuf form is sent as JSON, which every client reads. */
  private static void protobuf(
      Exchange exchange, int code, Optional<byte[]> message, JsonNode tree) {
    if (message.isPresent()) {
      bytes(exchange, code, Form.PROTOBUF.mediaType(), message.get());
    } else {
      bytes(exchange, code, Form.JSON.mediaType(), Json.bytes(tree));
    }
  }

  static boolean pretty(Exchange exchange) {
    String asked = exchange.query("pretty");
    if (!asked.isEmpty()) {
      return GoBool.isTrue(asked);
    }
    String agent = exchange.header("User-Agent");
    return agent.startsWith("curl") || agent.startsWith("Wget") || agent.startsWith("Mozilla/5.0");
  }

  public static void text(Exchange exchange, int code, String text) {
    exchange.response().putHeader("X-Content-Type-Options", "nosniff");
    bytes(
        exchange,
        code,
        "text/plain; charset=utf-8",
        text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  /** What broke before anybody looked at the object: text and not a Status, as upstream's. */
  public static void internalError(Exchange exchange, String why) {
    String text =
        "Internal Server Error: " + GoQuote.of(exchange.request().uri()) + ": " + why + "\n";
    text(exchange, 500, text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"));
  }

  public static void bytes(Exchange exchange, int code, String mediaType, byte[] body) {
    HttpServerResponse response = exchange.response();
    if (response.ended() || response.closed()) {
      return;
    }
    if (response.headWritten()) {
      // Too late for another answer: a cut connection says that this one is not whole.
      response.reset();
      return;
    }
    head(exchange, code, mediaType);
    byte[] out = body;
    if (body.length > GZIP_ABOVE_BYTES && exchange.header("Accept-Encoding").contains("gzip")) {
      out = gzip(body);
      response.putHeader("Content-Encoding", "gzip");
      response.putHeader("Vary", "Accept-Encoding");
    }
    response.putHeader("Content-Length", Integer.toString(out.length));
    UnreadBody.discard(exchange.request());
    if (exchange.request().method().name().equals("HEAD")) {
      exchange.end(response::end);
    } else {
      // Not copied: whoever made the bytes leaves them as they are.
      byte[] whole = out;
      exchange.end(() -> response.end(BufferInternal.buffer(Unpooled.wrappedBuffer(whole))));
    }
  }

  static void head(Exchange exchange, int code, String mediaType) {
    HttpServerResponse response = exchange.response();
    response.setStatusCode(code);
    response.putHeader("Content-Type", mediaType);
    if (!response.headers().contains("Cache-Control")) {
      response.putHeader("Cache-Control", "no-cache, private");
    }
    for (String text : exchange.warnings().texts()) {
      response.headers().add("Warning", "299 - \"" + quoted(text) + "\"");
    }
  }

  /** A header's characters are bytes: the text is sent in UTF-8. */
  private static String quoted(String text) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else {
        out.append(c < ' ' ? ' ' : c);
      }
    }
    return new String(out.toString().getBytes(UTF_8), ISO_8859_1);
  }

  private static byte[] gzip(byte[] body) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(body.length / 6);
    try (GZIPOutputStream gzip =
        new GZIPOutputStream(out, 8192) {
          {
            def.setLevel(Deflater.BEST_SPEED);
          }
        }) {
      gzip.write(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** Answers with a failure: a Status, which a bug also becomes, without its details. */
  public static void failure(Exchange exchange, Throwable failure) {
    Status status;
    if (failure instanceof StatusException expected) {
      status = expected.status();
    } else {
      LOG.atError()
          .setMessage("request failed")
          .addKeyValue("method", exchange.request().method())
          .addKeyValue("path", exchange.info().path())
          .setCause(failure)
          .log();
      status = StatusException.internal(String.valueOf(failure.getMessage())).status();
    }
    status(exchange, status);
  }

  public static void status(Exchange exchange, Status status) {
    status(exchange, status, status.toJson());
  }

  /**
   * @param tree the Status as it is sent
   */
  static void status(Exchange exchange, Status status, JsonNode tree) {
    AuditRecord audit = exchange.audit();
    if (audit != null) {
      audit.failure(status);
    }
    if (status.retryAfterSeconds() > 0) {
      exchange.response().putHeader("Retry-After", Integer.toString(status.retryAfterSeconds()));
    }
    tree(exchange, Negotiation.ofStatus(exchange.header("Accept")), status.code(), tree);
  }
}
