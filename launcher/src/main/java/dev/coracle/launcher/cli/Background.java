package dev.coracle.launcher.cli;

import dev.coracle.launcher.ProcessState;
import dev.coracle.launcher.UserErrorException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Starts the same command again as a process of its own session, with its output in {@code
 * run/coracle.log}, and waits until it is ready. The watch of the run directory and the process's
 * end are the only things it waits for, for at most {@link #LONGEST_START_SECONDS}.
 */
final class Background {

  private static final long LONGEST_START_SECONDS = 120;

  private final Path dataDir;
  private final List<String> arguments;

  /**
   * @param arguments those of the command as typed; {@code --detach} is taken out
   */
  Background(Path dataDir, List<String> arguments) {
    this.dataDir = dataDir;
    this.arguments = arguments.stream().filter(a -> !a.startsWith("--detach")).toList();
  }

  int run() throws IOException, InterruptedException {
    Path run = Files.createDirectories(dataDir.resolve("run"));
    Path log = run.resolve("coracle.log");
    ProcessState.delete(dataDir);
    try (WatchService watch = FileSystems.getDefault().newWatchService()) {
      run.register(
          watch, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_MODIFY);
      Files.deleteIfExists(log);
      Process process =
          new ProcessBuilder(command())
              .redirectInput(new File("/dev/null"))
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      // Its end must wake the watch too; a file of its own does that.
      Path ended = run.resolve("ended");
      Files.deleteIfExists(ended);
      process.onExit().thenAccept(p -> touch(ended));
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LONGEST_START_SECONDS);
      while (process.isAlive() && !isReady(process.pid())) {
        WatchKey key = watch.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (key == null) {
          throw new UserErrorException(
              "the cluster is not ready after " + LONGEST_START_SECONDS + " s; see " + log);
        }
        key.pollEvents();
        key.reset();
      }
      Files.deleteIfExists(ended);
      System.out.print(Files.readString(log, StandardCharsets.UTF_8));
      if (!process.isAlive()) {
        return process.exitValue();
      }
      System.out.println(
          "Running in the background as process " + process.pid() + "; 'coracle down' ends it.");
      return 0;
    }
  }

  private boolean isReady(long pid) {
    return ProcessState.read(dataDir)
        .filter(s -> s.phase().equals("Ready") && s.pid() == pid)
        .isPresent();
  }

  private List<String> command() {
    ProcessHandle.Info self = ProcessHandle.current().info();
    List<String> command = new ArrayList<>();
    if (Files.isExecutable(Path.of("/usr/bin/setsid"))) {
      command.add("/usr/bin/setsid");
    }
    command.add(self.command().orElse("java"));
    command.addAll(java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add("dev.coracle.launcher.Main");
    command.addAll(arguments);
    return command;
  }

  private static void touch(Path file) {
    try {
      Files.writeString(file, "");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
