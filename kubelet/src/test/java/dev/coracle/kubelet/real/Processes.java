package dev.coracle.kubelet.real;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/**
 * Finds processes by an argument, through /proc: ProcessHandle hides those whose program lies in
 * another root.
 */
final class Processes {
  private static final AtomicInteger NEXT = new AtomicInteger(98_000);

  private Processes() {}

  /**
   * How long a container shall sleep, in seconds: an argument that no other process of a test has.
   */
  static String marked() {
    return Integer.toString(NEXT.getAndIncrement());
  }

  static List<Long> having(String argument) throws IOException {
    try (var list = Files.list(Path.of("/proc"))) {
      return list.filter(p -> p.getFileName().toString().matches("\\d+"))
          .filter(p -> arguments(p).contains(argument))
          .map(p -> Long.parseLong(p.getFileName().toString()))
          .toList();
    }
  }

  /**
   * Kills whatever has the argument, and answers how many there were. A runtime may have answered
   * that a container runs while its first process is about to become the command.
   */
  static int kill(String argument) {
    List<Long> found = Awaitility.await().until(() -> having(argument), pids -> !pids.isEmpty());
    found.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
    return found.size();
  }

  private static List<String> arguments(Path process) {
    try {
      return List.of(Files.readString(process.resolve("cmdline")).split("\0"));
    } catch (IOException e) {
      return List.of();
    }
  }
}
