package dev.coracle.apiserver.internal.authn;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/**
 * A token in JWS compact form (RFC 7515), taken apart and not yet believed.
 *
 * @param signed what the signature is over
 */
public record JsonWebToken(JsonNode header, JsonNode claims, byte[] signed, byte[] signature) {

  private static final int LONGEST = 64 << 10;

  static Optional<JsonWebToken> parse(String token) {
    int first = token.indexOf('.');
    int last = token.lastIndexOf('.');
    if (first < 0 || last == first || token.length() > LONGEST) {
      return Optional.empty();
    }
    try {
      Base64.Decoder url = Base64.getUrlDecoder();
      return Optional.of(
          new JsonWebToken(
              Json.parse(url.decode(token.substring(0, first))),
              Json.parse(url.decode(token.substring(first + 1, last))),
              token.substring(0, last).getBytes(StandardCharsets.US_ASCII),
              url.decode(token.substring(last + 1))));
    } catch (IllegalArgumentException | StatusException e) {
      return Optional.empty();
    }
  }

  String algorithm() {
    return header.path("alg").asText("");
  }

  String keyId() {
    return header.path("kid").asText("");
  }

  boolean isFor(String audience) {
    JsonNode aud = claims.path("aud");
    if (aud.isTextual()) {
      return aud.asText().equals(audience);
    }
    for (JsonNode one : aud) {
      if (one.asText().equals(audience)) {
        return true;
      }
    }
    return false;
  }
}
