package dev.coracle.watchhub.internal.hub;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Where the next page of a list begins, in upstream's form: base64url of {@code
 * {"v":"meta.k8s.io/v1","rv":…,"start":"ns/name\u0000"}}.
 *
 * @param revision the first page's; -1: go on with whatever is there now
 * @param start the first key that may be on the page
 */
record ContinueToken(long revision, String start) {

  private static final String VERSION = "meta.k8s.io/v1";

  static ContinueToken after(String key, long revision) {
    return new ContinueToken(revision, key + '\0');
  }

  String encode() {
    ObjectNode node = Json.object();
    node.put("v", VERSION).put("rv", revision).put("start", start);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(Json.bytes(node));
  }

  /**
   * @throws StatusException {@code BadRequest}
   */
  static ContinueToken decode(String token) {
    ObjectNode node;
    try {
      byte[] json = Base64.getUrlDecoder().decode(token.getBytes(StandardCharsets.US_ASCII));
      node = Json.parseObject(json);
    } catch (IllegalArgumentException | StatusException e) {
      throw refused(": " + e.getMessage());
    }
    long revision = node.path("rv").asLong(0);
    String start = node.path("start").asText("");
    if (!node.path("v").asText().equals(VERSION) || revision == 0 || start.isEmpty()) {
      throw refused("");
    }
    return new ContinueToken(revision, start);
  }

  private static StatusException refused(String why) {
    return StatusException.badRequest("invalid continue token: continue key is not valid" + why);
  }
}
