package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.LocalVolumes;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The node's part in volumes of the built-in storage class. */
class LocalVolumesTest {

  private final KubeletHarness k = new KubeletHarness();

  LocalVolumesTest() throws Exception {}

  @AfterEach
  void close() throws Exception {
    k.close();
  }

  private void volume(String name, String node, Path path) {
    volume(name, node, path, "Delete");
  }

  private void volume(String name, String node, Path path, String policy) {
    k.api
        .create(
            Resources.PERSISTENT_VOLUMES,
            KubeObject.parse(
                """
                {"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"%s",
                  "annotations":{"pv.kubernetes.io/provisioned-by":"coracle.dev/local",
                   "coracle.dev/node":"%s"},"labels":{"coracle.dev/node":"%s"},"finalizers":["coracle.dev/local-volume"]},
                 "spec":{"capacity":{"storage":"1Gi"},"persistentVolumeReclaimPolicy":"%s","local":{"path":"%s"}}}\
                """
                    .formatted(name, node, node, policy, path)))
        .await()
        .indefinitely();
  }

  private void claim(String name, String volume) {
    k.api.put(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"PersistentVolumeClaim",
             "metadata":{"name":"%s","namespace":"default","uid":"%s-uid"},
             "spec":{"volumeName":"%s"},"status":{"phase":"Bound"}}\
            """
                .formatted(name, name, volume)));
  }

  @Test
  void theNodeSaysWhereItMakesVolumes() {
    KubeObject node = k.api.get(Resources.NODES, "", "n1").await().indefinitely();
    assertThat(node.annotation(LocalVolumes.DIRECTORY))
        .contains(k.data.resolve("volumes").toString());
  }

  @Test
  void theDirectoryComesWithTheFirstPodAndGoesWithTheVolume() throws Exception {
    Path path = k.data.resolve("volumes").resolve("pvc-1");
    volume("pvc-1", "n1", path);
    claim("data", "pvc-1");
    k.create(
        "p",
        """
        "volumes":[{"name":"d","persistentVolumeClaim":{"claimName":"data"}}],
        "containers":[{"name":"p","image":"busybox:1",
         "volumeMounts":[{"name":"d","mountPath":"/d"}]}]
        """);
    k.awaitPhase("p", "Running");
    assertThat(path).isDirectory();
    assertThat((int) Files.getAttribute(path, "unix:mode") & 0777).isEqualTo(0777);
    Files.writeString(path.resolve("kept"), "x");
    k.delete("p", DeleteOptions.now());
    k.eventually(() -> assertThat(k.exists("p")).isFalse());
    assertThat(path.resolve("kept")).exists();
    k.api
        .delete(Resources.PERSISTENT_VOLUMES, "", "pvc-1", DeleteOptions.DEFAULT)
        .await()
        .indefinitely();
    k.eventually(() -> assertThat(k.api.peek(Resources.PERSISTENT_VOLUMES, "", "pvc-1")).isNull());
    assertThat(path).doesNotExist();
  }

  @Test
  void neitherAnotherNodesFilesNorAnythingElseIsRemoved() throws Exception {
    Path theirs = Files.createDirectories(k.data.resolve("volumes").resolve("pvc-2"));
    Path elsewhere = Files.createDirectories(k.data.resolve("elsewhere"));
    volume("pvc-2", "n2", theirs);
    volume("pvc-3", "n1", elsewhere);
    for (String name : new String[] {"pvc-2", "pvc-3"}) {
      k.api
          .delete(Resources.PERSISTENT_VOLUMES, "", name, DeleteOptions.DEFAULT)
          .await()
          .indefinitely();
    }
    k.eventually(() -> assertThat(k.api.peek(Resources.PERSISTENT_VOLUMES, "", "pvc-3")).isNull());
    assertThat(k.api.peek(Resources.PERSISTENT_VOLUMES, "", "pvc-2")).isNotNull();
    assertThat(theirs).isDirectory();
    assertThat(elsewhere).isDirectory();
  }

  @Test
  void whatIsToBeRetainedStaysWhenTheVolumeIsDeleted() throws Exception {
    Path path = Files.createDirectories(k.data.resolve("volumes").resolve("pvc-4"));
    Files.writeString(path.resolve("gold"), "x");
    volume("pvc-4", "n1", path, "Retain");
    k.api
        .delete(Resources.PERSISTENT_VOLUMES, "", "pvc-4", DeleteOptions.DEFAULT)
        .await()
        .indefinitely();
    k.eventually(() -> assertThat(k.api.peek(Resources.PERSISTENT_VOLUMES, "", "pvc-4")).isNull());
    assertThat(path.resolve("gold")).exists();
  }

  @Test
  void theGroupOwnsWhatALinkLeadsTo() throws Exception {
    Path disk = Files.createDirectory(k.data.resolve("disk"));
    Files.setAttribute(disk, "unix:mode", 0700);
    Path file = Files.writeString(disk.resolve("file"), "x");
    Files.setAttribute(file, "unix:mode", 0600);
    Path volumes = Files.createDirectories(k.data.resolve("volumes"));
    volume("pvc-5", "n1", Files.createSymbolicLink(volumes.resolve("pvc-5"), disk));
    claim("linked", "pvc-5");
    k.create(
        "p",
        """
        "securityContext":{"fsGroup":%d},
        "volumes":[{"name":"d","persistentVolumeClaim":{"claimName":"linked"}}],
        "containers":[{"name":"p","image":"busybox:1",
         "volumeMounts":[{"name":"d","mountPath":"/d"}]}]
        """
            .formatted((int) Files.getAttribute(disk, "unix:gid")));
    k.awaitPhase("p", "Running");
    assertThat((int) Files.getAttribute(disk, "unix:mode") & 07777).isEqualTo(02770);
    assertThat((int) Files.getAttribute(file, "unix:mode") & 07777).isEqualTo(0660);
  }

  /** One of a user's own making. */
  private Path directory(String annotations, String more) throws Exception {
    Path path = Files.createDirectories(k.data.resolve("mine"));
    k.api.put(
        Resources.PERSISTENT_VOLUMES,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"mine","annotations":{%s}},
             "spec":{"capacity":{"storage":"1Gi"},"local":{"path":"%s"}%s}}\
            """
                .formatted(annotations, path, more)));
    claim("data", "mine");
    return path;
  }

  private void user(String name, String more) {
    k.create(
        name,
        """
        %s"volumes":[{"name":"d","persistentVolumeClaim":{"claimName":"data"}}],
        "containers":[{"name":"%s","image":"busybox:1",
         "volumeMounts":[{"name":"d","mountPath":"/d"}]}]
        """
            .formatted(more, name));
    k.awaitPhase(name, "Running");
  }

  @Test
  void theVolumeStaysWithTheGroupOfThePodThatHasIt() throws Exception {
    Path path = directory("", "");
    int own = (int) Files.getAttribute(path, "unix:gid");
    user("p", "\"securityContext\":{\"fsGroup\":" + own + "},");
    user("q", "\"securityContext\":{\"fsGroup\":" + (own + 1) + "},");
    assertThat((int) Files.getAttribute(path, "unix:gid")).isEqualTo(own);
    assertThat(k.events())
        .contains(
            "AlreadyMountedVolume: The requested fsGroup is %d, but the volume mine has GID %d. The volume may not be shareable."
                .formatted(own + 1, own));
    assertThat(k.events()).filteredOn(e -> e.startsWith("AlreadyMountedVolume")).hasSize(1);
  }

  @Test
  void aVolumeForOnePodIsNotGivenToASecond() throws Exception {
    directory("", ",\"accessModes\":[\"ReadWriteOncePod\"]");
    user("p", "");
    k.restart();
    k.create(
        "q",
        """
        "volumes":[{"name":"d","persistentVolumeClaim":{"claimName":"data"}}],
        "containers":[{"name":"q","image":"busybox:1",
         "volumeMounts":[{"name":"d","mountPath":"/d"}]}]
        """);
    k.eventually(() ->
        assertThat(k.events())
            .contains(
                "FailedMount: MountVolume.SetUp failed for volume \"mine\" : volume uses the"
                    + " ReadWriteOncePod access mode and is already in use by another pod"));
    k.delete("p", DeleteOptions.now());
    k.awaitPhase("q", "Running");
  }

  @Test
  void aVolumesGroupIsOneOfItsUsers() throws Exception {
    directory("\"pv.beta.kubernetes.io/gid\":\"4321\"", "");
    user("p", "\"securityContext\":{\"supplementalGroups\":[7]},");
    user("q", "\"securityContext\":{\"supplementalGroups\":[4321]},");
    assertThat(groups("p")).containsExactly(7L, 4321L);
    assertThat(groups("q")).containsExactly(4321L);
  }

  private List<Long> groups(String container) {
    return k.runtime
        .config(container)
        .orElseThrow()
        .getLinux()
        .getSecurityContext()
        .getSupplementalGroupsList();
  }

  @Test
  void aVolumeThatWasMadeLargerByHandIsLargerForItsClaim() throws Exception {
    directory("", "");
    k.api.change(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        "default",
        "data",
        c -> c.withObjectProperty("status").putObject("capacity").put("storage", "1Gi"));
    user("p", "");
    k.api.change(
        Resources.PERSISTENT_VOLUMES,
        "",
        "mine",
        v -> v.withObjectProperty("spec").withObjectProperty("capacity").put("storage", "2Gi"));
    k.eventually(() ->
        assertThat(
                k.api
                    .get(Resources.PERSISTENT_VOLUME_CLAIMS, "default", "data")
                    .await()
                    .indefinitely()
                    .text("status", "capacity", "storage"))
            .isEqualTo("2Gi"));
    k.eventually(() ->
        assertThat(k.events())
            .contains(
                "FileSystemResizeSuccessful: MountVolume.NodeExpandVolume succeeded for volume"
                    + " \"mine\""));
  }

  /** Whether this machine can mount NFS or not, it cannot reach that server. */
  @Test
  void whatAnNfsServerDoesNotGiveIsTold() throws Exception {
    k.create(
        "p",
        """
        "volumes":[{"name":"d","nfs":{"server":"nas.invalid","path":"/e"}}],
        "containers":[{"name":"p","image":"busybox:1",
         "volumeMounts":[{"name":"d","mountPath":"/d"}]}]
        """);
    k.api.put(
        Resources.PERSISTENT_VOLUMES,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"exported"},
             "spec":{"capacity":{"storage":"1Gi"},"mountOptions":["vers=4.1"],
              "nfs":{"server":"nas.invalid","path":"/pv"}}}\
            """));
    claim("remote", "exported");
    k.create(
        "q",
        """
        "volumes":[{"name":"d","persistentVolumeClaim":{"claimName":"remote"}}],
        "containers":[{"name":"q","image":"busybox:1",
         "volumeMounts":[{"name":"d","mountPath":"/d"}]}]
        """);
    k.eventually(() ->
        assertThat(k.events())
            .anyMatch(e ->
                e.startsWith(
                        "FailedMount: MountVolume.SetUp failed for volume \"d\" : mount failed")
                    && e.contains("-t nfs nas.invalid:/e "))
            .anyMatch(e ->
                e.startsWith(
                        "FailedMount: MountVolume.SetUp failed for volume \"exported\" : mount failed")
                    && e.contains("-t nfs -o vers=4.1 nas.invalid:/pv ")));
    k.delete("p", DeleteOptions.now());
    k.eventually(() -> assertThat(k.exists("p")).isFalse());
  }

  @Test
  void aVolumeOfAnotherNodeIsNotMounted() throws Exception {
    volume("pvc-6", "n1", Files.createDirectories(k.data.resolve("volumes").resolve("pvc-6")));
    claim("elsewhere", "pvc-6");
    only("pvc-6", "n2");
    k.create(
        "p",
        """
        "volumes":[{"name":"d","persistentVolumeClaim":{"claimName":"elsewhere"}}],
        "containers":[{"name":"p","image":"busybox:1",
         "volumeMounts":[{"name":"d","mountPath":"/d"}]}]
        """);
    k.eventually(() ->
        assertThat(k.events())
            .contains(
                "FailedMount: MountVolume.NodeAffinity check failed for volume \"pvc-6\" : no"
                    + " matching NodeSelectorTerms"));
    only("pvc-6", "n1");
    k.awaitPhase("p", "Running");
  }

  private void only(String volume, String node) {
    k.api.change(
        Resources.PERSISTENT_VOLUMES,
        "",
        volume,
        v -> {
          var expression =
              v.withObjectProperty("spec")
                  .putObject("nodeAffinity")
                  .putObject("required")
                  .putArray("nodeSelectorTerms")
                  .addObject()
                  .putArray("matchFields")
                  .addObject();
          expression.put("key", "metadata.name").put("operator", "In").putArray("values").add(node);
        });
  }
}
