package dev.coracle.launcher.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The flag that every command has: which cluster. */
final class DataDirOption {

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      defaultValue = "${env:CORACLE_DATA_DIR:-${sys:user.home}/.coracle}",
      description =
          "Where the cluster keeps everything; one cluster each. Default: $CORACLE_DATA_DIR, else"
              + " ~/.coracle")
  private Path dataDir = Path.of(".coracle");

  Path path() {
    return dataDir.toAbsolutePath().normalize();
  }
}
