package dev.coracle.apiserver.openapi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.coracle.api.Json;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.Scheme;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real kubectl reads the documents, from a front that serves them and discovery alone. */
class KubectlExplainTest {

  @TempDir Path home;
  private HttpServer server;
  private final Scheme scheme = Scheme.builtIn();
  private final OpenApiDocuments documents = new OpenApiDocuments(scheme, "v1.36.0");
  private final Set<String> missed = new ConcurrentSkipListSet<>();
  private final Set<String> asked = new ConcurrentSkipListSet<>();

  @BeforeEach
  void start() throws IOException {
    assumeTrue(onPath("kubectl"), "kubectl is not on the PATH");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::handle);
    server.start();
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.stop(0);
    }
  }

  private static boolean onPath(String program) {
    for (String dir : System.getenv("PATH").split(":")) {
      if (Files.isExecutable(Path.of(dir, program))) {
        return true;
      }
    }
    return false;
  }

  private void handle(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    asked.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
    byte[] body = null;
    String type = "application/json";
    if (path.equals("/api") || path.equals("/apis")) {
      type = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
      body = Json.bytes(discovery(path.equals("/api")));
    } else if (path.equals("/openapi/v2")) {
      type = documents.v2Protobuf().contentType();
      body = gzip(exchange, documents.v2Protobuf());
    } else if (path.equals("/openapi/v3")) {
      body = gzip(exchange, documents.index());
    } else if (path.startsWith("/openapi/v3/")) {
      body =
          documents
              .groupVersion(path.substring("/openapi/v3/".length()))
              .map(d -> gzip(exchange, d))
              .orElse(null);
    } else if (exchange.getRequestMethod().equals("POST")) {
      body = exchange.getRequestBody().readAllBytes();
    }
    if (body == null) {
      missed.add(path);
      body =
          "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"NotFound\",\"code\":404}"
              .getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().add("Content-Type", "application/json");
      exchange.sendResponseHeaders(404, body.length);
    } else {
      exchange.getResponseHeaders().add("Content-Type", type);
      exchange.sendResponseHeaders(
          exchange.getRequestMethod().equals("POST") ? 201 : 200, body.length);
    }
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  private static byte[] gzip(HttpExchange exchange, OpenApiDocument document) {
    exchange.getResponseHeaders().add("Content-Encoding", "gzip");
    exchange.getResponseHeaders().add("Etag", document.etag());
    return document.gzip();
  }

  private ObjectNode discovery(boolean core) {
    ObjectNode out =
        Json.object()
            .put("kind", "APIGroupDiscoveryList")
            .put("apiVersion", "apidiscovery.k8s.io/v2");
    ArrayNode items = out.putArray("items");
    for (Scheme.ApiGroup group : scheme.groups()) {
      if (group.name().isEmpty() == core) {
        ObjectNode item = items.addObject();
        item.putObject("metadata").put("name", group.name());
        ArrayNode versions = item.putArray("versions");
        for (Scheme.Version version : group.versions()) {
          ArrayNode resources =
              versions
                  .addObject()
                  .put("version", version.version())
                  .put("freshness", "Current")
                  .putArray("resources");
          for (ResourceDefinition r : version.resources()) {
            ObjectNode node = resources.addObject().put("resource", r.gvr().resource());
            node.putObject("responseKind")
                .put("group", r.kind().group())
                .put("version", r.kind().version())
                .put("kind", r.kind().kind());
            node.put("scope", r.namespaced() ? "Namespaced" : "Cluster")
                .put("singularResource", r.singular());
            r.verbs().forEach(node.putArray("verbs")::add);
            r.shortNames().forEach(node.putArray("shortNames")::add);
          }
        }
      }
    }
    return out;
  }

  private String kubectl(String... args) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                "kubectl",
                "--server",
                "http://127.0.0.1:" + server.getAddress().getPort(),
                "--cache-dir",
                home.toString()));
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("HOME", home.toString());
    builder.environment().remove("KUBECONFIG");
    Process process = builder.start();
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return out;
  }

  @Test
  void explainsKindsFieldsAndWholeTrees() throws Exception {
    String pods = kubectl("explain", "pods");
    assertThat(pods)
        .contains("KIND:       Pod", "VERSION:    v1", "Pod is a collection of containers");
    assertThat(kubectl("explain", "pods.spec.containers"))
        .contains("FIELD: containers <[]Container>", "livenessProbe", "<Probe>", "-required-");
    assertThat(kubectl("explain", "deploy.spec.strategy", "--recursive"))
        .contains("GROUP:      apps", "rollingUpdate", "maxSurge", "<IntOrString>");
    assertThat(kubectl("explain", "po.spec.containers.resources.limits"))
        .contains("<map[string]Quantity>");
    assertThat(kubectl("explain", "po.spec.containers.readinessProbe"))
        .contains("Asked now and then whether the container", "Probe describes a health");
    assertThat(kubectl("explain", "po.metadata.creationTimestamp")).contains("<string>");
    assertThat(kubectl("explain", "hpa", "--api-version=autoscaling/v1"))
        .contains("VERSION:    v1");
    assertThat(missed).isSubsetOf("/version");
  }

  @Test
  void createAsksTheServerToValidate() throws Exception {
    Path file =
        Files.writeString(
            home.resolve("cm.yaml"),
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}\ndata: {a: b}\n");
    assertThat(kubectl("create", "-f", file.toString())).isEqualTo("configmap/a created\n");
    assertThat(asked).anyMatch(a -> a.startsWith("POST") && a.contains("fieldValidation=Strict"));
  }

  @Test
  void saysThatADefinitionIsMissing() throws Exception {
    Path file =
        Files.writeString(
            home.resolve("cr.yaml"),
            "apiVersion: g.io/v1\nkind: Tab\nmetadata: {name: a, namespace: default}\n");
    assertThat(kubectl("create", "-f", file.toString()))
        .contains("no matches for kind \"Tab\" in version \"g.io/v1\"")
        .contains("ensure CRDs are installed first");
  }
}
