package dev.coracle.kubelet.real;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.ListOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Whose files are, in pods with users of their own, and block volumes, in real containers. */
abstract class PodStorageSuite extends KubeletOnRuntime {

  private boolean hasUserNamespaces() {
    KubeObject node = api.get(Resources.NODES, "", "node1").await().indefinitely();
    for (var handler : node.at("status", "runtimeHandlers")) {
      if (handler.path("name").asText("").isEmpty()) {
        return handler.path("features").path("userNamespaces").asBoolean();
      }
    }
    return false;
  }

  /** Whether it must have them where the kernel does. */
  abstract boolean makesUserNamespaces();

  private String log(KubeObject pod) {
    try {
      StringBuilder text = new StringBuilder();
      Path file =
          options
              .podLogsDir()
              .resolve("default_" + pod.name() + "_" + pod.uid())
              .resolve("c/0.log");
      for (String line : Files.readAllLines(file)) {
        text.append(line.split(" ", 4)[3].strip()).append('\n');
      }
      return text.toString();
    } catch (IOException e) {
      return "";
    }
  }

  private List<String> events(String pod) {
    return api.list(Resources.EVENTS, "", ListOptions.ALL).await().indefinitely().items().stream()
        .filter(e -> e.text("involvedObject", "name").equals(pod))
        .map(e -> e.text("reason") + ": " + e.text("message"))
        .toList();
  }

