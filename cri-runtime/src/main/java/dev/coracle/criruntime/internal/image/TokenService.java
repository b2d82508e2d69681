package dev.coracle.criruntime.internal.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What registries and their token services say (the distribution project's token authentication).
 * All of it comes from outside: what cannot be used is an {@link IOException}.
 */
final class TokenService {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern PARAMETER =
      Pattern.compile("(?<![a-zA-Z])([a-zA-Z]++)=\"([^\"]*)\"");

  private TokenService() {}

  /** Of a {@code WWW-Authenticate} header; the last of a name counts. */
  static Map<String, String> parameters(String challenge) {
    Map<String, String> values = new HashMap<>();
    Matcher parameter = PARAMETER.matcher(challenge);
    while (parameter.find()) {
      values.put(parameter.group(1), parameter.group(2));
    }
    return values;
  }

  static URI address(String text) throws IOException {
    try {
      URI address = new URI(text);
      if (address.getHost() != null) {
        return address;
      }
    } catch (URISyntaxException e) {
      // As below.
    }
    throw new IOException("registry names no usable token service: " + text);
  }

  /** The token in an answer, which can be sent in a header as it is. */
  static String token(byte[] answer, String reference) throws IOException {
    JsonNode tree = JSON.readTree(answer);
    String token = tree.path("token").asText(tree.path("access_token").asText(""));
    if (token.isEmpty()) {
      throw new IOException("token service gave no token for " + reference);
    }
    if (!token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new IOException("token service gave a token with blanks or worse for " + reference);
    }
    return token;
  }
}
