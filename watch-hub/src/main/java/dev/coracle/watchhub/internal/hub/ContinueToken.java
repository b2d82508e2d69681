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
    checkAlphabet(token);
    ObjectNode node;
    try {
      byte[] json = Base64.getUrlDecoder().decode(token.getBytes(StandardCharsets.US_ASCII));
      node = Json.parseObject(json);
    } catch (IllegalArgumentException | StatusException e) {
      throw refused(String.valueOf(e.getMessage()));
    }
    String version = node.path("v").asText();
    if (!version.equals(VERSION)) {
      throw refused("server does not recognize this encoded version " + version);
    }
    long revision = node.path("rv").asLong(0);
    if (revision == 0) {
      throw refused("incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
    }
    String start = node.path("start").asText("");
    if (start.isEmpty()) {
      throw refused("encoded start key empty (version meta.k8s.io/v1)");
    }
    if (!isClean(start)) {
      throw refused(start);
    }
    return new ContinueToken(revision, start);
  }

  /** Says where the first character is that base64url has not, or what is left over at the end. */
  private static void checkAlphabet(String token) {
    int wrong = 0;
    while (wrong < token.length() && isOfAlphabet(token.charAt(wrong))) {
      wrong++;
    }
    if (wrong == token.length() && wrong % 4 != 1) {
      return;
    }
    int at = wrong == token.length() ? wrong - 1 : wrong;
    throw refused("illegal base64 data at input byte " + at);
  }

  private static boolean isOfAlphabet(char c) {
    return c >= 'a' && c <= 'z'
        || c >= 'A' && c <= 'Z'
        || c >= '0' && c <= '9'
        || c == '-'
        || c == '_';
  }

  /** Whether a key leads to no other place than it says: no empty part, none that goes up. */
  private static boolean isClean(String start) {
    String key = start.startsWith("/") ? start.substring(1) : start;
    for (String part : key.split("/", -1)) {
      if (part.isEmpty() || part.equals(".") || part.equals("..")) {
        return false;
      }
    }
    return true;
  }

  private static StatusException refused(String why) {
    return StatusException.badRequest("invalid continue token: continue key is not valid: " + why);
  }
}
