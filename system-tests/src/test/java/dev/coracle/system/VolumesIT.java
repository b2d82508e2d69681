package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Claims, volumes and parts of them, with kubectl on a running cluster. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VolumesIT {

  @TempDir private static Path directory;
  private CoracleProcess coracle;
  private Kubectl kubectl;

  @BeforeAll
  void start() throws Exception {
    coracle = CoracleProcess.start(directory.resolve("data"));
    kubectl = coracle.kubectl();
  }

  @AfterAll
  void stop() throws Exception {
    if (coracle != null) {
      coracle.close();
    }
  }

  private void apply(String manifest) {
    kubectl.runWithInput(manifest, "apply", "-f", "-");
  }

  private static String claim(String name) {
    return """
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: %s}
    spec:
      accessModes: [ReadWriteOnce]
      resources: {requests: {storage: 1Gi}}
    """
        .formatted(name);
  }

  private String volumeOf(String claim) {
    return kubectl.run("get", "pvc", claim, "-o", "jsonpath={.spec.volumeName}");
  }

  private void eventually(org.awaitility.core.ThrowingRunnable check) {
    Awaitility.await().atMost(Duration.ofSeconds(60)).untilAsserted(check);
  }

  @Test
  void aClaimJustWorksAndItsDataOutlivesItsPod() {
    apply(claim("data"));
    eventually(() ->
        assertThat(kubectl.run("describe", "pvc", "data"))
            .contains("WaitForFirstConsumer", "waiting for first consumer to be created")
            .containsPattern("StorageClass: +standard"));
    String pod =
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s}
        spec:
          restartPolicy: Never
          securityContext: {fsGroup: 2000, runAsUser: 1000}
          volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]
          containers:
          - {name: c, image: coracle/demo:1, command: [sh, -c, "%s"], volumeMounts: [{name: d, mountPath: /d}]}
        """;
    apply(pod.formatted("writer", "echo kept > /d/file"));
    kubectl.run("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/writer", "--timeout=60s");
    kubectl.run("delete", "pod", "writer");
    apply(pod.formatted("reader", "cat /d/file; stat -c %g /d"));
    kubectl.run("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/reader", "--timeout=60s");
    assertThat(kubectl.run("logs", "reader")).isEqualTo("kept\n2000\n");
    assertThat(kubectl.run("describe", "pvc", "data"))
        .contains("ProvisioningSucceeded", "Successfully provisioned volume pvc-");
    String volume = volumeOf("data");
    Path files = coracle.dataDir().resolve("volumes").resolve(volume);
    assertThat(files.resolve("file")).exists();

    kubectl.run(
        "patch",
        "pvc",
        "data",
        "-p",
        "{\"spec\":{\"resources\":{\"requests\":{\"storage\":\"2Gi\"}}}}");
    eventually(() ->
        assertThat(kubectl.run("get", "pvc", "data", "-o", "jsonpath={.status.capacity.storage}"))
            .isEqualTo("2Gi"));

    kubectl.run("delete", "pod", "reader");
    kubectl.run("delete", "pvc", "data", "--timeout=60s");
    kubectl.run("wait", "--for=delete", "pv/" + volume, "--timeout=60s");
    assertThat(files).doesNotExist();
  }

  @Test
  void whatAPodWithUsersOfItsOwnWritesIsAsAnyOtherPodWouldWriteIt() {
    String node = kubectl.run("get", "nodes", "-o", "jsonpath={.items[0].metadata.name}");
    assumeThat(
            kubectl.run(
                "get",
                "node",
                node,
                "-o",
                "jsonpath={.status.runtimeHandlers[0].features.userNamespaces}"))
        .as("user namespaces need root, crun or runc, and Linux 5.19")
        .isEqualTo("true");
    apply(claim("owned"));
    String pod =
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s}
        spec:
          hostUsers: %s
          terminationGracePeriodSeconds: 0
          volumes: [{name: d, persistentVolumeClaim: {claimName: owned}}]
          containers:
          - {name: c, image: coracle/demo:1, command: [sh, -c, "%s; exec sleep 100000"], volumeMounts: [{name: d, mountPath: /d}]}
        """;
    apply(
        pod.formatted(
            "own", false, "cat /proc/self/uid_map; echo mine > /d/file; chown 5:6 /d/file; id -u"));
    eventually(() ->
        assertThat(kubectl.run("logs", "own")).matches("\\s*0\\s+[1-9]\\d+\\s+65536\\s+0\\s+"));
    assertThat(kubectl.run("exec", "own", "--", "cat", "/proc/self/uid_map"))
        .matches("\\s*0\\s+[1-9]\\d+\\s+65536\\s+");
    assertThat(kubectl.run("get", "--raw", "/api/v1/nodes/" + node + "/proxy/metrics"))
        .contains(
            "kubelet_volume_stats_capacity_bytes{namespace=\"default\",persistentvolumeclaim=\"owned\"}");
    kubectl.run("delete", "pod", "own");
    apply(pod.formatted("shared", true, "stat -c '%u %g' /d/file; cat /d/file"));
    eventually(() -> assertThat(kubectl.run("logs", "shared")).isEqualTo("5 6\nmine\n"));
    kubectl.run("delete", "pod", "shared");
    kubectl.run("delete", "pvc", "owned", "--timeout=60s");
    assertThat(
            kubectl
                .attempt(
                    pod.formatted("refused", false, "true")
                        .replace("hostUsers:", "hostNetwork: true\n  hostUsers:"),
                    "apply",
                    "-f",
                    "-")
                .all())
        .contains("spec.hostNetwork: Forbidden: when `hostUsers` is false");
  }

  @Test
  void aRetainedVolumeKeepsItsFilesWhenItIsDeleted() {
    apply(
        """
        apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata: {name: keeping}
        provisioner: coracle.dev/local
        reclaimPolicy: Retain
        volumeBindingMode: WaitForFirstConsumer
        """);
    apply(claim("precious").replace("spec:", "spec:\n  storageClassName: keeping"));
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: precious}
        spec:
          restartPolicy: Never
          volumes: [{name: d, persistentVolumeClaim: {claimName: precious}}]
          containers:
          - {name: c, image: coracle/demo:1, command: [sh, -c, "echo gold > /d/file"], volumeMounts: [{name: d, mountPath: /d}]}
        """);
    kubectl.run(
        "wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/precious", "--timeout=60s");
    String volume = volumeOf("precious");
    kubectl.run("delete", "pod", "precious");
    kubectl.run("delete", "pvc", "precious", "--timeout=60s");
    eventually(() ->
        assertThat(kubectl.run("get", "pv", volume, "-o", "jsonpath={.status.phase}"))
            .isEqualTo("Released"));
    kubectl.run("delete", "pv", volume, "--timeout=60s");
    assertThat(coracle.dataDir().resolve("volumes").resolve(volume).resolve("file"))
        .hasContent("gold");
  }

  @Test
  void aStatefulSetGetsAVolumeForEachPod() {
    apply(
        """
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db}
        spec:
          serviceName: db
          replicas: 2
          selector: {matchLabels: {app: db}}
          template:
            metadata: {labels: {app: db}}
            spec:
              terminationGracePeriodSeconds: 0
              containers:
              - name: c
                image: coracle/demo:1
                command: [sh, -c, "hostname >> /d/names; exec sleep 100000"]
                volumeMounts: [{name: d, mountPath: /d}]
          volumeClaimTemplates:
          - metadata: {name: d}
            spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
        """);
    kubectl.run("rollout", "status", "statefulset/db", "--timeout=90s");
    assertThat(volumeOf("d-db-0")).isNotEqualTo(volumeOf("d-db-1"));
    kubectl.run("delete", "pod", "db-1");
    kubectl.run("rollout", "status", "statefulset/db", "--timeout=90s");
    eventually(() ->
        assertThat(kubectl.run("exec", "db-1", "--", "cat", "/d/names")).isEqualTo("db-1\ndb-1\n"));
    kubectl.run("delete", "statefulset", "db");
    kubectl.run("delete", "pvc", "d-db-0", "d-db-1", "--timeout=60s");
  }

  @Test
  @DisplayName(
      "[sig-storage] Subpath Atomic writer volumes should support subpaths with configmap pod"
          + " [Conformance]")
  void subPathsAndMemoryAndGenericEphemeralVolumes() {
    apply(
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: parts}
        data: {key: from the map}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: parts}
        spec:
          volumes:
          - {name: m, configMap: {name: parts}}
          - {name: fast, emptyDir: {medium: Memory, sizeLimit: 16Mi}}
          - name: scratch
            ephemeral:
              volumeClaimTemplate:
                spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
          terminationGracePeriodSeconds: 0
          containers:
          - name: c
            image: coracle/demo:1
            command: [sh, -c, "echo hi > /scratch/f; exec sleep 100000"]
            env: [{name: WHO, value: me}]
            volumeMounts:
            - {name: m, mountPath: /etc/one, subPath: key}
            - {name: fast, mountPath: /fast, subPathExpr: "$(WHO)/dir"}
            - {name: scratch, mountPath: /scratch}
        """);
    kubectl.run("wait", "--for=condition=Ready", "pod/parts", "--timeout=60s");
    assertThat(kubectl.run("exec", "parts", "--", "cat", "/etc/one")).isEqualTo("from the map");
    assumeThat(System.getProperty("user.name")).as("tmpfs needs root").isEqualTo("root");
    assertThat(kubectl.run("exec", "parts", "--", "df", "-k", "/fast"))
        .contains("tmpfs")
        .contains("16384");
    String uid = kubectl.run("get", "pod", "parts", "-o", "jsonpath={.metadata.uid}");
    kubectl.run("delete", "pod", "parts");
    kubectl.run("wait", "--for=delete", "pvc/parts-scratch", "--timeout=60s");
    eventually(() -> {
      assertThat(Files.readAllLines(Path.of("/proc/self/mounts")))
          .noneMatch(line -> line.contains(uid));
      assertThat(coracle.dataDir().resolve("kubelet").resolve("pods").resolve(uid)).doesNotExist();
    });
  }

  @Test
  @DisplayName(
      "[sig-node] Variable Expansion should fail substituting values in a volume subpath with"
          + " absolute path [Conformance]")
  void aBadSubPathIsToldAndStartsNothing() {
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: astray}
        spec:
          volumes: [{name: v, emptyDir: {}}]
          terminationGracePeriodSeconds: 0
          containers:
          - name: c
            image: coracle/demo:1
            command: [sleep, "100000"]
            env: [{name: WHERE, value: /tmp}]
            volumeMounts: [{name: v, mountPath: /v, subPathExpr: $(WHERE)}]
        """);
    eventually(() ->
        assertThat(
                kubectl.run(
                    "get",
                    "pod",
                    "astray",
                    "-o",
                    "jsonpath={.status.containerStatuses[0].state.waiting}"))
            .contains("CreateContainerConfigError", "must be a relative path"));
    kubectl.run("delete", "pod", "astray");
  }

  @Test
  void anImageIsAReadOnlyVolume() {
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: looks}
        spec:
          terminationGracePeriodSeconds: 0
          volumes: [{name: i, image: {reference: coracle/demo:1, pullPolicy: IfNotPresent}}]
          containers:
          - name: c
            image: coracle/demo:1
            command: [sleep, "100000"]
            volumeMounts: [{name: i, mountPath: /image}]
        """);
    kubectl.run("wait", "--for=condition=Ready", "pod/looks", "--timeout=60s");
    assertThat(kubectl.run("exec", "looks", "--", "ls", "/image").lines()).contains("bin");
    Shell.Result write = kubectl.attempt("", "exec", "looks", "--", "touch", "/image/x");
    assertThat(write.exitCode()).isNotZero();
    assertThat(write.all()).containsIgnoringCase("read-only");
    kubectl.run("delete", "pod", "looks");
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: blind}
        spec:
          terminationGracePeriodSeconds: 0
          volumes: [{name: i, image: {reference: localhost/no/such:1, pullPolicy: Never}}]
          containers:
          - name: c
            image: coracle/demo:1
            command: [sleep, "100000"]
            volumeMounts: [{name: i, mountPath: /image}]
        """);
    eventually(() ->
        assertThat(
                kubectl.run(
                    "get",
                    "pod",
                    "blind",
                    "-o",
                    "jsonpath={.status.containerStatuses[0].state.waiting.reason}"))
            .isEqualTo("ErrImageNeverPull"));
    kubectl.run("delete", "pod", "blind");
  }

  @Test
  void aPodGetsAKeyAndTheCertificateThatASignerIssuesForIt(@TempDir Path pki) throws Exception {
    apply(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: identity}
        spec:
          restartPolicy: Never
          securityContext: {runAsUser: 1000}
          containers:
          - name: c
            image: coracle/demo:1
            command: [sh, -c, "cat /id/all.pem; stat -L -c '%a %u' /id/all.pem"]
            volumeMounts: [{name: id, mountPath: /id}]
          volumes:
          - name: id
            projected:
              sources:
              - podCertificate: {signerName: example.com/s, keyType: ECDSAP256, credentialBundlePath: all.pem}
        """);
    String first = "jsonpath={.items[0]%s}";
    eventually(() ->
        assertThat(kubectl.run("get", "podcertificaterequests"))
            .contains("SIGNERNAME", "example.com/s", "Pending"));
    String name =
        kubectl.run("get", "podcertificaterequests", "-o", first.formatted(".metadata.name"));
    String stub =
        kubectl.run(
            "get", "podcertificaterequests", "-o", first.formatted(".spec.stubPKCS10Request"));
    Files.write(pki.resolve("stub.der"), Base64.getDecoder().decode(stub));
    openssl(
        pki,
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        "ca.key",
        "-out",
        "ca.crt",
        "-subj",
        "/CN=signer");
    openssl(
        pki,
        "x509",
        "-req",
        "-inform",
        "DER",
        "-in",
        "stub.der",
        "-CA",
        "ca.crt",
        "-CAkey",
        "ca.key",
        "-subj",
        "/CN=pod",
        "-set_serial",
        "1",
        "-days",
        "1",
        "-out",
        "leaf.crt");
    String leaf = Files.readString(pki.resolve("leaf.crt"));
    X509Certificate certificate =
        (X509Certificate)
            CertificateFactory.getInstance("X.509")
                .generateCertificate(
                    new ByteArrayInputStream(leaf.getBytes(StandardCharsets.UTF_8)));
    Instant from = certificate.getNotBefore().toInstant();
    kubectl.run(
        "patch",
        "podcertificaterequests",
        name,
        "--subresource=status",
        "--type=merge",
        "-p",
        """
        {"status":{"conditions":[{"type":"Issued","status":"True","reason":"Issued","message":"",
         "lastTransitionTime":"%s"}],"notBefore":"%s","notAfter":"%s","beginRefreshAt":"%s",
         "certificateChain":"%s"}}
        """
            .formatted(
                from,
                from,
                certificate.getNotAfter().toInstant(),
                from.plusSeconds(3600),
                leaf.replace("\n", "\\n")));
    kubectl.run(
        "wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/identity", "--timeout=60s");
    assertThat(kubectl.run("logs", "identity"))
        .startsWith("-----BEGIN PRIVATE KEY-----\n")
        .contains(leaf)
        .endsWith("600 1000\n");
    kubectl.run("delete", "pod", "identity");
    eventually(() ->
        assertThat(kubectl.run("get", "podcertificaterequests", "-o", "name"))
            .as("it goes with its pod")
            .isEmpty());
  }

  private static void openssl(Path directory, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
  }
}
