package dev.coracle.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which of the volumes that are there a claim gets that waited for its first consumer. */
class StaticVolumesTest {

  private final SchedulerFixture f = new SchedulerFixture();

  @BeforeEach
  void start() {
    f.node("n1", "4");
    f.api.put(
        Resources.STORAGE_CLASSES,
        KubeObject.parse(
            """
            {"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"local"},
             "provisioner":"kubernetes.io/no-provisioner","volumeBindingMode":"WaitForFirstConsumer"}\
            """));
    volume("small", "1Gi", "");
    volume("green", "2Gi", "");
    volume("raw", "3Gi", ",\"volumeMode\":\"Block\"");
    volume("quick", "4Gi", ",\"volumeAttributesClassName\":\"quick\"");
  }

  private void volume(String name, String size, String more) {
    f.api.put(
        Resources.PERSISTENT_VOLUMES,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"PersistentVolume",
             "metadata":{"name":"%s","labels":{"name":"%s"}},
             "spec":{"storageClassName":"local","capacity":{"storage":"%s"},
               "accessModes":["ReadWriteOnce"],"local":{"path":"/d"}%s},
             "status":{"phase":"Available"}}\
            """
                .formatted(name, name, size, more)));
  }

  private String holder(String volume) {
    KubeObject there = f.api.peek(Resources.PERSISTENT_VOLUMES, "", volume);
    return there == null ? "" : there.text("spec", "claimRef", "name");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "`` | small",
        "`,\"selector\":{\"matchLabels\":{\"name\":\"green\"}}` | green",
        "`,\"volumeMode\":\"Block\"` | raw",
        "`,\"volumeAttributesClassName\":\"quick\"` | quick",
      })
  void aClaimGetsOneThatIsAsItAsks(String more, String expected) {
    f.api.put(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"PersistentVolumeClaim",
             "metadata":{"name":"c","namespace":"default"},
             "spec":{"storageClassName":"local","accessModes":["ReadWriteOnce"],
               "resources":{"requests":{"storage":"1Gi"}}%s},"status":{"phase":"Pending"}}\
            """
                .formatted(more)));
    f.start();
    f.pod(
        "p",
        "",
        n ->
            n.withObjectProperty("spec")
                .putArray("volumes")
                .addObject()
                .put("name", "v")
                .putObject("persistentVolumeClaim")
                .put("claimName", "c"));
    f.run();
    assertThat(holder(expected)).isEqualTo("c");
  }
}
