package dev.coracle.system.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Through the API server to pods and services. */
@Conformance
class ApiProxyIT {

  private static void answers(Space space, String path, String wanted) {
    Awaitility.await(path)
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(space.api().get(path).text()).contains(wanted));
  }

  private static void serve(Space space) {
    space.start(TestPod.server("agnhost", "pr", 8080));
    space.create(
        "{apiVersion: v1, kind: Service, metadata: {name: svc}, spec: {selector: {app: pr}, ports:"
            + " [{name: http, port: 80, targetPort: 8080}]}}");
  }

  /** The kubelet's own port is no other than the node's: the same way leads there. */
  @Test
  void nodesWithTheirPort(Space space) {
    var node = space.api().get("/api/v1/nodes").json().path("items").path(0);
    String name = node.path("metadata").path("name").asText();
    int port =
        node.path("status").path("daemonEndpoints").path("kubeletEndpoint").path("Port").asInt();
    for (String target : List.of(name, name + ":" + port)) {
      answers(space, "/api/v1/nodes/" + target + "/proxy/healthz", "ok");
    }
  }

  @Test
  @DisplayName(
      "[sig-network] Proxy version v1 should proxy through a service and a pod [Conformance]")
  void through(Space space) {
    serve(space);
    for (String target : List.of("svc:80", "svc:http", "http:svc:80", "http:svc:http")) {
      answers(space, space.path("services", target) + "/proxy/cgi-bin/hostname", "agnhost\n");
    }
    for (String target : List.of("agnhost:8080", "http:agnhost:8080")) {
      answers(space, space.path("pods", target) + "/proxy/cgi-bin/hostname", "agnhost\n");
    }
    for (String proxy :
        List.of(
            space.path("pods", "agnhost:8080") + "/proxy",
            space.path("services", "svc:http") + "/proxy")) {
      Reply page = space.api().get(proxy + "/page.html");
      assertThat(page.text()).isEqualTo("<a href=\"" + proxy + "/rewriteme\">test</a>\n");
    }
  }

  @Test
  @DisplayName(
      "[sig-network] Proxy version v1 A set of valid responses are returned for both pod and"
          + " service Proxy [Conformance]")
  void responses(Space space) {
    serve(space);
    for (String base :
        List.of(space.path("pods", "agnhost:8080"), space.path("services", "svc:80"))) {
      answers(space, base + "/proxy/cgi-bin/echo?method=GET", "GET ?method=GET");
      for (String method : List.of("POST", "PUT", "PATCH", "DELETE", "OPTIONS")) {
        Reply reply =
            space
                .api()
                .send(method, base + "/proxy/cgi-bin/echo?method=" + method, "", "", Map.of());
        // The server behind knows only some methods; what counts is that its answer comes through.
        assertThat(reply.code()).as(method + " " + reply.text()).isIn(200, 501);
        if (reply.code() == 200) {
          assertThat(reply.text()).isEqualTo(method + " ?method=" + method + "\n");
        }
      }
      assertThat(space.api().send("HEAD", base + "/proxy/cgi-bin/echo", "", "", Map.of()).code())
          .isIn(200, 501);
    }
  }

  @Test
  @DisplayName(
      "[sig-network] Proxy version v1 A set of valid responses are returned for both pod and"
          + " service ProxyWithPath [Conformance]")
  void responsesWithPath(Space space) {
    serve(space);
    for (String base :
        List.of(space.path("pods", "agnhost:8080"), space.path("services", "svc:80"))) {
      answers(
          space, base + "/proxy/cgi-bin/echo/some/path?method=GET", "GET /some/path?method=GET");
      for (String method : List.of("POST", "PUT", "PATCH", "DELETE", "OPTIONS")) {
        Reply reply =
            space
                .api()
                .send(
                    method,
                    base + "/proxy/cgi-bin/echo/some/path?method=" + method,
                    "",
                    "",
                    Map.of());
        // The server behind knows only some methods; what counts is that its answer comes through.
        assertThat(reply.code()).as(method + " " + reply.text()).isIn(200, 501);
        if (reply.code() == 200) {
          assertThat(reply.text()).isEqualTo(method + " /some/path?method=" + method + "\n");
        }
      }
      assertThat(
              space
                  .api()
                  .send("HEAD", base + "/proxy/cgi-bin/echo/some/path", "", "", Map.of())
                  .code())
          .isIn(200, 501);
    }
  }
}
