package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.Set;

/** Probes and lifecycle handlers. */
final class ProbeRules {

  private static final Set<String> SCHEMES = Set.of("HTTP", "HTTPS");

  private ProbeRules() {}

  /**
   * @param once a success is final, so the threshold must be one
   */
  static void check(JsonNode probe, FieldPath path, boolean once, FieldErrors errors) {
    if (!probe.isObject()) {
      return;
    }
    handler(probe, Nodes.NULL, path, errors);
    for (String field :
        new String[] {
          "initialDelaySeconds",
          "timeoutSeconds",
          "periodSeconds",
          "successThreshold",
          "failureThreshold"
        }) {
      if (probe.path(field).asInt(0) < 0) {
        errors.invalid(
            path, field, probe.path(field).asInt(), "must be greater than or equal to 0");
      }
    }
    if (once && probe.path("successThreshold").asInt(1) != 1) {
      errors.invalid(path, "successThreshold", probe.path("successThreshold").asInt(), "must be 1");
    }
    if (Nodes.set(probe, "terminationGracePeriodSeconds")) {
      if (!once) {
        errors.invalid(
            path,
            "terminationGracePeriodSeconds",
            probe.path("terminationGracePeriodSeconds"),
            "must not be set for readinessProbes");
      } else if (probe.path("terminationGracePeriodSeconds").asLong() <= 0) {
        errors.invalid(
            path,
            "terminationGracePeriodSeconds",
            probe.path("terminationGracePeriodSeconds"),
            "must be greater than 0");
      }
    }
  }

  /**
   * @param grace the Pod's, within which a hook that sleeps ends
   */
  static void handler(JsonNode handler, JsonNode grace, FieldPath path, FieldErrors errors) {
    int handlers = 0;
    for (String kind : new String[] {"exec", "httpGet", "tcpSocket", "grpc", "sleep"}) {
      if (Nodes.set(handler, kind)) {
        if (handlers++ > 0) {
          errors.forbidden(path, kind, "may not specify more than 1 handler type");
        } else {
          kind(kind, handler.path(kind), grace, path.child(kind), errors);
        }
      }
    }
    if (handlers == 0) {
      errors.required(path, "", "must specify a handler type");
    }
  }

  private static void kind(
      String kind, JsonNode action, JsonNode grace, FieldPath path, FieldErrors errors) {
    switch (kind) {
      case "exec" -> {
        if (!Nodes.has(action, "command")) {
          errors.required(path, "command");
        }
      }
      case "httpGet" -> {
        if (Nodes.text(action, "path").isEmpty()) {
          errors.required(path, "path");
        }
        port(action.path("port"), path, errors);
        PodSpecRules.choice(action, "scheme", SCHEMES, path, errors);
        for (JsonNode header : action.path("httpHeaders")) {
          String name = Nodes.text(header, "name");
          errors.invalid(path, "httpHeaders", name, NameRules.httpHeader(name));
        }
      }
      case "tcpSocket" -> port(action.path("port"), path, errors);
      case "grpc" -> Addresses.port(action.path("port").asInt(0), path, "port", errors);
      case "sleep" -> sleep(action.path("seconds").asLong(), grace, path, errors);
      default -> {}
    }
  }

  private static void sleep(long seconds, JsonNode grace, FieldPath path, FieldErrors errors) {
    if (grace.isNumber() && (seconds < 0 || seconds > grace.asLong())) {
      errors.invalid(
          path,
          "",
          seconds,
          "must be non-negative and less than terminationGracePeriodSeconds ("
              + grace.asLong()
              + ")");
    }
  }

  static void port(JsonNode port, FieldPath path, FieldErrors errors) {
    if (port.isTextual()) {
      errors.invalid(path, "port", port.textValue(), NameRules.portName(port.textValue()));
    } else {
      Addresses.port(port.asInt(0), path, "port", errors);
    }
  }
}
