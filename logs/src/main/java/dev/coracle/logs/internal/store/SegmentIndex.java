package dev.coracle.logs.internal.store;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.StreamCorruptedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a segment holds, in a few kilobytes: from when to when, of which containers ({@code
 * namespace/pod/container}), and its {@link Trigrams}. Grows while the segment is written and is
 * stored beside it when it is full.
 */
final class SegmentIndex {

  private String first = "";
  private String last = "";
  private final Set<String> containers = new TreeSet<>();
  private final Trigrams trigrams;

  SegmentIndex() {
    this(new Trigrams());
  }

  private SegmentIndex(Trigrams trigrams) {
    this.trigrams = trigrams;
  }

  void add(String container, String time, String message) {
    if (first.isEmpty() || time.compareTo(first) < 0) {
      first = time;
    }
    if (time.compareTo(last) > 0) {
      last = time;
    }
    containers.add(container);
    trigrams.add(message);
  }

  boolean mayHave(LogQuery query) {
    return !last.isEmpty()
        && last.compareTo(query.after()) > 0
        && query.texts().stream().allMatch(trigrams::mayContain)
        && containers.stream().anyMatch(query::wantsContainer);
  }

  void write(Path file) throws IOException {
    try (DataOutputStream out =
        new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
      out.writeUTF(first);
      out.writeUTF(last);
      out.writeInt(containers.size());
      for (String container : containers) {
        out.writeUTF(container);
      }
      byte[] bits = trigrams.bytes();
      out.writeInt(bits.length);
      out.write(bits);
    }
  }

  /**
   * @throws IOException also where it is damaged
   */
  static SegmentIndex read(Path file) throws IOException {
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      String first = in.readUTF();
      String last = in.readUTF();
      Set<String> containers = new TreeSet<>();
      for (int n = in.readInt(); n > 0; n--) {
        String container = in.readUTF();
        if (container.split("/", -1).length < 3) {
          throw new StreamCorruptedException("no container: " + container);
        }
        containers.add(container);
      }
      int length = in.readInt();
      byte[] bits = in.readNBytes(Math.clamp(length, 0, Trigrams.BYTES));
      if (bits.length != length) {
        throw new StreamCorruptedException("the index has " + length + " bytes of trigrams");
      }
      SegmentIndex index = new SegmentIndex(Trigrams.of(bits));
      index.first = first;
      index.last = last;
      index.containers.addAll(containers);
      return index;
    }
  }
}
