package dev.coracle.benchmarks.node;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * {@code crun run --detach}: what starting a container costs without anything around it. On hybrid
 * hosts crun wants the unified hierarchy out of sight.
 */
final class BareCrun {
  private final Path directory;
  private int count;

  BareCrun(Path directory) throws IOException, InterruptedException {
    this.directory = Files.createDirectories(directory);
    BenchImage.writeRoot(directory.resolve("rootfs"));
    Commands.timed(directory.resolve("log"), "sh", "-c", "cd " + directory + " && crun spec");
    Path config = directory.resolve("config.json");
    ObjectNode spec = Json.parseObject(Files.readAllBytes(config));
    ((ObjectNode) spec.path("process")).put("terminal", false);
    ((ObjectNode) spec.path("process")).putArray("args").add("/bin/sleep").add("100000");
    Files.write(config, Json.bytes(spec));
  }

  /** Milliseconds until it runs. */
  double run() throws IOException, InterruptedException {
    String id = "coracle-bench-" + ProcessHandle.current().pid() + "-" + count++;
    double millis =
        Commands.timed(
            directory.resolve("log"),
            "unshare",
            "--mount",
            "sh",
            "-c",
            "umount -l /sys/fs/cgroup/unified 2>/dev/null; exec crun --root "
                + directory.resolve("state")
                + " --cgroup-manager=cgroupfs run --detach --bundle "
                + directory
                + " "
                + id
                + " </dev/null >/dev/null 2>"
                + directory.resolve("crun.log"));
    Commands.timed(
        directory.resolve("log"),
        "unshare",
        "--mount",
        "sh",
        "-c",
        "umount -l /sys/fs/cgroup/unified 2>/dev/null; exec crun --root "
            + directory.resolve("state")
            + " delete --force "
            + id);
    return millis;
  }
}
