package dev.coracle.criruntime.internal.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.api.ProgramFile;
import dev.coracle.criruntime.network.PodNetwork;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A network plugin that does not end: it is ended, and what it started with it. */
class HangingPluginTest {
  @TempDir Path dir;

  private CniNetwork network(String script) throws IOException {
    ProgramFile.write(dir.resolve("slow"), "#!/bin/sh\n" + script + "\n");
    Path conf = Files.createDirectory(dir.resolve("conf"));
    Files.writeString(
        conf.resolve("10.conflist"),
        "{\"cniVersion\":\"0.4.0\",\"name\":\"n\",\"plugins\":[{\"type\":\"slow\"}]}");
    return CniNetwork.find(conf, List.of(dir), Duration.ofSeconds(1)).orElseThrow();
  }

  private static PodNetwork.Pod pod() {
    assumeTrue("root".equals(System.getProperty("user.name")), "needs root");
    return new PodNetwork.Pod(
        "box", "d", "p", "u", Map.of(), Path.of("/proc/self/ns/net"), List.of());
  }

  private static boolean runs(String argument) {
    return ProcessHandle.allProcesses()
        .anyMatch(p -> List.of(p.info().arguments().orElse(new String[0])).contains(argument));
  }

  @Test
  @Timeout(30)
  void aPluginThatHangsIsEndedWithItsChildren() throws Exception {
    // Nobody else on this machine sleeps for as long.
    String mark = Long.toString(1_000_000_000L + ThreadLocalRandom.current().nextInt(1 << 30));
    CniNetwork network = network("sleep " + mark + "; true");
    assertThatThrownBy(() -> network.connect(pod()))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(
            "failed to setup network for sandbox \"box\": plugin type=\"slow\" failed (add): ")
        .hasMessageEndingWith("did not end in time");
    await().until(() -> !runs(mark));
  }

  @Test
  @Timeout(30)
  void aChildThatKeepsThePipesIsNotWaitedFor() throws Exception {
    Path over = dir.resolve("over");
    CniNetwork network =
        network(
            "(until [ -e %s ]; do sleep 0.1; done) &\necho '{\"ips\":[{\"address\":\"192.0.2.1/24\"}]}'"
                .formatted(over));
    try {
      assertThat(network.connect(pod()).ips()).containsExactly("192.0.2.1");
    } finally {
      Files.createFile(over);
      // Before the directory goes, in which the child looks for its end.
      await().until(() -> !runs(dir.resolve("slow").toString()));
    }
  }

  @Test
  @Timeout(30)
  void aPluginMayWriteMuchBeforeItReads() throws Exception {
    CniNetwork network =
        network(
            "head -c 200000 /dev/zero | tr '\\0' x >&2\ncat > /dev/null\necho"
                + " '{\"ips\":[{\"address\":\"192.0.2.1/24\"}]}'");
    assertThat(network.connect(pod()).ips()).containsExactly("192.0.2.1");
  }
}
