package dev.coracle.kubelet.server.internal.nodelogs;

import dev.coracle.kubelet.server.internal.logs.LogSink;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Answers a question about services: out of journald where it knows them, else out of a file of
 * their name. Blocks; what is wrong with one service is told in the answer, after the others'.
 *
 * @param journalctl the program and what comes before its own arguments
 * @param longest that journald may take
 */
public record ServiceLogs(
    NodeLogFiles files, List<String> journalctl, Duration longest, ScheduledExecutorService timer) {
  private static final int PIECE = 32 * 1024;

  /**
   * @throws IOException where the client has gone
   */
  public void write(NodeLogQuery query, LogSink sink) throws IOException, InterruptedException {
    List<String> known = new ArrayList<>();
    List<String> others = new ArrayList<>();
    Set<String> units = units();
    for (String service : query.services()) {
      (units.contains(service + ".service") ? known : others).add(service);
    }
    if (!known.isEmpty()) {
      journal(arguments(query, known), sink);
    }
    if (!others.isEmpty() && query.hasOptions()) {
      say(
          sink,
          "\noptions present and query resolved to log files for ["
              + String.join(" ", others)
              + "]\ntry without specifying options\n");
      return;
    }
    for (String service : others) {
      file(service, sink);
    }
  }

  /** What journald has entries of; empty without it. */
  private Set<String> units() throws InterruptedException {
    StringBuilder all = new StringBuilder();
    try {
      int code =
          run(
              List.of("--field", "_SYSTEMD_UNIT"),
              bytes -> all.append(new String(bytes, StandardCharsets.UTF_8)));
      return code == 0 ? Set.copyOf(all.toString().lines().distinct().toList()) : Set.of();
    } catch (IOException e) {
      return Set.of();
    }
  }

  List<String> arguments(NodeLogQuery query, List<String> units) {
    List<String> out = new ArrayList<>(List.of("--utc", "--no-pager", "--output=short-precise"));
    query.since().ifPresent(t -> out.add("--since=@" + t.getEpochSecond()));
    query.until().ifPresent(t -> out.add("--until=@" + t.getEpochSecond()));
    query
        .tailLines()
        .ifPresent(n -> {
          out.add("--pager-end");
          out.add("--lines=" + n);
        });
    units.forEach(unit -> out.add("--unit=" + unit));
    if (!query.pattern().isEmpty()) {
      out.add("--grep=" + query.pattern());
    }
    query.boot().ifPresent(b -> out.add("--boot=" + b));
    return out;
  }

  private void journal(List<String> arguments, LogSink sink)
      throws IOException, InterruptedException {
    Optional<Process> process = start(arguments);
    if (process.isEmpty()) {
      say(sink, "\nerror: journal output not available\n");
      return;
    }
    copy(process.get(), sink);
  }

  private int run(List<String> arguments, LogSink sink) throws IOException, InterruptedException {
    Optional<Process> process = start(arguments);
    return process.isEmpty() ? -1 : copy(process.get(), sink);
  }

  private Optional<Process> start(List<String> arguments) {
    List<String> all = new ArrayList<>(journalctl);
    all.addAll(arguments);
    try {
      Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
      process.getOutputStream().close();
      return Optional.of(process);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** All of its output; it does not outlive the time it has, nor a reader that has gone. */
  private int copy(Process process, LogSink sink) throws IOException, InterruptedException {
    ScheduledFuture<?> end =
        timer.schedule(
            process.toHandle()::destroyForcibly, longest.toMillis(), TimeUnit.MILLISECONDS);
    try (InputStream out = process.getInputStream()) {
      pieces(out, sink);
      return process.waitFor();
    } finally {
      end.cancel(false);
      process.destroyForcibly();
    }
  }

  private static void pieces(InputStream in, LogSink sink)
      throws IOException, InterruptedException {
    byte[] piece = new byte[PIECE];
    for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
      sink.write(Arrays.copyOf(piece, n));
    }
  }

  /** The first file of those that a service of this name is known to write. */
  private void file(String service, LogSink sink) throws IOException, InterruptedException {
    for (String name : List.of(service, service + ".log", service + "/" + service + ".log")) {
      try (NodeLogFiles.Opened file = files.open(name)) {
        if (!file.isDirectory()) {
          try (InputStream in = Files.newInputStream(file.path())) {
            pieces(in, sink);
          }
          return;
        }
      } catch (NoSuchFileException e) {
        // The next one, if there is one.
      }
    }
    say(sink, "\nlog not found for " + service + "\n");
  }

  private static void say(LogSink sink, String words) throws IOException, InterruptedException {
    sink.write(words.getBytes(StandardCharsets.UTF_8));
  }
}
