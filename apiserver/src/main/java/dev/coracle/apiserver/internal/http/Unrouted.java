package dev.coracle.apiserver.internal.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Status;
import dev.coracle.api.StatusReason;
import dev.coracle.apiserver.internal.verb.Engine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * What is said of requests before they reach a resource's handler. Below a built-in group
 * Kubernetes routes by tables of methods and media types, and tells of what fits none in a Status
 * whose details are empty; everywhere else nothing is a page of text.
 */
public final class Unrouted {

  private static final List<String> OBJECTS =
      Arrays.stream(Negotiation.Form.values()).map(Negotiation.Form::mediaType).toList();

  private static final List<String> STREAMS =
      List.of("application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch");

  private static final Set<String> ANY = Set.of("", "*/*");

  private Unrouted() {}

  /** Nobody's path. */
  public static void page(Exchange exchange) {
    Responder.text(exchange, 404, "404 page not found\n");
  }

  /** A path below a built-in group that leads nowhere. */
  public static void notFound(Exchange exchange) {
    answer(exchange, Engine.noSuchResource().status());
  }

  /** A method that this path has not. */
  public static void methodNotAllowed(Exchange exchange) {
    answer(
        exchange,
        Status.failure(
            StatusReason.METHOD_NOT_ALLOWED,
            "the server does not allow this method on the requested resource"));
  }

  /** A patch of no known type. */
  static void unsupportedMediaType(Exchange exchange) {
    answer(
        exchange,
        Status.failure(StatusReason.UNSUPPORTED_MEDIA_TYPE, "415: Unsupported Media Type"));
  }

  /**
   * @param streams whether the path also answers with the events of a watch
   */
  static void notAcceptable(Exchange exchange, boolean streams) {
    List<String> available = new ArrayList<>(OBJECTS);
    if (streams) {
      available.addAll(STREAMS);
    }
    notAcceptable(exchange, available);
  }

  /** Tells, where a path has nothing but JSON, whoever takes no JSON; says whether it did. */
  public static boolean takesNoJson(Exchange exchange) {
    List<String> json = List.of(Negotiation.Form.JSON.mediaType());
    if (accepts(exchange.header("Accept"), json)) {
      return false;
    }
    notAcceptable(exchange, json);
    return true;
  }

  private static void notAcceptable(Exchange exchange, List<String> available) {
    answer(
        exchange,
        Status.failure(
            StatusReason.NOT_ACCEPTABLE,
            "406: Not Acceptable\n\nAvailable representations: " + String.join(", ", available)));
  }

  /** Whether a built-in resource's path speaks one of these types, whatever their parameters. */
  static boolean accepts(String accept) {
    return accepts(accept, OBJECTS);
  }

  private static boolean accepts(String accept, List<String> types) {
    if (accept.isBlank()) {
      return true;
    }
    for (String clause : accept.split(",")) {
      int end = clause.indexOf(';');
      String type = (end < 0 ? clause : clause.substring(0, end)).trim();
      if (ANY.contains(type) || types.contains(type)) {
        return true;
      }
    }
    return false;
  }

  private static void answer(Exchange exchange, Status status) {
    ObjectNode tree = status.toJson();
    tree.putObject("details");
    Responder.status(exchange, status, tree);
  }
}
