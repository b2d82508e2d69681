package dev.coracle.kubelet.internal.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.kubelet.internal.pod.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogLinksTest {
  private static final String ID = "0123456789abcdef".repeat(4);

  @TempDir private Path root;
  private PodPaths paths;
  private LogLinks links;

  @BeforeEach
  void start() {
    paths = new PodPaths(root.resolve("kubelet"), root.resolve("logs/pods"));
    links = new LogLinks(paths);
  }

  private static Pod pod(String name, String uid) {
    return new Pod(
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s","namespace":"shop","uid":"%s"},
             "spec":{"containers":[{"name":"c"}]}}
            """
                .formatted(name, uid)));
  }

  private void log(Pod pod, String text) throws IOException {
    Path log = paths.podLogs(pod).resolve("c/0.log");
    Files.createDirectories(log.getParent());
    Files.writeString(log, text);
  }

  private List<String> names() throws IOException {
    try (var list = Files.list(root.resolve("logs/containers"))) {
      return list.map(p -> p.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void aLinkTellsWhoseLogItIs() throws IOException {
    Pod web = pod("web-0", "u1");
    log(web, "hello");
    links.add(web, "c", ID, 0);
    links.add(web, "c", ID, 0); // By a kubelet that has found the container.
    assertThat(names()).containsExactly("web-0_shop_c-" + ID + ".log");
    assertThat(root.resolve("logs/containers").resolve(names().getFirst())).hasContent("hello");
    links.remove(web, "c", ID, 0);
    assertThat(names()).isEmpty();
  }

  @Test
  void aNameIsNoLongerThanAFilesMayBe() throws IOException {
    Pod longest = pod("p".repeat(240), "u1");
    log(longest, "first");
    links.add(longest, "c", ID, 0);
    assertThat(names()).containsExactly("p".repeat(240) + "_shop_c-012" + ".log");
    Path again = paths.podLogs(longest).resolve("c/1.log");
    Files.writeString(again, "again");
    links.add(longest, "c", ID, 1);
    links.remove(longest, "c", ID, 0);
    assertThat(root.resolve("logs/containers").resolve(names().getFirst())).hasContent("again");
    links.remove(longest, "c", ID, 1);
    assertThat(names()).isEmpty();
  }

  @Test
  void whereNoLogIsThereIsNoLink() {
    links.add(pod("web-0", "u1"), "c", ID, 0);
    assertThat(root.resolve("logs")).doesNotExist();
  }

  @Test
  void linksGoWithTheLogsOfTheirPodAndNoOthers() throws IOException {
    links.sweep();
    Pod gone = pod("gone", "u1");
    Pod here = pod("here", "u2");
    log(gone, "");
    log(here, "");
    links.add(gone, "c", ID, 0);
    links.add(here, "c", ID, 0);
    Files.createSymbolicLink(
        root.resolve("logs/containers/others.log"), Path.of("/no/such/pods/u3/c/0.log"));
    PodPaths.deleteTree(paths.podLogs(gone));
    Files.delete(paths.podLogs(here).resolve("c/0.log")); // It is being rotated.
    links.sweep();
    assertThat(names()).containsExactly("here_shop_c-" + ID + ".log", "others.log");
  }
}
