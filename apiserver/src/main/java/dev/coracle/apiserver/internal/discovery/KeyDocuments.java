package dev.coracle.apiserver.internal.discovery;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.internal.authn.TokenKey;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.Responder;

/** By what others check service account tokens: the issuer's configuration and keys (KEP-1393). */
public final class KeyDocuments {

  private static final String KEYS = "/openid/v1/jwks";

  private final byte[] configuration;
  private final byte[] keys;

  public KeyDocuments(TokenKey key, String issuer) {
    ObjectNode c = Json.object().put("issuer", issuer).put("jwks_uri", issuer + KEYS);
    c.putArray("response_types_supported").add("id_token");
    c.putArray("subject_types_supported").add("public");
    c.putArray("id_token_signing_alg_values_supported").add(key.algorithm());
    configuration = Json.bytes(c);
    ObjectNode k = Json.object();
    k.putArray("keys").add(key.jwk());
    keys = Json.bytes(k);
  }

  /** Answers, or says that this is none of its paths. */
  public boolean handle(Exchange exchange) {
    switch (exchange.info().path()) {
      case "/.well-known/openid-configuration", "/.well-known/openid-configuration/" ->
          Responder.bytes(exchange, 200, "application/json", configuration);
      case KEYS, KEYS + "/" -> Responder.bytes(exchange, 200, "application/jwk-set+json", keys);
      default -> {
        return false;
      }
    }
    return true;
  }
}
