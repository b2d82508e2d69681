package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.ListOptions;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events end by themselves, whichever of their groups they were written to. */
class EventLifetimeTest {

  @TempDir Path dir;

  @Test
  void eventsOfBothGroupsEndAfterAnHour() throws Exception {
    MemoryStore store = new MemoryStore();
    GroupResource events = Resources.EVENTS.groupResource();
    try (TestServer server = new TestServer(dir, store)) {
      assertThat(store.timeToLive(events)).contains(Duration.ofHours(1));
      TestApi api = new TestApi(server);
      api.post(
              "/api/v1/namespaces/default/events",
              "{metadata: {name: a}, involvedObject: {namespace: default}}")
          .ok();
      api.post(
              "/apis/events.k8s.io/v1/namespaces/default/events",
              "{metadata: {name: b}, regarding: {namespace: default}, eventTime:"
                  + " '2026-01-01T00:00:00.000000Z', reportingController: c.io/x, reportingInstance:"
                  + " x, action: a, reason: r, type: Normal}")
          .ok();
      assertThat(store.list(events, "default", ListOptions.ALL).await().indefinitely().items())
          .extracting(KubeObject::name)
          .containsExactly("a", "b");
    }
  }
}
