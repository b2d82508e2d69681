package dev.coracle.apiserver.internal.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.internal.webhook.WebhookClient.CallFailed;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * Makes a review of the body of a webhook's answer, or a {@link CallFailed} in the words of
 * upstream's client.
 *
 * @param group of the reviews
 * @param kind {@code AdmissionReview} or {@code ConversionReview}
 * @param version of it that was asked in
 * @param shape of such an answer
 */
public record AnswerReader(String group, String kind, String version, AnswerShape shape) {

  private static final int LONGEST_SHOWN = 2048;
  private static final Set<String> VERSIONS = Set.of("v1", "v1beta1");
  private static final String TYPE_META =
      "struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\";"
          + " Kind string \"json:\\\"kind,omitempty\\\"\" }";

  public static AnswerReader admission(String version) {
    return new AnswerReader(
        "admission.k8s.io", "AdmissionReview", version, AnswerShape.admission(version));
  }

  public static AnswerReader conversion(String version) {
    return new AnswerReader(
        "apiextensions.k8s.io", "ConversionReview", version, AnswerShape.conversion(version));
  }

  /** The answer; an object, maybe without a kind. */
  JsonNode read(int code, String mediaType, byte[] body) {
    if (code < 200 || code > 206) {
      throw refused(code, mediaType, body);
    }
    if (body.length == 0) {
      throw new CallFailed(
          "0-length response with status code: " + code + " and content type: " + mediaType);
    }
    JsonNode answer = parsed(body);
    if (answer.isNull()) {
      return Json.object();
    }
    if (!answer.isObject()) {
      throw new CallFailed(
          "couldn't get version/kind; json parse error: json: cannot unmarshal "
              + (answer.isArray() ? "array" : answer.isNumber() ? "number" : "string")
              + " into Go value of type "
              + TYPE_META);
    }
    known(answer);
    shape.check(answer);
    return answer;
  }

  private static JsonNode parsed(byte[] body) {
    try {
      return Json.parse(body);
    } catch (StatusException e) {
      int first = 0;
      while (first < body.length && Character.isWhitespace(body[first])) {
        first++;
      }
      if (first < body.length && (body[first] == '{' || body[first] == '[')) {
        throw new CallFailed(
            "couldn't get version/kind; json parse error: " + e.status().message());
      }
      // Any other text is a scalar in YAML.
      return Json.NODES.textNode("");
    }
  }

  /** Whether it is such a review as far as it says what it is. */
  private void known(JsonNode answer) {
    for (String field : new String[] {"apiVersion", "kind"}) {
      JsonNode value = answer.path(field);
      if (!value.isTextual() && !value.isMissingNode() && !value.isNull()) {
        throw new CallFailed(
            "couldn't get version/kind; json parse error: json: cannot unmarshal "
                + (value.isNumber() ? "number" : value.isArray() ? "array" : "object")
                + " into Go struct field ."
                + field
                + " of type string");
      }
    }
    String apiVersion = answer.path("apiVersion").asText("");
    String named = answer.path("kind").asText("");
    if (apiVersion.indexOf('/') != apiVersion.lastIndexOf('/')) {
      throw new CallFailed("unexpected GroupVersion string: " + apiVersion);
    }
    if (apiVersion.isEmpty() || named.isEmpty()) {
      return;
    }
    int slash = apiVersion.indexOf('/');
    String givenVersion = apiVersion.substring(slash + 1);
    boolean review =
        slash > 0
            && apiVersion.substring(0, slash).equals(group)
            && VERSIONS.contains(givenVersion)
            && named.equals(kind);
    if (review && givenVersion.equals(version)) {
      return;
    }
    if (review || apiVersion.equals("v1") && named.equals("Status")) {
      throw new CallFailed(
          "converting ("
              + givenVersion
              + "."
              + named
              + ") to ("
              + version
              + "."
              + kind
              + "): unknown conversion");
    }
    throw new CallFailed(
        "no kind \"" + named + "\" is registered for version \"" + apiVersion + "\"");
  }

  /** As it stands in messages: {@code GROUP/VERSION, Kind=KIND}, also where all of it is empty. */
  public static String shown(JsonNode review) {
    GroupVersionKind gvk =
        GroupVersionKind.of(review.path("apiVersion").asText(""), review.path("kind").asText(""));
    return gvk.group() + "/" + gvk.version() + ", Kind=" + gvk.kind();
  }

  private static CallFailed refused(int code, String mediaType, byte[] body) {
    String told = told(body);
    if (!told.isEmpty()) {
      return new CallFailed(told, code);
    }
    boolean text = mediaType.isEmpty() || mediaType.startsWith("text/");
    String all = new String(body, StandardCharsets.UTF_8).strip();
    String shown =
        !text ? "unknown" : all.length() > LONGEST_SHOWN ? all.substring(0, LONGEST_SHOWN) : all;
    return new CallFailed(
        switch (code) {
          case 400 -> "the server rejected our request for an unknown reason";
          case 401 -> "the server has asked for the client to provide credentials";
          case 403, 406, 415 -> shown;
          case 404 -> "the server could not find the requested resource";
          case 405 -> "the server does not allow this method on the requested resource";
          case 409 -> "the server reported a conflict";
          case 422 -> "the server rejected our request due to an error in our request";
          case 429 ->
              "the server has received too many requests and has asked us to try again later";
          case 503 -> "the server is currently unable to handle the request";
          case 504 ->
              "the server was unable to return a response in the time allotted, but may still be"
                  + " processing the request";
          default ->
              code >= 500
                  ? "an error on the server ("
                      + Json.NODES.textNode(shown)
                      + ") has prevented the request from succeeding"
                  : "the server responded with the status code "
                      + code
                      + " but did not return more information";
        },
        code);
  }

  /** The message of a Status, where the body is one. */
  private static String told(byte[] body) {
    try {
      JsonNode status = Json.parse(body);
      boolean failure =
          status.path("kind").asText("").equals("Status")
              && status.path("apiVersion").asText("").equals("v1")
              && status.path("status").asText("").equals("Failure");
      return failure ? status.path("message").asText("") : "";
    } catch (StatusException e) {
      return "";
    }
  }
}
