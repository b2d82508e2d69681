package dev.coracle.system.conformance;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.launcher.pki.CertificateAuthority;
import dev.coracle.launcher.pki.Pem;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;

/** {@link SampleWebhook} as a Deployment behind a Service, in the namespace of a suite. */
final class WebhookService {

  private static final String NAME = "e2e-test-webhook";
  private static final int PORT = 8443;
  private static final int CONTAINER_PORT = 8444;

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
}
