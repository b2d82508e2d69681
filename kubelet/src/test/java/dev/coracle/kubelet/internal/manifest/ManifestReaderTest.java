package dev.coracle.kubelet.internal.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.KubeObject;
import dev.coracle.kubelet.internal.pod.Pod;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a manifest. */
class ManifestReaderTest {
  private static final ManifestReader READER = new ManifestReader("Node-1");
  private static final String WEB =
      "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: c, image: i}]}\n";

  private static KubeObject pod(String manifest, String place) {
    return READER.pod(manifest.getBytes(StandardCharsets.UTF_8), ManifestSource.Kind.FILE, place);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "# A comment.\n" + WEB,
        "---\n" + WEB,
        WEB + "---\n",
        WEB + "---\nkind: ConfigMap\n",
        WEB + "---\nnot: [yaml",
        "kind: Pod\napiVersion: v1\nspec: {containers: [{image: i, name: c}]}\nmetadata:\n  name: web\n",
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"web\"},"
            + "\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}",
      })
  void whatSaysTheSameIsTheSamePod(String manifest) {
    assertThat(pod(manifest, "/m/web.yaml").uid()).isEqualTo(pod(WEB, "/m/web.yaml").uid());
  }

  @Test
  void anotherContentOrPlaceIsAnotherPod() {
    String uid = pod(WEB, "/m/web.yaml").uid();
    assertThat(uid).matches("[0-9a-f]{32}");
    assertThat(pod(WEB.replace("image: i", "image: j"), "/m/web.yaml").uid()).isNotEqualTo(uid);
    assertThat(pod(WEB, "/m/other.yaml").uid()).isNotEqualTo(uid);
  }

  @Test
  void theNodesNameStandsBehindItsOwnWhateverThatEndsWith() {
    assertThat(pod(WEB, "/m").name()).isEqualTo("web-node-1");
    assertThat(pod(WEB.replace("web", "web-node-1"), "/m").name()).isEqualTo("web-node-1-node-1");
  }

  @Test
  void aUrlMayGiveAList() {
    String list =
        "kind: PodList\napiVersion: v1\nitems:\n"
            + "- {metadata: {name: a}, spec: {containers: [{name: c, image: i}]}}\n"
            + "- {metadata: {name: b}, spec: {containers: [{name: c, image: i}]}}\n";
    List<KubeObject> pods =
        READER.pods(
            list.getBytes(StandardCharsets.UTF_8), ManifestSource.Kind.HTTP, "http://h/pods");
    assertThat(pods).extracting(KubeObject::name).containsExactly("a-node-1", "b-node-1");
    assertThat(pods.getFirst().annotation(Pod.CONFIG_SOURCE)).contains("http");
    assertThatThrownBy(() -> pod(list, "/m")).hasMessageContaining("kind Pod");
  }
}
