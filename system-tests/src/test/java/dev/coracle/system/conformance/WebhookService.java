package dev.coracle.system.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.launcher.pki.CertificateAuthority;
import dev.coracle.launcher.pki.Pem;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.awaitility.Awaitility;

/** {@link SampleWebhook} as a Deployment behind a Service, in the namespace of a suite. */
final class WebhookService {

  private static final String NAME = "e2e-test-webhook";
  private static final int PORT = 8443;
  private static final int CONTAINER_PORT = 8444;

  static final String CREATE_MAPS = rule("CREATE", "\"\"", "v1", "configmaps");

  private final String namespace;
  private final String caBundle;

  private WebhookService(String namespace, String caBundle) {
    this.namespace = namespace;
    this.caBundle = caBundle;
  }

  /** Is there when the Service has its endpoint. */
  static WebhookService deploy(Space space) {
    CertificateAuthority authority =
        CertificateAuthority.create("e2e-server-cert-ca", Clock.systemUTC());
    KeyPair pair = CertificateAuthority.newKeyPair();
    String name = NAME + "." + space.namespace() + ".svc";
    CertificateAuthority.Request request =
        new CertificateAuthority.Request(
            name, List.of(), List.of(name), List.of(), true, false, Duration.ofDays(1));
    ObjectNode secret =
        Manifest.parse("{apiVersion: v1, kind: Secret, metadata: {name: sample-webhook-secret}}");
    secret
        .putObject("stringData")
        .put("tls.crt", Pem.certificate(authority.issue(pair.getPublic(), request)))
        .put("tls.key", Pem.privateKey(pair.getPrivate()));
    space.create(secret);
    TestPod pod =
        NetProbe.pod("webhook")
            .spec("{restartPolicy: Always}")
            .script(
                "exec " + NetProbe.command(SampleWebhook.class, Integer.toString(CONTAINER_PORT)))
            .container(
                """
                ports: [{containerPort: %d}]
                env:
                - {name: TLS_CRT, valueFrom: {secretKeyRef: {name: sample-webhook-secret, key: tls.crt}}}
                - {name: TLS_KEY, valueFrom: {secretKeyRef: {name: sample-webhook-secret, key: tls.key}}}
                readinessProbe: {httpGet: {scheme: HTTPS, port: %1$d, path: /readyz}, periodSeconds: 1, failureThreshold: 30}
                """
                    .formatted(CONTAINER_PORT));
    ObjectNode deployment = Workload.deployment("sample-webhook", 1);
    ((ObjectNode) deployment.at("/spec/template")).set("spec", pod.json().get("spec"));
    space.create(deployment);
    space.create(
        "{apiVersion: v1, kind: Service, metadata: {name: %s}, spec: {selector: {app: sample-webhook}, ports: [{port: %d, targetPort: %d}]}}"
            .formatted(NAME, PORT, CONTAINER_PORT));
    space.awaitList(
        "endpointslices.discovery.k8s.io",
        "kubernetes.io/service-name=" + NAME,
        "ready",
        slices -> slices.stream().anyMatch(s -> s.at("/endpoints/0/conditions/ready").asBoolean()));
    byte[] ca = Pem.certificate(authority.certificate()).getBytes(StandardCharsets.UTF_8);
    return new WebhookService(space.namespace(), Base64.getEncoder().encodeToString(ca));
  }

  /** A clientConfig that leads to this path. */
  String client(String path) {
    return "{service: %s, caBundle: %s}".formatted(service(path), caBundle);
  }

  /** One that cannot be talked to, as nobody is trusted. */
  String untrusted(String path) {
    return "{service: %s}".formatted(service(path));
  }

  private String service(String path) {
    return "{namespace: %s, name: %s, port: %d, path: %s}".formatted(namespace, NAME, PORT, path);
  }

  static String rule(String operations, String group, String versions, String resources) {
    return "{operations: [%s], apiGroups: [%s], apiVersions: [%s], resources: [%s]}"
        .formatted(operations, group, versions, resources);
  }

  /** Asks at this path, in the test's own namespace and in those that bear its name as a label. */
  String hook(Space space, String name, String path, String rule, String more) {
    return hook(name, client(path), rule)
        + ", namespaceSelector: {matchLabels: {%s: 'true'}%s}}".formatted(space.namespace(), more);
  }

  static String hook(String name, String client, String rule) {
    return ("{name: %s.k8s.io, clientConfig: %s, rules: [%s], sideEffects: None,"
            + " admissionReviewVersions: [v1, v1beta1]")
        .formatted(name, client, rule);
  }

  static String plural(String kind) {
    return kind.toLowerCase(Locale.ROOT) + "webhookconfigurations.admissionregistration.k8s.io";
  }

  /** Registers these hooks, and waits until they are asked. */
  void register(Space space, String kind, String... hooks) {
    String name = "e2e-" + Space.unique();
    space.merge(
        "namespaces",
        space.namespace(),
        "{metadata: {labels: {%s: 'true'}}}".formatted(space.namespace()));
    List<String> all = new ArrayList<>(List.of(hooks));
    all.add(
        hook(space, "is-ready", "/always-deny", CREATE_MAPS, "")
            .replaceFirst("}$", ", objectSelector: {matchLabels: {marker: %s}}}".formatted(name)));
    create(space, kind, name, all);
    String marker =
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: marker, labels: {marker: %s}}}"
            .formatted(name);
    String path = space.path("configmaps") + "?dryRun=All";
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(space.send("POST", path, Manifest.parse(marker)).text()).contains("denied"));
  }

  static JsonNode create(Space space, String kind, String name, List<String> hooks) {
    space.atEnd(() -> space.api().send("DELETE", space.path(plural(kind), name), "", "", Map.of()));
    return space.create(
        "{apiVersion: admissionregistration.k8s.io/v1, kind: %sWebhookConfiguration, metadata: {name: %s}, webhooks: [%s]}"
            .formatted(kind, name, String.join(", ", hooks)));
  }

  static String map(String name, String data) {
    return "{apiVersion: v1, kind: ConfigMap, metadata: {name: %s}, %s}".formatted(name, data);
  }

  static String disallowed() {
    return "data: {%s: %s}".formatted(SampleWebhook.KEY, SampleWebhook.DISALLOWED);
  }
}
