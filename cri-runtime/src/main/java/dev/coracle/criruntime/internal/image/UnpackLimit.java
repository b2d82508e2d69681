package dev.coracle.criruntime.internal.image;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How much a compressed stream may become, whatever it says of itself: some kilobytes of gzip can
 * be gigabytes of zeros. Never more than what is configured, and never more than nine tenths of the
 * space that is free where it goes, so that others still have room.
 */
record UnpackLimit(long bytes, String why) {

  static UnpackLimit of(Path directory, long most) throws IOException {
    long free = Files.getFileStore(directory).getUsableSpace();
    long room = free < 0 ? Long.MAX_VALUE : free - free / 10;
    return room < most
        ? new UnpackLimit(room, "nine tenths of the space that is free in " + directory)
        : new UnpackLimit(most, "the most that is allowed");
  }

  IOException exceeded() {
    return new IOException("unpacks to more than " + bytes + " bytes, " + why);
  }

  /** The same stream, which fails where it becomes longer than the limit. */
  InputStream bound(InputStream in) {
    return new FilterInputStream(in) {
      private long read;

      @Override
      public int read() throws IOException {
        int b = in.read();
        count(b < 0 ? 0 : 1);
        return b;
      }

      @Override
      public int read(byte[] buffer, int offset, int length) throws IOException {
        int n = in.read(buffer, offset, length);
        count(n);
        return n;
      }

      @Override
      public long skip(long n) throws IOException {
        long skipped = in.skip(n);
        count(skipped);
        return skipped;
      }

      private void count(long n) throws IOException {
        read += Math.max(0, n);
        if (read > bytes) {
          throw exceeded();
        }
      }
    };
  }
}
