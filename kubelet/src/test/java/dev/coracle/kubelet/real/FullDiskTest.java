package dev.coracle.kubelet.real;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.kubelet.config.KubeletConfiguration;
import dev.coracle.kubelet.config.KubeletOptions;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** A node all of whose files lie on one small file system. */
class FullDiskTest extends KubeletOnRuntime {
  private static final int DISK = 64 << 20;

  private Path disk;
  private HttpServer registry;

  @Override
  RealRuntime runtime(Vertx onVertx) throws Exception {
    disk = Files.createTempDirectory("kfull");
    assumeTrue(
        tool("mount", "-t", "tmpfs", "-o", "size=" + DISK, "tmpfs", disk.toString()) == 0,
        "cannot mount a tmpfs");
    return BuiltIn.start(onVertx, Files.createDirectory(disk.resolve("r")), List.of());
  }

  private static int tool(String... command) throws Exception {
    Process process = new ProcessBuilder(command).inheritIO().start();
    return process.waitFor(10, TimeUnit.SECONDS) ? process.exitValue() : -1;
  }

  @Override
  KubeletOptions adjust(KubeletOptions plain) {
    return plain.withConfiguration(
        KubeletConfiguration.parse(
            Json.parse(
                """
                {"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration",
                 "evictionPressureTransitionPeriod":"1s",
                 "evictionHard":{"nodefs.available":"16Mi"}}
                """)));
  }

  @AfterAll
  @Override
  void stop() throws Exception {
    try {
      if (registry != null) {
        registry.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
      }
      super.stop();
    } finally {
      if (disk != null) {
        tool("umount", disk.toString());
        Files.deleteIfExists(disk);
      }
    }
  }

