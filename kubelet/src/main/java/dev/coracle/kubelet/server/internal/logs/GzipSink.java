package dev.coracle.kubelet.server.internal.logs;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * Compresses for another sink (RFC 1952), as fast as that goes. What is compressed is passed on as
 * it comes out, so that no more than a few kilobytes wait here.
 */
public final class GzipSink implements LogSink {

  private final LogSink to;
  private final ByteArrayOutputStream made = new ByteArrayOutputStream();
  private final GZIPOutputStream gzip;

  public GzipSink(LogSink to) throws IOException {
    this.to = to;
    this.gzip =
        new GZIPOutputStream(made, 8192) {
          {
            def.setLevel(Deflater.BEST_SPEED);
          }
        };
  }

  @Override
  public void write(byte[] bytes) throws IOException, InterruptedException {
    gzip.write(bytes);
    pass();
  }

  /** Writes what is still to come; nothing may be written afterwards. */
  public void finish() throws IOException, InterruptedException {
    gzip.finish();
    pass();
  }

  private void pass() throws IOException, InterruptedException {
    if (made.size() > 0) {
      to.write(made.toByteArray());
      made.reset();
    }
  }
}
