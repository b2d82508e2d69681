package dev.coracle.kubelet.server.internal.stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;

/** The Status that ends a remote command: on the error channel, from protocol version 4 on. */
public final class StatusJson {
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private StatusJson() {}

  /** The command ran and ended with 0. */
  public static Buffer success() {
    return buffer(base("Success"));
  }

  /** The command ran and ended with another code; clients exit with it. */
  public static Buffer exitCode(int code) {
    ObjectNode status = base("Failure");
    status.put(
        "message",
        "command terminated with non-zero exit code: command terminated with exit code " + code);
    status.put("reason", "NonZeroExitCode");
    status
        .putObject("details")
        .putArray("causes")
        .addObject()
        .put("reason", "ExitCode")
        .put("message", "" + code);
    return buffer(status);
  }

  /** Something else went wrong. */
  public static Buffer internalError(String message) {
    ObjectNode status = base("Failure");
    status.put("message", "Internal error occurred: " + message);
    status.put("reason", "InternalError");
    status.putObject("details").putArray("causes").addObject().put("message", message);
    status.put("code", 500);
    return buffer(status);
  }

  /** The message of a failure Status, empty for success; the text itself when it is no Status. */
  static String message(Buffer status) {
    try {
      JsonNode tree = JSON.readTree(status.getBytes());
      return tree.path("status").asText().equals("Success") ? "" : tree.path("message").asText();
    } catch (IOException e) {
      return status.toString();
    }
  }

  private static ObjectNode base(String status) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.putObject("metadata");
    return node.put("status", status);
  }

  private static Buffer buffer(ObjectNode status) {
    return Buffer.buffer(status.toString());
  }
}
