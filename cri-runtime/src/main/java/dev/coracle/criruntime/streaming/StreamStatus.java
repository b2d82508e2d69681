package dev.coracle.criruntime.streaming;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;

/** How a command ended, as the Kubernetes Status object that goes over the error channel. */
public final class StreamStatus {
  private static final ObjectMapper JSON = new ObjectMapper();

  private StreamStatus() {}

  public static byte[] exited(int code) {
    ObjectNode status = JSON.createObjectNode();
    status.putObject("metadata");
    if (code == 0) {
      status.put("status", "Success");
      return bytes(status);
    }
    status.put("status", "Failure");
    status.put("message", "command terminated with non-zero exit code: exit status " + code);
    status.put("reason", "NonZeroExitCode");
    status
        .putObject("details")
        .putArray("causes")
        .addObject()
        .put("reason", "ExitCode")
        .put("message", Integer.toString(code));
    return bytes(status);
  }

  public static byte[] failed(String message) {
    ObjectNode status = JSON.createObjectNode();
    status.putObject("metadata");
    status.put("status", "Failure");
    status.put("message", "Internal error occurred: " + message);
    status.put("reason", "InternalError");
    status.putObject("details").putArray("causes").addObject().put("message", message);
    status.put("code", 500);
    return bytes(status);
  }

  private static byte[] bytes(ObjectNode node) {
    try {
      return JSON.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      return "{}".getBytes(StandardCharsets.UTF_8);
    }
  }
}
