package dev.coracle.apiserver;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The real kubectl, as one user. */
public final class Kubectl {

  /** What a command did. */
  public record Ran(int code, String out, String err) {}

  private final Path kubeconfig;
  private final Path dir;
  private int count;

  /**
   * @param dir for kubectl's cache and output
   */
  public Kubectl(Path kubeconfig, Path dir) {
    assumeTrue(TestPki.onPath("kubectl"), "kubectl is not installed");
    this.kubeconfig = kubeconfig;
    this.dir = dir;
  }

  /** Standard output of a command that must succeed. */
  public String ok(String... args) {
    Ran ran = run("", args);
    if (ran.code() != 0) {
      throw new AssertionError("kubectl " + String.join(" ", args) + ": " + ran.err());
    }
    return ran.out();
  }

  /** As {@link #ok}, with standard input. */
  public String okWith(String input, String... args) {
    Ran ran = run(input, args);
    if (ran.code() != 0) {
      throw new AssertionError("kubectl " + String.join(" ", args) + ": " + ran.err());
    }
    return ran.out();
  }

  /** Standard error of a command that must fail. */
  public String fails(String... args) {
    Ran ran = run("", args);
    if (ran.code() == 0) {
      throw new AssertionError("kubectl " + String.join(" ", args) + " succeeded: " + ran.out());
    }
    return ran.err();
  }

  public Ran run(String input, String... args) {
    List<String> command =
        new ArrayList<>(List.of("kubectl", "--kubeconfig", kubeconfig.toString()));
    command.add("--cache-dir=" + dir.resolve("cache"));
    command.addAll(List.of(args));
    int n = ++count;
    Path out = dir.resolve("out" + n);
    Path err = dir.resolve("err" + n);
    Path in = dir.resolve("in" + n);
    try {
      Files.writeString(in, input);
      Process p =
          new ProcessBuilder(command)
              .redirectInput(in.toFile())
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .start();
      if (!p.waitFor(60, TimeUnit.SECONDS)) {
        p.destroyForcibly();
        throw new AssertionError("kubectl " + String.join(" ", args) + " hangs");
      }
      return new Ran(p.exitValue(), read(out), read(err));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String read(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.UTF_8);
  }
}
