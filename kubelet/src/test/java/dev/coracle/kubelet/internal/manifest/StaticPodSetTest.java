package dev.coracle.kubelet.internal.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which of the manifests run, and what is told of them. */
class StaticPodSetTest {
  private final List<String> told = new ArrayList<>();
  private final StaticPodSet set =
      new StaticPodSet(
          pod -> told.add("changed " + pod.name() + " " + image(pod)),
          pod -> told.add("removed " + pod.name() + " " + image(pod)));

  private static String image(KubeObject pod) {
    return pod.at("spec", "containers").path(0).path("image").asText();
  }

  private static KubeObject pod(String metadata, String image, ManifestSource.Kind kind) {
    String manifest =
        "kind: Pod\nmetadata: {%s}\nspec: {containers: [{name: c, image: %s}]}\n"
            .formatted(metadata, image);
    return new ManifestReader("n")
        .pod(manifest.getBytes(StandardCharsets.UTF_8), kind, "/" + metadata + image);
  }

  private void files(Map<String, KubeObject> now) {
    told.clear();
    set.found(ManifestSource.Kind.FILE, now);
  }

  @Test
  void anOtherPodInAPlaceIsToldOfAfterTheOneBefore() {
    files(Map.of("/a", pod("name: a", "one", ManifestSource.Kind.FILE)));
    files(Map.of("/a", pod("name: a", "two", ManifestSource.Kind.FILE)));
    assertThat(told).containsExactly("removed a-n one", "changed a-n two");
    files(Map.of("/a", pod("name: a", "two", ManifestSource.Kind.FILE)));
    assertThat(told).isEmpty();
  }

  /** It is the same pod then, in a new version. */
  @Test
  void aManifestThatNamesItsUidChangesItsPod() {
    files(Map.of("/a", pod("name: a, uid: u", "one", ManifestSource.Kind.FILE)));
    files(Map.of("/a", pod("name: a, uid: u", "two", ManifestSource.Kind.FILE)));
    assertThat(told).containsExactly("changed a-n two");
    assertThat(set.list()).extracting(StaticPodSetTest::image).containsExactly("two");
  }

  @Test
  void aNameIsTheFirstPlacesAndFilesComeBeforeTheUrl() {
    set.found(
        ManifestSource.Kind.HTTP, Map.of("/0", pod("name: a", "web", ManifestSource.Kind.HTTP)));
    files(
        Map.of(
            "/b", pod("name: a", "second", ManifestSource.Kind.FILE),
            "/a", pod("name: a", "first", ManifestSource.Kind.FILE)));
    assertThat(told).containsExactly("removed a-n web", "changed a-n first");
    files(Map.of("/b", pod("name: a", "second", ManifestSource.Kind.FILE)));
    assertThat(told).containsExactly("removed a-n first", "changed a-n second");
    files(Map.of());
    assertThat(told).containsExactly("removed a-n second", "changed a-n web");
  }
}
