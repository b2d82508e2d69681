package dev.coracle.criruntime.internal.network;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.criruntime.internal.linux.Fd;
import dev.coracle.criruntime.internal.linux.Mounts;
import dev.coracle.criruntime.internal.linux.Native;
import dev.coracle.criruntime.internal.linux.Spawn;
import dev.coracle.criruntime.internal.linux.SyscallProgram;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A network namespace of a test, which goes with it. */
final class NetworkNamespace implements Closeable {
  private static final long PATIENCE_SECONDS = 60;

  private final Path file;
  private final int descriptor;

  private NetworkNamespace(Path file) throws IOException {
    this.file = file;
    try (SyscallProgram program = new SyscallProgram()) {
      new Mounts(program)
          .unshare(Mounts.CLONE_NEWNET)
          .bind("/proc/thread-self/ns/net", file.toString(), false);
      Spawn.run(program).orThrow();
    }
    this.descriptor = Fd.open(file, Fd.O_RDONLY);
  }

  static void assumePossible() throws IOException {
    assumeTrue(Native.isAvailable(), "needs Linux on x86_64 or aarch64");
    assumeTrue(
        Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0),
        "needs root to make network namespaces");
    Spawn.warmUp();
  }

  /**
   * @param directory for the file that holds it
   */
  static NetworkNamespace make(Path directory, String name) throws IOException {
    return new NetworkNamespace(Files.createFile(directory.resolve(name)));
  }

  /** What it is mounted at. */
  Path file() {
    return file;
  }

  int descriptor() {
    return descriptor;
  }

  /** Does something in it: on a thread of its own, whose programs and sockets belong there. */
  <T> FutureTask<T> start(Callable<T> work) {
    FutureTask<T> task =
        new FutureTask<>(() -> {
          try (SyscallProgram program = new SyscallProgram()) {
            new Mounts(program).enter(descriptor, Mounts.CLONE_NEWNET);
            program.runHere().orThrow();
          }
          return work.call();
        });
    Thread.ofPlatform().daemon(true).name("in-" + file.getFileName()).start(task);
    return task;
  }

  <T> T call(Callable<T> work) throws Exception {
    return end(start(work));
  }

  static <T> T end(FutureTask<T> task) throws Exception {
    try {
      return task.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw new AssertionError(e.getCause());
    } catch (TimeoutException e) {
      throw new AssertionError("it has not ended after " + PATIENCE_SECONDS + " s", e);
    }
  }

  @Override
  public void close() throws IOException {
    Fd.close(descriptor);
    try (SyscallProgram program = new SyscallProgram()) {
      new Mounts(program).tryDetach(file.toString());
      program.runHere();
    }
  }
}
