package dev.coracle.watchhub.internal.hub;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.fuzz.Fuzzer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Test;

/** Continue tokens, and the splicing of resourceVersions into whatever text an object has. */
class HubFuzz {

  private static final String TOKEN =
      "{\"v\":\"meta.k8s.io/v1\",\"rv\":7,\"start\":\"ns/name\\u0000\"}";

  @FuzzTest(maxDuration = "60s")
  void hub(byte[] input) {
    token(input);
    content(input);
    splice(input);
  }

  @Test
  void tokens() throws InterruptedException {
    new Fuzzer()
        .seeds(ContinueToken.after("ns/name", 7).encode(), "")
        .words("=", "_", "-", "é")
        .run(HubFuzz::token);
  }

  @Test
  void contentsOfTokens() throws InterruptedException {
    new Fuzzer().seeds(TOKEN).words("\"rv\"", "\"start\":", "\\u0000").run(HubFuzz::content);
  }

  private static void content(byte[] input) {
    token(Base64.getUrlEncoder().withoutPadding().encode(input));
  }

  private static void token(byte[] input) {
    try {
      ContinueToken token = ContinueToken.decode(new String(input, StandardCharsets.UTF_8));
      if (!ContinueToken.decode(token.encode()).equals(token)) {
        throw new AssertionError(token);
      }
    } catch (StatusException e) {
      if (e.status().code() != 400) {
        throw new AssertionError(e);
      }
    }
  }

  @Test
  void splices() throws InterruptedException {
    new Fuzzer()
        .seeds(
            "{\"kind\":\"A\",\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"5\"},\"x\":[1]}",
            "{ \"a\\\"\" : {\"metadata\":{}} , \"metadata\" : { } , \"z\" : \"}\\\\\" }",
            "{}")
        .words("\"metadata\":{", "\"resourceVersion\":\"1\"", "\\\"", "}", "{", ",", " ", "[")
        .run(HubFuzz::splice);
  }

  /** By the text it does what it would do by the tree; for one resourceVersion and one metadata. */
  private static void splice(byte[] input) {
    ObjectNode tree;
    try {
      tree = Json.parseObject(input);
    } catch (StatusException e) {
      return;
    }
    String text = tree.toString();
    if (!(tree.path("metadata") instanceof ObjectNode metadata)
        || !text.equals(new String(input, StandardCharsets.UTF_8))) {
      return; // the hub's texts are written by the server, and objects have metadata
    }
    byte[] without = JsonSplice.without(input);
    metadata.remove("resourceVersion");
    if (!Json.parseObject(without).equals(tree)) {
      throw new AssertionError(new String(without, StandardCharsets.UTF_8));
    }
    metadata.put("resourceVersion", "42");
    byte[] with = JsonSplice.with(without, 42);
    if (!Arrays.equals(with, JsonSplice.with(JsonSpliceTest.stored(without), 42))) {
      throw new AssertionError(new String(without, StandardCharsets.UTF_8));
    }
    if (!Json.parseObject(with).equals(tree)) {
      throw new AssertionError(new String(with, StandardCharsets.UTF_8));
    }
  }
}
