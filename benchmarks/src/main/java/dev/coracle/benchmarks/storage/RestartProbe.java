package dev.coracle.benchmarks.storage;

import dev.coracle.api.rest.ListOptions;
import dev.coracle.watchhub.WatchHub;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A process that opens a hub on a directory, lists all pods, says so, and ends. */
final class RestartProbe {

  private RestartProbe() {}

  public static void main(String[] arguments) throws Exception {
    long jvm = System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime();
    Vertx vertx = Vertx.vertx();
    WatchHub hub = HubBench.start(vertx, Path.of(arguments[0]));
    int found = StorageBench.await(hub.list(Pods.RESOURCE, "", ListOptions.ALL)).items().size();
    System.out.println("listed " + found);
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    System.out.printf(
        "of it until the JVM ran; then heap and resident=%d ms; %d MB and %d MB%n",
        jvm, (runtime.totalMemory() - runtime.freeMemory()) >> 20, resident() >> 20);
    hub.stop().toCompletableFuture().get(60, TimeUnit.SECONDS);
    vertx.close().await();
  }

  private static long resident() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(l -> l.startsWith("VmRSS:"))
        .mapToLong(l -> Long.parseLong(l.replaceAll("[^0-9]", "")) * 1024)
        .findFirst()
        .orElse(0);
  }
}