  private void ended(String name) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(pod(name).text("status", "phase"))
                .as("%s %s", events(name), log(pod(name)))
                .isEqualTo("Succeeded"));
  }

  private static String script(String text) {
    return text.strip().replace("\"", "\\\"").replace("\n", "; ");
  }

  @Test
  void filesBelongToWhomThePodsUserNamespaceSays() throws Exception {
    api.put(
        Resources.CONFIG_MAPS,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"words","namespace":"default"},
             "data":{"word":"hello"}}\
            """));
    Path host = Files.createDirectory(containerd.root().resolve("hostdir"));
    Files.writeString(host.resolve("file"), "x");
    Files.setAttribute(host.resolve("file"), "unix:uid", 4321);
    String spec =
        """
        "hostUsers":false,"restartPolicy":"Never",
        "securityContext":{"fsGroup":2000},
        "volumes":[{"name":"e","emptyDir":{}},{"name":"m","emptyDir":{"medium":"Memory"}},
         {"name":"w","configMap":{"name":"words"}},{"name":"h","hostPath":{"path":"%s"}}],
        "containers":[{"name":"c","image":"test.local/busybox:1","imagePullPolicy":"IfNotPresent",
         "command":["/bin/busybox","sh","-c","%s"],
         "volumeMounts":[{"name":"e","mountPath":"/e"},{"name":"m","mountPath":"/m"},
          {"name":"e","mountPath":"/part","subPath":"part"},
          {"name":"w","mountPath":"/w"},{"name":"h","mountPath":"/h"}]}]
        """
            .formatted(
                host,
                script(
                    """
                    b=/bin/busybox
                    set -e
                    set -- $($b cat /proc/self/uid_map)
                    echo "map $1 $3"
                    [ "$2" -ge 65536 ]
                    $b cat /w/word
                    echo
                    $b stat -L -c 'word %u %g' /w/word
                    $b stat -c 'host %u' /h/file
                    $b touch /e/made /m/made /part/made /h/made
                    $b stat -c 'made %u' /e/made /m/made /part/made /h/made
                    $b stat -c 'hosts %u' /etc/hosts
                    echo last > /dev/termination-log
                    """));
    create("userns", spec);
    if (!hasUserNamespaces()) {
      assertThat(makesUserNamespaces() && kernelHasIdMappedMounts()).isFalse();
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() ->
              assertThat(events("userns"))
                  .contains(
                      "FailedCreatePodSandBox: Failed to create pod sandbox: can't set"
                          + " `spec.hostUsers: false`, runtime does not support user namespaces"));
      delete("userns");
      return;
    }
    ended("userns");
    KubeObject pod = pod("userns");
    assertThat(log(pod).lines())
        .containsExactly(
            "map 0 65536",
            "hello",
            "word 0 2000",
            "host 4321",
            "made 0",
            "made 0",
            "made 0",
            "made 0",
            "hosts 0");
    assertThat(
            pod.at("status", "containerStatuses")
                .path(0)
                .path("state")
                .path("terminated")
                .path("message")
                .asText()
                .strip())
        .isEqualTo("last");
    // On the host, what the pod's root made in a volume is root's; the pod itself was not.
    assertThat(Files.getAttribute(host.resolve("made"), "unix:uid")).isEqualTo(0);
    assertThat(Files.getAttribute(host.resolve("file"), "unix:uid")).isEqualTo(4321);
    delete("userns");
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() ->
            assertThat(data.resolve("pods").resolve(pod.uid()).resolve("userns")).doesNotExist());
  }

  /** Linux 6.3: tmpfs takes part. */
  private static boolean kernelHasIdMappedMounts() {
    String[] version = System.getProperty("os.version").split("[.-]");
    int number = Integer.parseInt(version[0]) * 1000 + Integer.parseInt(version[1]);
    return number >= 6003;
  }

  private static String tool(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assumeTrue(
        process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0,
        () -> String.join(" ", command) + ": " + said);
    return said.strip();
  }

  /** As upstream: a tmpfs is sticky, and a part that is made in a volume has the volume's mode. */
  @Test
  void partsOfVolumesAreMadeWithTheVolumesMode() throws Exception {
    String spec =
        """
        "restartPolicy":"Never","securityContext":{"fsGroup":2000},
        "volumes":[{"name":"e","emptyDir":{}},{"name":"m","emptyDir":{"medium":"Memory"}}],
        "containers":[{"name":"c","image":"test.local/busybox:1","imagePullPolicy":"IfNotPresent",
         "command":["/bin/busybox","stat","-c","%a %u %g","/e","/m","/e-part","/m-part"],
         "volumeMounts":[{"name":"e","mountPath":"/e"},{"name":"m","mountPath":"/m"},
          {"name":"e","mountPath":"/e-part","subPath":"part"},
          {"name":"m","mountPath":"/m-part","subPath":"part"}]}]
        """;
    create("modes", spec);
    ended("modes");
    assertThat(log(pod("modes")).lines())
        .containsExactly("2777 0 2000", "3777 0 2000", "2777 0 2000", "3777 0 2000");
    delete("modes");
  }

  @Test
  void aBlockVolumeIsADeviceThatAContainerWritesTo() throws Exception {
    Path disk = containerd.root().resolve("disk");
    Files.write(disk, new byte[4 << 20]);
    String device = tool("losetup", "--find", "--show", disk.toString());
    try {
      api.put(
          Resources.PERSISTENT_VOLUMES,
          KubeObject.parse(
              """
              {"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"disk"},
               "spec":{"capacity":{"storage":"4Mi"},"accessModes":["ReadWriteOnce"],
                "volumeMode":"Block","local":{"path":"%s"}}}\
              """
                  .formatted(device)));
      api.put(
          Resources.PERSISTENT_VOLUME_CLAIMS,
          KubeObject.parse(
              """
              {"apiVersion":"v1","kind":"PersistentVolumeClaim",
               "metadata":{"name":"disk","namespace":"default","uid":"disk-uid"},
               "spec":{"volumeName":"disk","volumeMode":"Block"},"status":{"phase":"Bound"}}\
              """));
      String pod =
          """
          "restartPolicy":"Never",
          "volumes":[{"name":"d","persistentVolumeClaim":{"claimName":"disk"%s}}],
          "containers":[{"name":"c","image":"test.local/busybox:1",
           "imagePullPolicy":"IfNotPresent","command":["/bin/busybox","sh","-c","%s"],
           "volumeDevices":[{"name":"d","devicePath":"/dev/xvda"}]}]
          """;
      create(
          "writes",
          pod.formatted(
              "",
              script(
                  """
                  b=/bin/busybox
                  set -e
                  [ -b /dev/xvda ]
                  echo block words | $b dd of=/dev/xvda bs=512 conv=sync,fsync 2>/dev/null
                  $b dd if=/dev/xvda bs=11 count=1 2>/dev/null
                  """)));
      ended("writes");
      assertThat(log(pod("writes")).strip()).isEqualTo("block words");
      assertThat(new String(Files.readAllBytes(disk), 0, 11, StandardCharsets.US_ASCII))
          .isEqualTo("block words");
      delete("writes");
      create(
          "reads",
          pod.formatted(
              ",\"readOnly\":true",
              script(
                  """
                  b=/bin/busybox
                  $b dd if=/dev/xvda bs=11 count=1 2>/dev/null
                  echo
                  echo other | $b dd of=/dev/xvda bs=512 conv=sync 2>/dev/null || echo refused
                  """)));
      ended("reads");
      assertThat(log(pod("reads")).lines()).containsExactly("block words", "refused");
      delete("reads");
      assertThat(Files.readString(Path.of("/proc/self/mountinfo")))
          .doesNotContain(containerd.root() + "/kubelet/pods");
    } finally {
      tool("losetup", "--detach", device);
    }
  }

  @Test
  void aBlankDeviceThatIsWantedAsAFileSystemGetsOne() throws Exception {
    Path disk = containerd.root().resolve("blank");
    Files.write(disk, new byte[16 << 20]);
    String device = tool("losetup", "--find", "--show", disk.toString());
    try {
      api.put(
          Resources.PERSISTENT_VOLUMES,
          KubeObject.parse(
              """
              {"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"blank"},
               "spec":{"capacity":{"storage":"16Mi"},"accessModes":["ReadWriteOnce"],
                "volumeMode":"Filesystem","local":{"path":"%s"}}}\
              """
                  .formatted(device)));
      api.put(
          Resources.PERSISTENT_VOLUME_CLAIMS,
          KubeObject.parse(
              """
              {"apiVersion":"v1","kind":"PersistentVolumeClaim",
               "metadata":{"name":"blank","namespace":"default","uid":"blank-uid"},
               "spec":{"volumeName":"blank"},"status":{"phase":"Bound"}}\
              """));
      String pod =
          """
          "restartPolicy":"Never","terminationGracePeriodSeconds":0,
          "volumes":[{"name":"d","persistentVolumeClaim":{"claimName":"blank"}}],
          "containers":[{"name":"c","image":"test.local/busybox:1",
           "imagePullPolicy":"IfNotPresent","command":["/bin/busybox","sh","-c","%s"],
           "volumeMounts":[{"name":"d","mountPath":"/d"}]}]
          """;
      create("first", pod.formatted("echo kept > /d/file; /bin/busybox sleep 600"));
      running("first");
      create("second", pod.formatted("/bin/busybox cat /d/file"));
      ended("second");
      assertThat(log(pod("second"))).isEqualTo("kept\n");
      delete("second");
      assertThat(mountsOf(device)).isEqualTo(1);
      delete("first");
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertThat(mountsOf(device)).isZero());

      create("third", pod.formatted("/bin/busybox cat /d/file"));
      ended("third");
      assertThat(log(pod("third"))).isEqualTo("kept\n");
      delete("third");
    } finally {
      tool("losetup", "--detach", device);
    }
  }

  /** How often a device is mounted on the node itself. */
  private static long mountsOf(String device) throws IOException {
    return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
        .filter(line -> line.contains(" " + device + " "))
        .count();
  }

  private void running(String name) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(pod(name).text("status", "phase"))
                .as("%s %s", events(name), log(pod(name)))
                .isEqualTo("Running"));
  }
}
