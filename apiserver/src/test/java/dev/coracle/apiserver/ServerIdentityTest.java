package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.apiserver.internal.identity.ExpiredServers;
import dev.coracle.apiserver.internal.identity.ServerId;
import dev.coracle.apiserver.internal.identity.ServerLease;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Leases of API servers in {@code kube-system} (KEP-1965). */
class ServerIdentityTest {

  private static final String LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";
  private static final String OURS =
      LEASES + "?labelSelector=apiserver.kubernetes.io/identity=kube-apiserver";

  @TempDir Path dir;
  private final MemoryStore store = new MemoryStore();
  private TestServer server;
  private TestApi api;

  @BeforeEach
  void start() throws Exception {
    server = new TestServer(dir, store);
    api = new TestApi(server);
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private JsonNode leases() {
    return api.get(OURS).ok().body().path("items");
  }

  private ServerLease lease(ServerId id, Duration renewal) {
    return new ServerLease(
        server.vertx(),
        server.server().callsAs(UserInfo.APISERVER),
        id,
        Clock.systemUTC(),
        renewal);
  }

  @Test
  void aServerHasALeaseAsLongAsItRuns() throws Exception {
    ServerId here = ServerId.here();
    assertThat(here.name()).matches("apiserver-[a-z2-7]{26}");
    await().untilAsserted(() -> assertThat(leases()).hasSize(1));
    JsonNode lease = leases().get(0);
    assertThat(lease.at("/metadata/name").asText()).isEqualTo(here.name());
    assertThat(lease.at("/metadata/labels/kubernetes.io~1hostname").asText())
        .isEqualTo(here.hostname());
    assertThat(lease.at("/spec/holderIdentity").asText()).isEqualTo(here.name());
    assertThat(lease.at("/spec/leaseDurationSeconds").asInt()).isEqualTo(3600);
    assertThat(Instant.parse(lease.at("/spec/renewTime").asText()))
        .isBetween(Instant.now().minusSeconds(60), Instant.now());

    server.close();
    assertThat(
            store
                .list(Resources.LEASES.groupResource(), "kube-system", ListOptions.ALL)
                .await()
                .indefinitely()
                .items())
        .isEmpty();
    server = new TestServer(Files.createDirectory(dir.resolve("again")), store);
    api = new TestApi(server);
    await().untilAsserted(() -> assertThat(leases()).hasSize(1));
  }

  @Test
  void aLeaseIsRenewedAndMadeAnewWhereItWasRemoved() {
    ServerId other = new ServerId("apiserver-other", "other");
    ServerLease lease = lease(other, Duration.ofMillis(20));
    lease.start();
    String path = LEASES + "/apiserver-other";
    await().until(() -> api.get(path).code() == 200);
    String first = api.get(path).ok().body().at("/spec/renewTime").asText();
    String uid = api.get(path).ok().body().at("/metadata/uid").asText();
    await()
        .untilAsserted(() ->
            assertThat(api.get(path).body().at("/spec/renewTime").asText()).isGreaterThan(first));
    assertThat(api.get(path).ok().body().at("/metadata/uid").asText()).isEqualTo(uid);
    api.delete(path).ok();
    await()
        .untilAsserted(() ->
            assertThat(api.get(path).ok().body().at("/metadata/labels/kubernetes.io~1hostname"))
                .hasToString("\"other\""));
    lease.stop().await().indefinitely();
    assertThat(api.get(path).code()).isEqualTo(404);
  }

  @Test
  void whatAServerLeftBehindGoesWhenItsTimeIsOver() {
    await().untilAsserted(() -> assertThat(leases()).hasSize(1));
    lease("gone", "renewTime: \"2026-01-01T00:00:00.000000Z\", leaseDurationSeconds: 3600");
    lease("unsaid", "holderIdentity: unsaid");
    lease("recent", "renewTime: \"2026-01-01T00:30:00.000000Z\", leaseDurationSeconds: 3600");
    api.post(
            LEASES,
            "{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: foreign}, spec: {}}")
        .ok();
    ExpiredServers collector =
        new ExpiredServers(
            server.vertx(),
            server.server().callsAs(UserInfo.APISERVER),
            Clock.fixed(Instant.parse("2026-01-01T01:15:00Z"), ZoneOffset.UTC),
            Duration.ofHours(1));
    collector.start();
    await()
        .untilAsserted(() -> {
          assertThat(api.get(LEASES + "/apiserver-gone").code()).isEqualTo(404);
          assertThat(api.get(LEASES + "/apiserver-unsaid").code()).isEqualTo(404);
        });
    collector.stop();
    assertThat(api.get(LEASES + "/apiserver-recent").code()).isEqualTo(200);
    assertThat(api.get(LEASES + "/foreign").code()).isEqualTo(200);
    assertThat(leases()).hasSize(2);
  }

  private void lease(String name, String spec) {
    api.post(
            LEASES,
            """
            apiVersion: coordination.k8s.io/v1
            kind: Lease
            metadata:
              name: apiserver-%s
              labels: {apiserver.kubernetes.io/identity: kube-apiserver}
            spec: {%s}
            """
                .formatted(name, spec))
        .ok();
  }
}
