package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What curl and openssl get from the gateway of a running cluster. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IngressIT {

  private static final Duration SOON = Duration.ofSeconds(120);

  private Path directory;
  private CoracleProcess coracle;
  private Kubectl kubectl;

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    assumeThat(Shell.has("curl") && Shell.has("openssl")).as("needs curl and openssl").isTrue();
    directory = temporary;
    coracle = CoracleProcess.start(directory.resolve("data"));
    kubectl = coracle.kubectl();
    kubectl.run("apply", "-f", CoracleProcess.HOME.resolve("demo").toString());
    secret("north");
    secret("south");
    kubectl.runWithInput(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: nobody}
        spec: {selector: {app: nobody}, ports: [{port: 80}]}
        ---
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: paths}
        spec:
          tls: [{hosts: [north.example], secretName: north}, {hosts: [south.example], secretName: south}]
          rules:
          - host: north.example
            http:
              paths:
              - {path: /exact, pathType: Exact, backend: {service: {name: greeter, port: {number: 80}}}}
              - {path: /prefix, pathType: Prefix, backend: {service: {name: greeter, port: {name: http}}}}
              - {path: /any, pathType: ImplementationSpecific, backend: {service: {name: greeter, port: {number: 80}}}}
              - {path: /nobody, pathType: Prefix, backend: {service: {name: nobody, port: {number: 80}}}}
          - host: "*.south.example"
            http:
              paths:
              - {path: /, pathType: Prefix, backend: {service: {name: greeter, port: {number: 80}}}}
        ---
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: foreign}
        spec:
          ingressClassName: somebody-elses
          rules:
          - host: foreign.example
            http:
              paths: [{path: /, pathType: Prefix, backend: {service: {name: greeter, port: {number: 80}}}}]
        """,
        "apply",
        "-f",
        "-");
    kubectl.run("rollout", "status", "deployment/greeter", "--timeout=120s");
    Awaitility.await()
        .atMost(SOON)
        .until(() -> curl("north.example", "/exact").contains("Hello from greeter-"));
  }

  @AfterAll
  void stop() throws Exception {
    if (coracle != null) {
      coracle.close();
    }
  }

  @Test
  void pathsMatchAsTheirTypesSay() throws Exception {
    assertThat(curl("north.example", "/exact?x=1")).contains("Hello").endsWith("200");
    assertThat(curl("north.example", "/exact/")).endsWith("404");
    assertThat(curl("north.example", "/prefix")).endsWith("200");
    assertThat(curl("north.example", "/prefix/below")).contains("Hello").endsWith("200");
    assertThat(curl("north.example", "/prefixed")).endsWith("404");
    assertThat(curl("north.example", "/any/thing")).endsWith("200");
  }

  @Test
  void hostsMatchExactlyOrByOneLabel() throws Exception {
    assertThat(curl("one.south.example", "/")).endsWith("200");
    assertThat(curl("two.one.south.example", "/")).endsWith("404");
    assertThat(curl("south.example", "/"))
        .isEqualTo("no Ingress rule matches this host and path\n404");
  }

  @Test
  void anotherControllersIngressIsLeftAlone() throws Exception {
    assertThat(curl("foreign.example", "/")).endsWith("404");
    assertThat(address("foreign")).isEmpty();
    assertThat(address("paths")).isNotEmpty();
    assertThat(kubectl.run("get", "ingress", "paths")).contains("coracle").contains("80, 443");
    assertThat(kubectl.run("get", "ingressclass", "coracle", "-o", "yaml"))
        .contains("ingressclass.kubernetes.io/is-default-class: \"true\"");
  }

  @Test
  void aServiceWithoutPodsIsUnavailable() throws Exception {
    assertThat(curl("north.example", "/nobody"))
        .isEqualTo("the Service default/nobody has no ready endpoint\n503");
  }

  @Test
  void theCertificateIsThatOfTheNameTheClientAsksFor() throws Exception {
    assertThat(subject("north.example")).contains("CN = north.example");
    assertThat(subject("south.example")).contains("CN = south.example");
    assertThat(subject("else.example")).doesNotContain("north").doesNotContain("south");
    Shell.Result answer =
        Shell.run(
            "curl",
            "-s",
            "--max-time",
            "20",
            "--cacert",
            directory.resolve("north.crt").toString(),
            "--resolve",
            "north.example:" + coracle.ingressTlsPort() + ":127.0.0.1",
            "-w",
            "%{http_version} %{http_code}",
            "https://north.example:" + coracle.ingressTlsPort() + "/exact");
    assertThat(answer.out()).as(answer.all()).contains("Hello").endsWith("2 200");
  }

  @Test
  void aDefaultBackendTakesWhatNoRuleTakes() throws Exception {
    kubectl.runWithInput(
        """
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: rest}
        spec: {defaultBackend: {service: {name: greeter, port: {number: 80}}}}
        """,
        "apply",
        "-f",
        "-");
    Awaitility.await().atMost(SOON).until(() -> curl("unknown.example", "/").endsWith("200"));
    kubectl.run("delete", "ingress", "rest");
    Awaitility.await().atMost(SOON).until(() -> curl("unknown.example", "/").endsWith("404"));
  }

  private String address(String ingress) {
    return kubectl.run(
        "get", "ingress", ingress, "-o", "jsonpath={.status.loadBalancer.ingress[0].ip}");
  }

  /** A TLS Secret for NAME.example, of a certificate that signs itself. */
  private void secret(String name) {
    Path certificate = directory.resolve(name + ".crt");
    Path key = directory.resolve(name + ".key");
    Shell.Result made =
        Shell.run(
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=" + name + ".example",
            "-addext",
            "subjectAltName=DNS:" + name + ".example",
            "-keyout",
            key.toString(),
            "-out",
            certificate.toString());
    assertThat(made.exitCode()).as(made.all()).isZero();
    kubectl.run("create", "secret", "tls", name, "--cert=" + certificate, "--key=" + key);
  }

  private String subject(String name) throws Exception {
    return Shell.run(
            "sh",
            "-c",
            "openssl s_client -connect 127.0.0.1:"
                + coracle.ingressTlsPort()
                + " -servername "
                + name
                + " </dev/null 2>/dev/null | openssl x509 -noout -subject")
        .out();
  }

  /** The body and, behind it, the status code. */
  private String curl(String host, String path) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of("curl", "-s", "--max-time", "20", "-w", "%{http_code}", "-H", "Host: " + host));
    command.add("http://127.0.0.1:" + coracle.ingressPort() + path);
    return Shell.run(command.toArray(String[]::new)).out();
  }
}
