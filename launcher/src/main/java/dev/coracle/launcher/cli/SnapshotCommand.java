package dev.coracle.launcher.cli;

import dev.coracle.launcher.DataDirectory;
import dev.coracle.launcher.UserErrorException;
import dev.coracle.watchhub.SnapshotStatus;
import dev.coracle.watchhub.Snapshots;
import dev.coracle.watchhub.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/**
 * {@code coracle snapshot save|restore|status}: copies of the embedded store. Saving works beside a
 * running cluster and does not disturb it; restoring wants it stopped.
 */
@Command(
    name = "snapshot",
    mixinStandardHelpOptions = true,
    description = "Save, check and restore the cluster's state.",
    synopsisSubcommandLabel = "COMMAND")
final class SnapshotCommand implements Runnable {

  @CommandLine.Spec private @Nullable CommandSpec spec;

  @Override
  public void run() {
    if (spec != null) {
      throw new ParameterException(
          spec.commandLine(), "snapshot needs one of: save, restore, status");
    }
  }

  @Command(
      name = "save",
      mixinStandardHelpOptions = true,
      description = "Save the state into a new file; the cluster may run meanwhile.")
  int save(
      @Mixin DataDirOption dataDir,
      @Option(
              names = "--salvage",
              description =
                  "From a damaged store, save what can still be read, and say what is lost.")
          boolean salvage,
      @Parameters(paramLabel = "FILE") Path file) {
    Path store = dataDir.path().resolve("store");
    if (!Files.isDirectory(store)) {
      throw new UserErrorException(
          "there is no store in "
              + dataDir.path()
              + "; of a cluster on etcd, etcd saves the snapshots ('etcdctl snapshot save')");
    }
    SnapshotStatus status = run(() -> Snapshots.save(store, file, salvage));
    print("Saved " + file, status);
    if (!status.damage().isEmpty()) {
      System.out.println("Not saved: " + status.damage());
    }
    return 0;
  }

  @Command(
      name = "status",
      mixinStandardHelpOptions = true,
      description = "Check a snapshot file from its first to its last byte.")
  int status(@Parameters(paramLabel = "FILE") Path file) {
    print(file + " is sound", run(() -> Snapshots.status(file)));
    return 0;
  }

  @Command(
      name = "restore",
      mixinStandardHelpOptions = true,
      description = "Make the store of a stopped cluster from a snapshot file.")
  int restore(
      @Mixin DataDirOption dataDir,
      @Option(
              names = "--replace",
              description =
                  "Set the present store aside, as store.before-restore-N, and replace it.")
          boolean replace,
      @Parameters(paramLabel = "FILE") Path file)
      throws IOException {
    run(() -> Snapshots.status(file)); // before anything is touched
    try (DataDirectory data = DataDirectory.open(dataDir.path())) {
      Path store = data.store();
      if (Files.exists(store)) {
        if (!replace) {
          throw new UserErrorException(
              store + " holds a store already; --replace sets it aside and restores in its place");
        }
        Path aside = free(store);
        Files.move(store, aside);
        System.out.println("Set the store aside as " + aside);
      }
      print("Restored " + store, run(() -> Snapshots.restore(file, store)));
    }
    return 0;
  }

  private static Path free(Path store) {
    for (int n = 1; ; n++) {
      Path aside = store.resolveSibling(store.getFileName() + ".before-restore-" + n);
      if (!Files.exists(aside)) {
        return aside;
      }
    }
  }

  private static SnapshotStatus run(Supplier<SnapshotStatus> work) {
    try {
      return work.get();
    } catch (StorageException.KeyExists e) {
      throw new UserErrorException("the file to save to exists already; choose another name");
    } catch (StorageException e) {
      throw new UserErrorException(e.getMessage());
    }
  }

  private static void print(String what, SnapshotStatus status) {
    System.out.printf(
        Locale.ROOT,
        "%s%n  revision  %d%n  keys      %d%n  leases    %d%n  size      %.1f MB%n  hash      %s%n",
        what,
        status.revision(),
        status.keys(),
        status.leases(),
        status.bytes() / 1e6,
        status.hash());
  }
}
