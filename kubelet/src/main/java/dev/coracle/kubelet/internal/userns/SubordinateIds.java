package dev.coracle.kubelet.internal.userns;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Ids of the host that an administrator has set aside for pods with users of their own: those of
 * the user {@code kubelet} in {@code /etc/subuid}, and the same in {@code /etc/subgid} (KEP-127).
 */
public record SubordinateIds(long first, long length) {
  private static final String USER = "kubelet";
  private static final long NO_ID = 0xffff_ffffL;

  /**
   * @param etc where the two files are
   * @return empty where neither has any for that user
   * @throws IllegalArgumentException in upstream's words: they are not the same, or several
   */
  public static Optional<SubordinateIds> read(Path etc) {
    List<String> users = lines(etc.resolve("subuid"));
    if (!users.equals(lines(etc.resolve("subgid")))) {
      throw new IllegalArgumentException(
          "mismatched subuids and subgids for user \"" + USER + "\"");
    }
    if (users.size() > 1) {
      throw new IllegalArgumentException(
          "error parsing line \""
              + String.join("\\n", users)
              + "\": it must contain only one line");
    }
    return users.stream().findFirst().map(SubordinateIds::parse);
  }

  private static List<String> lines(Path file) {
    try (Stream<String> all = Files.lines(file, StandardCharsets.ISO_8859_1)) {
      return all.map(String::strip).filter(line -> line.startsWith(USER + ":")).toList();
    } catch (IOException e) {
      return List.of(); // There need not be such a file.
    }
  }

  private static SubordinateIds parse(String line) {
    String[] parts = line.split(":", -1);
    if (parts.length != 3 || !parts[1].matches("\\d{1,10}") || !parts[2].matches("\\d{1,10}")) {
      throw new IllegalArgumentException("invalid line \"" + line + "\"");
    }
    SubordinateIds ids = new SubordinateIds(Long.parseLong(parts[1]), Long.parseLong(parts[2]));
    if (ids.first + ids.length > NO_ID) {
      throw new IllegalArgumentException(
          "error parsing line \"" + line + "\": there are no ids above " + (NO_ID - 1));
    }
    return ids;
  }

  /**
   * @param unit ids that each pod gets
   * @throws IllegalArgumentException in upstream's words: pods cannot be given these in such parts
   */
  void check(int unit) {
    if (first % unit != 0) {
      throw new IllegalArgumentException(
          "kubelet user assigned ID " + first + " is not a multiple of " + unit);
    }
    if (first < unit) {
      throw new IllegalArgumentException(
          "kubelet user assigned ID " + first + " must be greater or equal to " + unit);
    }
    if (length % unit != 0) {
      throw new IllegalArgumentException(
          "kubelet user assigned IDs length " + length + " is not a multiple of " + unit);
    }
  }
}
