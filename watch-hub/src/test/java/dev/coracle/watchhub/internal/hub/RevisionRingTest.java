package dev.coracle.watchhub.internal.hub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What history keeps of versions that have ended. */
class RevisionRingTest {

  private final RevisionRing ring =
      new RevisionRing(4096, 1 << 20, Long.MAX_VALUE, ResourceState.empty(0), 0);

  @Test
  void oldVersionsKeepTheirEncodingAndLoseTheirTrees() {
    List<StoredObject> versions = new ArrayList<>();
    StoredObject previous = null;
    for (int i = 1; i <= RevisionRing.COMPARED + 10; i++) {
      StoredObject current =
          StoredObject.of(
              "default/p", i, "{\"metadata\":{\"name\":\"p\"}}".getBytes(StandardCharsets.UTF_8));
      assertThat(current.object.tree().at("/metadata/name").asText()).isEqualTo("p");
      versions.add(current);
      ring.append(
          new HubEvent(ring.head(), i, "default/p", current, previous, ResourceState.empty(0), i));
      previous = current;
    }
    assertThat(versions.subList(0, 9)).noneMatch(v -> isParsed(v.object));
    assertThat(versions.subList(9, versions.size())).allMatch(v -> isParsed(v.object));
    assertThat(versions.getFirst().object.name()).isEqualTo("p");
    assertThat(versions.getFirst().object.resourceVersion()).isEqualTo("1");
  }

  /** One that is not gives another object for a fleeting look. */
  private static boolean isParsed(KubeObject object) {
    return object.fleeting() == object;
  }
}