  private static void eventually(ThrowingRunnable check) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(90))
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(check);
  }

  private List<String> events(String pod) {
    return api.list(Resources.EVENTS, "", ListOptions.ALL).await().indefinitely().items().stream()
        .filter(e -> e.text("involvedObject", "name").equals(pod))
        .map(e -> e.text("reason") + ": " + e.text("message"))
        .toList();
  }

  private JsonNode container(String pod) {
    return pod(pod).at("status", "containerStatuses").path(0);
  }

  private String underPressure() {
    KubeObject node = api.get(Resources.NODES, "", "node1").await().indefinitely();
    for (JsonNode condition : node.at("status", "conditions")) {
      if (condition.path("type").asText().equals("DiskPressure")) {
        return condition.path("status").asText();
      }
    }
    return "";
  }

  private void neighbour() {
    create(
        "neighbour",
        """
        "containers":[{"name":"c","image":"test.local/busybox:1","imagePullPolicy":"IfNotPresent",
         "command":["/bin/sleep","1000"]}]
        """);
    awaitTrue("neighbour", KubeletOnRuntime::ready);
  }

  @Test
  void anImageThatDoesNotFitIsNotPulled() throws Exception {
    neighbour();
    JsonNode before = container("neighbour");
    String image = "127.0.0.1:" + serve(DISK + (16 << 20)) + "/large:1";
    create("large", "\"containers\":[{\"name\":\"c\",\"image\":\"" + image + "\"}]");
    eventually(() -> {
      JsonNode waiting = container("large").path("state").path("waiting");
      assertThat(waiting.path("reason").asText()).isEqualTo("ImagePullBackOff");
      assertThat(waiting.path("message").asText())
          .startsWith("Back-off pulling image \"" + image + "\": ErrImagePull: ")
          .doesNotContain("code = Unknown")
          .contains("layer sha256:", "free");
      assertThat(events("large"))
          .contains("Failed: Error: ErrImagePull")
          .anyMatch(e ->
              e.startsWith("Failed: Failed to pull image \"" + image + "\": ")
                  && !e.contains("code = Unknown"));
    });
    assertThat(Files.getFileStore(disk).getUsableSpace()).isGreaterThan(DISK / 2);
    assertThat(container("neighbour")).isEqualTo(before);
    delete("large");
    delete("neighbour");
  }

  @Test
  void whoFillsTheDiskIsEvictedAndNobodyElse() {
    neighbour();
    JsonNode before = container("neighbour");
    create(
        "hog",
        """
        "volumes":[{"name":"v","emptyDir":{}}],
        "containers":[{"name":"c","image":"test.local/busybox:1","imagePullPolicy":"IfNotPresent",
         "volumeMounts":[{"name":"v","mountPath":"/v"}],
         "command":["/bin/sh","-c","/bin/busybox dd if=/dev/zero of=/v/x bs=1048576; exec sleep 1000"]}]
        """);
    awaitPhase("hog", "Failed");
    KubeObject hog = pod("hog");
    assertThat(hog.text("status", "reason")).isEqualTo("Evicted");
    assertThat(hog.text("status", "message"))
        .startsWith(
            "The node was low on resource: ephemeral-storage. Threshold quantity: 16Mi, available: ");
    assertThat(events("hog")).contains("Evicted: " + hog.text("status", "message"));
    // What it had is freed with it, and the node takes pods again.
    eventually(() -> assertThat(underPressure()).isEqualTo("False"));
    delete("hog");
    create(
        "next",
        """
        "restartPolicy":"Never","containers":[{"name":"c","image":"test.local/busybox:1",
         "imagePullPolicy":"IfNotPresent","command":["/bin/true"]}]
        """);
    awaitPhase("next", "Succeeded");
    assertThat(container("neighbour")).isEqualTo(before);
    delete("next");
    delete("neighbour");
  }

  /** A registry of one image, whose one layer unpacks to a file of so many zeros. */
  private int serve(long size) throws Exception {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    try (OutputStream tar = new DigestOutputStream(new GZIPOutputStream(packed), digest)) {
      tar.write(header(size));
      byte[] zeros = new byte[1 << 20];
      for (long left = size; left > 0; left -= zeros.length) {
        tar.write(zeros);
      }
      tar.write(new byte[1024]);
    }
    Buffer layer = Buffer.buffer(packed.toByteArray());
    Buffer config =
        Buffer.buffer(
            """
            {"architecture":"amd64","os":"linux","config":{"Cmd":["/large"]},
             "rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}
            """
                .formatted(HexFormat.of().formatHex(digest.digest())));
    Buffer manifest =
        Buffer.buffer(
            """
            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
             "config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"%s","size":%d},
             "layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"%s","size":%d}]}
            """
                .formatted(digest(config), config.length(), digest(layer), layer.length()));
    Map<String, Buffer> blobs = Map.of(digest(config), config, digest(layer), layer);
    registry =
        vertx
            .createHttpServer()
            .requestHandler(request -> answer(request, manifest, blobs))
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(60, TimeUnit.SECONDS);
    return registry.actualPort();
  }

  private static void answer(
      HttpServerRequest request, Buffer manifest, Map<String, Buffer> blobs) {
    String last = request.path().substring(request.path().lastIndexOf('/') + 1);
    boolean isManifest = request.path().contains("/manifests/");
    Buffer body = isManifest ? manifest : blobs.get(last);
    if (request.path().equals("/v2/")) {
      request.response().end();
    } else if (body == null) {
      request.response().setStatusCode(404).end();
    } else {
      request
          .response()
          .putHeader(
              "Content-Type",
              isManifest
                  ? "application/vnd.oci.image.manifest.v1+json"
                  : "application/octet-stream")
          .putHeader("Docker-Content-Digest", isManifest ? digest(manifest) : last)
          .end(body);
    }
  }

  private static String digest(Buffer content) {
    try {
      byte[] sum = MessageDigest.getInstance("SHA-256").digest(content.getBytes());
      return "sha256:" + HexFormat.of().formatHex(sum);
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] header(long size) throws IOException {
    byte[] header = new byte[512];
    put(header, 0, "large");
    put(header, 100, "0000644");
    put(header, 108, "0000000");
    put(header, 116, "0000000");
    put(header, 124, "%011o".formatted(size));
    put(header, 136, "00000000000");
    header[156] = '0';
    put(header, 257, "ustar\00000");
    put(header, 148, "        ");
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xff;
    }
    put(header, 148, "%06o\0 ".formatted(sum));
    return header;
  }

  private static void put(byte[] header, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, header, at, bytes.length);
  }
}
