package dev.coracle.kubelet.internal.volume;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Gives block devices file systems and mounts them, and what other machines have, by the host's own
 * programs ({@code blkid}, {@code mkfs}, {@code fsck}, {@code mount}). Blocks for as long as a
 * large disk or a slow server takes; called on virtual threads.
 */
final class DiskTools {
  private static final int MAX_OUTPUT = 8192;
  private static final long LIMIT_MINUTES = 60;

  /** {@code blkid} found nothing that it knows: the device is blank. */
  private static final int BLANK = 2;

  /** {@code fsck} has left errors behind. */
  private static final int UNCORRECTED = 4;

  private record Ended(int code, String output) {}

  /**
   * Mounts a device that holds a file system or is blank; a blank one gets a file system first.
   *
   * @param type {@code ext4}
   * @param options as mount(8) writes them; {@code ro} among them leaves the device as it is
   * @throws IOException with the words of the program that failed; a device that holds something
   *     else is never formatted
   */
  void mount(Path device, Path at, String type, List<String> options) throws IOException {
    boolean readOnly = options.contains("ro");
    if (!isBlank(device)) {
      if (!readOnly) {
        check(device);
      }
    } else if (readOnly) {
      throw new IOException(
          "cannot mount unformatted disk "
              + device
              + " as we are manipulating it in read-only mode");
    } else {
      format(device, type);
    }
    List<String> command = new ArrayList<>(List.of("mount", "-t", type));
    if (!options.isEmpty()) {
      command.addAll(List.of("-o", String.join(",", options)));
    }
    command.addAll(List.of(device.toString(), at.toString()));
    succeed(command);
  }

  /**
   * Mounts what another machine has.
   *
   * @throws IOException in upstream's words, with those of the program that failed
   */
  static void mountRemote(String source, Path at, String type, List<String> options)
      throws IOException {
    List<String> command = new ArrayList<>(List.of("mount", "-t", type));
    if (!options.isEmpty()) {
      command.addAll(List.of("-o", String.join(",", options)));
    }
    command.addAll(List.of(source, at.toString()));
    Ended ended = run(command);
    if (ended.code != 0) {
      throw new IOException(
          "mount failed: exit status "
              + ended.code
              + "\nMounting command: mount\nMounting arguments: "
              + String.join(" ", command.subList(1, command.size()))
              + "\nOutput: "
              + ended.output);
    }
  }

  /** Has a file system fill its device, which has grown; while it is mounted. */
  void grow(Path device, Path at) throws IOException {
    List<String> command = List.of("blkid", "-p", "-s", "TYPE", "-o", "value", device.toString());
    Ended ended = run(command);
    if (ended.code == BLANK) {
      return;
    }
    if (ended.code != 0) {
      throw failed(command, ended);
    }
    succeed(growing(ended.output.strip(), device.toString(), at.toString()));
  }

  /**
   * What grows a file system.
   *
   * @throws IOException nothing does
   */
  static List<String> growing(String type, String device, String at) throws IOException {
    return switch (type) {
      case "ext3", "ext4" -> List.of("resize2fs", device);
      case "xfs" -> List.of("xfs_growfs", "-d", at);
      case "btrfs" -> List.of("btrfs", "filesystem", "resize", "max", at);
      default ->
          throw new IOException(
              "ResizeFS.Resize - resize of format %s is not supported for device %s mounted at %s"
                  .formatted(type, device, at));
    };
  }

  private static boolean isBlank(Path device) throws IOException {
    List<String> command =
        List.of("blkid", "-p", "-s", "TYPE", "-s", "PTTYPE", "-o", "export", device.toString());
    Ended ended = run(command);
    if (ended.code != 0 && ended.code != BLANK) {
      throw failed(command, ended);
    }
    return ended.code == BLANK;
  }

  private static void check(Path device) throws IOException {
    Ended ended;
    try {
      ended = run(List.of("fsck", "-a", device.toString()));
    } catch (IOException e) {
      return; // A host without fsck mounts what it has.
    }
    if (ended.code == UNCORRECTED) {
      throw new IOException(
          "'fsck' found errors on device "
              + device
              + " but could not correct them: "
              + ended.output);
    }
  }

  private static void format(Path device, String type) throws IOException {
    List<String> command = new ArrayList<>(List.of("mkfs." + type));
    if (type.startsWith("ext")) {
      command.addAll(List.of("-F", "-m0")); // Nothing is set aside for root.
    } else if (type.equals("xfs")) {
      command.add("-f");
    }
    command.add(device.toString());
    succeed(command);
  }

  private static void succeed(List<String> command) throws IOException {
    Ended ended = run(command);
    if (ended.code != 0) {
      throw failed(command, ended);
    }
  }

  private static IOException failed(List<String> command, Ended ended) {
    return new IOException(
        String.join(" ", command) + ": exit status " + ended.code + ": " + ended.output.strip());
  }

  private static Ended run(List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("LC_ALL", "C");
    Process process = builder.start();
    try {
      process.getOutputStream().close();
      String output;
      try (var said = process.getInputStream()) {
        output = new String(said.readNBytes(MAX_OUTPUT), StandardCharsets.UTF_8);
        said.transferTo(OutputStream.nullOutputStream());
      }
      if (!process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES)) {
        throw new IOException(command.getFirst() + " did not end");
      }
      return new Ended(process.exitValue(), output);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(command.getFirst() + " was interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }
}
