package dev.coracle.kubelet.server.internal.http;

import io.vertx.core.http.HttpMethod;
import java.util.List;

/**
 * Which {@code nodes/…} subresources guard a path. Several mean: any of them is enough, asked in
 * this order (fine-grained kubelet authorisation, KEP-2862).
 */
final class NodeSubresources {
  private NodeSubresources() {}

  static List<String> of(String path) {
    if (under(path, "/stats")) {
      return List.of("stats");
    }
    if (under(path, "/metrics")) {
      return List.of("metrics");
    }
    if (under(path, "/logs")) {
      return List.of("log");
    }
    if (under(path, "/checkpoint")) {
      return List.of("checkpoint");
    }
    if (under(path, "/pods") || under(path, "/runningpods")) {
      return List.of("pods", "proxy");
    }
    if (under(path, "/healthz")) {
      return List.of("healthz", "proxy");
    }
    if (under(path, "/statusz")) {
      return List.of("statusz", "proxy");
    }
    if (under(path, "/configz") || under(path, "/flagz")) {
      return List.of("configz", "proxy");
    }
    return List.of("proxy");
  }

  static String verb(HttpMethod method) {
    return switch (method.name()) {
      case "POST" -> "create";
      case "PUT" -> "update";
      case "PATCH" -> "patch";
      case "DELETE" -> "delete";
      default -> "get";
    };
  }

  private static boolean under(String path, String root) {
    return path.equals(root) || path.startsWith(root + "/");
  }
}
