package dev.coracle.kubelet.internal.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OomWatcherTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final String SYSTEM =
      "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,"
          + "task_memcg=/system.slice/db.service,task=my,db,pid=4711,uid=0";
  private static final String CONTAINER =
      "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=c,mems_allowed=0,"
          + "oom_memcg=/kubepods/pod1,task_memcg=/kubepods/pod1/c,task=tail,pid=4712,uid=0";

  private final List<String> told = new CopyOnWriteArrayList<>();

  private static String record(long micros, String text) {
    return "6,901," + micros + ",-;" + text + "\n SUBSYSTEM=memory\n";
  }

  @Test
  void aProcessThatTheMachineHadNoMemoryForIsToldAndOneOfAContainersLimitIsNot(
      @TempDir Path directory) throws Exception {
    Path log = directory.resolve("kmsg");
    Process mkfifo = new ProcessBuilder("mkfifo", log.toString()).start();
    assumeThat(mkfifo.waitFor()).as("needs mkfifo").isZero();
    OomWatcher watcher =
        new OomWatcher(
            log, (type, reason, message) -> told.add(type + " " + reason + ": " + message));
    Thread starting = Thread.ofVirtual().start(watcher::start);
    try (OutputStream kernel = Files.newOutputStream(log)) {
      starting.join();
      kernel.write(
          (record(1, SYSTEM)
                  + record(Long.MAX_VALUE, CONTAINER)
                  + record(Long.MAX_VALUE, "usb 1-1: new device")
                  + record(Long.MAX_VALUE, SYSTEM))
              .getBytes(StandardCharsets.US_ASCII));
      kernel.flush();
      Awaitility.await()
          .atMost(SOON)
          .untilAsserted(() ->
              assertThat(told)
                  .containsExactly(
                      "Warning SystemOOM: System OOM encountered, victim process: my,db, pid: 4711"));
    } finally {
      watcher.stop();
    }
  }

  @Test
  void theEndWakesWhoWaitsForTheKernel() {
    assumeThat(Files.isReadable(OomWatcher.KERNEL_LOG)).as("needs to read /dev/kmsg").isTrue();
    OomWatcher watcher = new OomWatcher(OomWatcher.KERNEL_LOG, (type, reason, message) -> {});
    watcher.start();
    List<Thread> following =
        Thread.getAllStackTraces().keySet().stream()
            .filter(t -> t.getName().equals("oom-watcher") && t.isAlive())
            .toList();
    assertThat(following).isNotEmpty();
    // Others of this process may go on.
    int others = following.size() - 1;
    watcher.stop();
    Awaitility.await()
        .atMost(SOON)
        .until(() -> following.stream().filter(Thread::isAlive).count() <= others);
  }

  @Test
  void whereThereIsNoLogThereIsNothingToHear(@TempDir Path directory) {
    OomWatcher watcher =
        new OomWatcher(directory.resolve("none"), (type, reason, message) -> told.add(reason));
    watcher.start();
    watcher.stop();
    assertThat(told).isEmpty();
  }
}
