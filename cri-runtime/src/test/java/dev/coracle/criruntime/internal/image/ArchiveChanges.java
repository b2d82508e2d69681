package dev.coracle.criruntime.internal.image;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Changes of a tar archive, read from any bytes: each is an entry, one of its fields, and what
 * stands there instead, up to a zero. The checksums are made right again, so that what is changed
 * is looked at, and not refused for its sum.
 */
final class ArchiveChanges {

  private static final int BLOCK = 512;

  /** Where the fields of a header begin, and how long they are. */
  private enum Field {
    NAME(0, 100),
    MODE(100, 8),
    OWNER(108, 8),
    SIZE(124, 12),
    TYPE(156, 1),
    LINK(157, 100),
    MAGIC(257, 8),
    DEVICE(329, 8),
    PREFIX(345, 155),
    CONTENT(BLOCK, BLOCK);

    private final int at;
    private final int length;

    Field(int at, int length) {
      this.at = at;
      this.length = length;
    }
  }

  private ArchiveChanges() {}

  static byte[] of(byte[] archive, byte[] changes) {
    byte[] out = archive.clone();
    List<Integer> entries = entries(out);
    int i = 0;
    while (i + 1 < changes.length && !entries.isEmpty()) {
      int entry = entries.get((changes[i] & 0xff) % entries.size());
      Field field = Field.values()[(changes[i + 1] & 0xff) % Field.values().length];
      i += 2;
      int to = entry + field.at;
      for (int k = 0; i < changes.length && changes[i] != 0; i++, k++) {
        if (k < field.length && to + k < out.length) {
          out[to + k] = changes[i];
        }
      }
      i++;
    }
    return LayersFuzz.checked(out);
  }

  /** Where entries begin. */
  private static List<Integer> entries(byte[] archive) {
    List<Integer> out = new ArrayList<>();
    for (int at = 0; at + BLOCK <= archive.length; at += BLOCK) {
      String magic = new String(archive, at + 257, 5, StandardCharsets.ISO_8859_1);
      if (magic.equals("ustar")) {
        out.add(at);
      }
    }
    return out;
  }
}
