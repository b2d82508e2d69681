package dev.coracle.apiserver.internal.discovery;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.internal.authn.TokenSigner;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.Responder;

/** By what others check service account tokens: the issuer's configuration and keys (KEP-1393). */
public final class KeyDocuments {

  private static final String KEYS = "/openid/v1/jwks";

  private final TokenSigner signer;
  private final String issuer;

  public KeyDocuments(TokenSigner signer, String issuer) {
    this.signer = signer;
    this.issuer = issuer;
  }

  /** Answers, or says that this is none of its paths. */
  public boolean handle(Exchange exchange) {
    switch (exchange.info().path()) {
      case "/.well-known/openid-configuration", "/.well-known/openid-configuration/" ->
          answer(exchange, "application/json", configuration());
      case KEYS, KEYS + "/" -> answer(exchange, "application/jwk-set+json", keys());
      default -> {
        return false;
      }
    }
    return true;
  }

  /** They are no secret, and anybody may keep them for a while. */
  private static void answer(Exchange exchange, String mediaType, byte[] document) {
    exchange.response().putHeader("Cache-Control", "public, max-age=3600");
    Responder.bytes(exchange, 200, mediaType, document);
  }

  private byte[] configuration() {
    ObjectNode out = Json.object().put("issuer", issuer).put("jwks_uri", issuer + KEYS);
    out.putArray("response_types_supported").add("id_token");
    out.putArray("subject_types_supported").add("public");
    ArrayNode algorithms = out.putArray("id_token_signing_alg_values_supported");
    signer.published().stream()
        .map(key -> key.path("alg").asText())
        .distinct()
        .sorted()
        .forEach(algorithms::add);
    return Json.bytes(out);
  }

  private byte[] keys() {
    ObjectNode out = Json.object();
    out.putArray("keys").addAll(signer.published());
    return Json.bytes(out);
  }
}
