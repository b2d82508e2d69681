package dev.coracle.criruntime.internal.image;

import io.airlift.compress.MalformedInputException;
import io.airlift.compress.zstd.ZstdInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A Zstandard stream as plain; what is none fails with an {@code IOException}. */
final class ZstdStream extends FilterInputStream {
  ZstdStream(InputStream compressed) {
    super(new ZstdInputStream(new ZstdFrames(compressed)));
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    try {
      return in.read(buffer, offset, length);
    } catch (MalformedInputException e) {
      throw new IOException("not a zstd stream: " + e.getMessage(), e);
    }
  }

  @Override
  public long skip(long n) throws IOException {
    return read(new byte[(int) Math.clamp(n, 0, 8192)]);
  }
}
