package dev.coracle.system.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import java.net.http.HttpHeaders;

/** What the server answered. */
record Reply(String request, int code, String text, HttpHeaders headers) {

  JsonNode json() {
    return Json.parse(text);
  }

  /** Demands a success and gives the body. */
  JsonNode ok() {
    assertThat(code).as(request + ": " + text).isBetween(200, 299);
    return json();
  }

  /** Demands this failure, and gives the Status. */
  JsonNode refused(int expected) {
    assertThat(code).as(request + ": " + text).isEqualTo(expected);
    return json();
  }

  String message() {
    return json().path("message").asText();
  }

  String warning() {
    return String.join("\n", headers.allValues("Warning"));
  }
}
