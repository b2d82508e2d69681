package dev.coracle.launcher;

import dev.coracle.launcher.config.CoracleOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * The training run for the JDK's AOT cache (JEP 514): starts a cluster in a temporary directory,
 * sends it the kinds of requests a first user sends, and stops it. What was loaded and linked on
 * the way is what the cache will hold.
 */
public final class Training {

  private Training() {}

  public static void main(String[] args) throws IOException {
    Path directory = Files.createTempDirectory("coracle-training");
    try {
      Coracle cluster = Coracle.open(CoracleOptions.onFreePorts(directory));
      try {
        cluster.start((_, _) -> {}).toCompletableFuture().join();
        new TrainingRequests(cluster).send();
      } finally {
        cluster.stop().toCompletableFuture().join();
      }
    } finally {
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
    System.exit(0);
  }
}
