package dev.coracle.kubelet.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.cri.v1.ContainerConfig;
import dev.coracle.cri.v1.ContainerMetadata;
import dev.coracle.cri.v1.PodSandboxConfig;
import dev.coracle.cri.v1.PodSandboxMetadata;
import dev.coracle.kubelet.fake.FakeRuntime;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * When a turn of a worker has to ask the runtime, and when not: shown by what happens in the
 * runtime behind the cache's back, which only a reading can see.
 */
class RuntimeCacheTest {
  private static final String POD = "u1";

  private final FakeRuntime runtime = new FakeRuntime();
  private final RuntimeCache cache = new RuntimeCache(runtime, "192.0.2.1", Clock.systemUTC());

  private String sandbox() {
    return runtime.runPodSandbox(
        PodSandboxConfig.newBuilder()
            .setMetadata(PodSandboxMetadata.newBuilder().setName("p").setUid(POD))
            .putLabels(Labels.POD_UID, POD)
            .build(),
        "");
  }

  private String container(String sandbox, String name) {
    String id =
        runtime.createContainer(
            sandbox,
            ContainerConfig.newBuilder()
                .setMetadata(ContainerMetadata.newBuilder().setName(name))
                .putLabels(Labels.POD_UID, POD)
                .putLabels(Labels.CONTAINER_NAME, name)
                .build(),
            PodSandboxConfig.getDefaultInstance());
    runtime.startContainer(id);
    return id;
  }

  /** As a worker does it. */
  private String startedByUs() {
    assertThat(cache.look(POD).sandboxes()).isEmpty();
    String sandbox = sandbox();
    cache.made(POD, sandbox);
    long before = cache.beforeStart(POD);
    String id = container(sandbox, "a");
    cache.started(POD, sandbox, List.of(id), before);
    return id;
  }

  @Test
  void aPodTheRuntimeNeverToldOfIsNotAskedFor() {
    cache.unheardOfBy(uid -> true);
    sandbox();
    assertThat(cache.look(POD).sandboxes()).isEmpty();
    assertThat(cache.look(POD).sandboxes()).hasSize(1);
  }

  @Test
  void anyOtherPodIs() {
    sandbox();
    assertThat(cache.look(POD).sandboxes()).hasSize(1);
  }

  @Test
  void whatTheTurnBeforeStartedIsKnownOnce() {
    String id = startedByUs();
    runtime.end(id, 1, "");
    assertThat(cache.look(POD).byId(id)).get().matches(ContainerState::isRunning);
    assertThat(cache.look(POD).byId(id)).get().matches(ContainerState::isExited);
  }

  @Test
  void anEndMeanwhileIsSeen() {
    String id = startedByUs();
    runtime.end(id, 1, "");
    cache.ended(POD);
    assertThat(cache.look(POD).byId(id)).get().matches(ContainerState::isExited);
  }

  @Test
  void anEndWhileItWasStartedIsSeen() {
    cache.look(POD);
    String sandbox = sandbox();
    cache.made(POD, sandbox);
    long before = cache.beforeStart(POD);
    String id = container(sandbox, "a");
    cache.ended(POD);
    cache.started(POD, sandbox, List.of(id), before);
    runtime.end(id, 1, "");
    assertThat(cache.look(POD).byId(id)).get().matches(ContainerState::isExited);
  }

  @Test
  void eventsOfWhatWasStartedAreNoNews() {
    String id = startedByUs();
    assertThat(cache.mentioned(POD, id, true)).isTrue();
    runtime.end(id, 1, "");
    assertThat(cache.look(POD).byId(id)).get().matches(ContainerState::isRunning);
  }

  @Test
  void whatSomebodyElseMadeIsRead() {
    String id = startedByUs();
    String other = container(cache.look(POD).sandboxes().getFirst().id(), "b");
    assertThat(cache.mentioned(POD, other, false)).isFalse();
    assertThat(cache.look(POD).byId(other)).isPresent();
    assertThat(cache.look(POD).byId(id)).isPresent();
  }
}
