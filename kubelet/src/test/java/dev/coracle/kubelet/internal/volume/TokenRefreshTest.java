package dev.coracle.kubelet.internal.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.client.Client;
import dev.coracle.kubelet.fake.HandClock;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.pod.Pod;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * From a TokenRequest to the file in the volume, and again when four fifths of the token's life are
 * over: the kubelet's own token cache, volume and volume manager, with a clock that is moved.
 */
class TokenRefreshTest {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final Pod POD =
      new Pod(
          KubeObject.parse(
              """
              {"apiVersion":"v1","kind":"Pod",
               "metadata":{"name":"p","namespace":"d","uid":"u","resourceVersion":"1"},
               "spec":{"serviceAccountName":"sa",
                "containers":[{"name":"c","volumeMounts":[{"name":"v","mountPath":"/v"}]}],"volumes":[{"name":"v","projected":
               {"sources":[{"serviceAccountToken":{"path":"token","expirationSeconds":600,
               "audience":"vault"}}]}}]}}
              """));

  private final List<KubeObject> requests = new ArrayList<>();
  private final HandClock clock = new HandClock(START);
  private final List<Instant> refused = new ArrayList<>();
  private boolean reachable = true;

  /** An API server that issues tokens and does nothing else. */
  private final Client client =
      (Client)
          Proxy.newProxyInstance(
              Client.class.getClassLoader(),
              new Class<?>[] {Client.class},
              (_, method, arguments) -> {
                assertThat(method.getName()).isEqualTo("createSubresource");
                assertThat(arguments).contains("d", "sa", "token");
                return issue((KubeObject) arguments[4]);
              });

  private Uni<KubeObject> issue(KubeObject request) {
    if (!reachable) {
      refused.add(clock.instant());
      return Uni.createFrom().failure(StatusException.unavailable("no server"));
    }
    requests.add(request);
    Instant expires = clock.instant().plusSeconds(request.at("spec", "expirationSeconds").asLong());
    return Uni.createFrom()
        .item(
            request.with(o ->
                o.putObject("status")
                    .put("token", "token-" + requests.size())
                    .put("expirationTimestamp", Timestamps.time(expires))));
  }

  private final Tokens tokens = new Tokens(client, clock, new Random(7));

  private VolumeManager volumes(Path root) {
    PayloadVolume projected =
        new PayloadVolume(
            "projected",
            "kubernetes.io~projected",
            request ->
                Map.of(
                    "token",
                    new AtomicWriter.Entry(
                        tokens
                            .token(
                                request.pod(),
                                request.source().at("/sources/0/serviceAccountToken"))
                            .getBytes(StandardCharsets.UTF_8),
                        0600)),
            new GroupAccess(
                (pod, path, type, reason, message) -> {},
                new KubeletMetrics(new SimpleMeterRegistry(), "n").volumes()));
    return new VolumeManager(
        new PodPaths(root, root.resolve("logs")),
        List.of(projected),
        List.of(tokens),
        clock,
        new KubeletMetrics(new SimpleMeterRegistry(), "n").volumes());
  }

  @Test
  void theFileIsReplacedWhenFourFifthsOfTheTokensLifeAreOver(@TempDir Path root) throws Exception {
    VolumeManager volumes = volumes(root);
    volumes.mount(POD);
    Path file = root.resolve("pods/u/volumes/kubernetes.io~projected/v/token");
    assertThat(file).hasContent("token-1");
    assertThat(requests.getFirst().at("spec"))
        .hasToString(
            "{\"audiences\":[\"vault\"],\"expirationSeconds\":600,\"boundObjectRef\":"
                + "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\"p\",\"uid\":\"u\"}}");

    assertThat(volumes.nextRefresh("u")).contains(START.plusSeconds(480));

    clock.set(START.plusSeconds(479));
    volumes.mount(POD);
    assertThat(file).hasContent("token-1");

    clock.set(START.plusSeconds(480));
    Path held = file.toRealPath();
    volumes.mount(POD);
    assertThat(file).hasContent("token-2");
    assertThat(held).as("the old directory is gone, the link was turned").doesNotExist();
    assertThat(volumes.nextRefresh("u")).contains(START.plusSeconds(960));
  }

  @Test
  void aTokenStaysInUseWhileTheServerIsAwayAndIsRenewedWhenItIsBack(@TempDir Path root)
      throws Exception {
    VolumeManager volumes = volumes(root);
    volumes.mount(POD);
    Path file = root.resolve("pods/u/volumes/kubernetes.io~projected/v/token");
    reachable = false;
    clock.set(START.plusSeconds(500));
    volumes.mount(POD);
    assertThat(file).hasContent("token-1");
    reachable = true;
    volumes.mount(POD);
    assertThat(file).as("it is not yet time").hasContent("token-1");
    clock.set(volumes.nextRefresh("u").orElseThrow());
    volumes.mount(POD);
    assertThat(file).hasContent("token-2");
    // The server tells the end in whole seconds.
    assertThat(volumes.nextRefresh("u").orElseThrow())
        .isBetween(clock.instant().plusSeconds(479), clock.instant().plusSeconds(480));
  }

  @Test
  void aServerThatStaysAwayIsAskedLessAndLessOften(@TempDir Path root) throws Exception {
    VolumeManager volumes = volumes(root);
    volumes.mount(POD);
    reachable = false;
    for (int i = 0; i < 20; i++) {
      clock.set(volumes.nextRefresh("u").orElseThrow());
      volumes.mount(POD);
    }
    assertThat(refused).hasSize(20);
    assertThat(refused.getFirst()).isEqualTo(START.plusSeconds(480));
    List<Duration> beyond = new ArrayList<>();
    for (int i = 1; i < refused.size(); i++) {
      Duration wait = Duration.between(refused.get(i - 1), refused.get(i));
      Duration least = Duration.ofSeconds(Math.min(60, 1L << (i - 1)));
      assertThat(wait).isBetween(least, least.multipliedBy(3).dividedBy(2));
      beyond.add(wait.minus(least));
    }
    assertThat(beyond).as("by chance").doesNotHaveDuplicates();
    assertThat(root.resolve("pods/u/volumes/kubernetes.io~projected/v/token"))
        .hasContent("token-1");
  }

  @Test
  void aPodThatIsGoneLeavesNoToken(@TempDir Path root) throws Exception {
    VolumeManager volumes = volumes(root);
    volumes.mount(POD);
    tokens.forget("u");
    assertThat(tokens.nextRefresh("u")).isEmpty();
    reachable = false;
    assertThatThrownBy(() -> volumes(root).mount(POD))
        .isInstanceOf(VolumeManager.MountException.class)
        .hasMessageContaining("no server");
    assertThat(Files.exists(root.resolve("pods/u"))).isTrue();
  }
}
