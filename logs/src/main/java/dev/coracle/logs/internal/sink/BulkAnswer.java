package dev.coracle.logs.internal.sink;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import java.util.ArrayList;
import java.util.List;

/** Reads what a server answers to a bulk request. */
final class BulkAnswer {

  private BulkAnswer() {}

  /**
   * Which of the batch were not taken, by their places in it, for a passing reason (429, 5xx).
   *
   * @param size of the batch
   * @throws RuntimeException for what is no answer to so many entries
   */
  static List<Integer> refused(byte[] answer, int size) {
    JsonNode items = Json.parseObject(answer).path("items");
    if (!items.isArray() || items.size() != size) {
      throw new IllegalStateException("the server's answer is none of the bulk API");
    }
    List<Integer> again = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      int status = items.get(i).path("create").path("status").asInt();
      if (status == 429 || status >= 500) {
        again.add(i);
      }
    }
    return again;
  }
}
