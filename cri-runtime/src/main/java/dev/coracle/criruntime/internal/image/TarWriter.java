package dev.coracle.criruntime.internal.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Writes a tar archive (ustar, with pax headers where a name or size needs one), reproducibly. */
public final class TarWriter implements AutoCloseable {
  private static final int BLOCK = 512;
  private static final int LARGEST_ID = 07777777;

  /**
   * Whose an entry is.
   *
   * @param modified seconds since the epoch
   */
  public record Owner(int uid, int gid, long modified) {
    static final Owner ROOT = new Owner(0, 0, 0);
  }

  private final OutputStream out;
  private Owner owner = Owner.ROOT;

  public TarWriter(OutputStream out) {
    this.out = out;
  }

  /** Whose the entries are that follow; root's, from the epoch, if nothing is said. */
  public TarWriter of(Owner other) {
    owner = other;
    return this;
  }

  /** A FIFO. */
  public void fifo(String name, int mode) throws IOException {
    header(name, '6', "", 0, mode);
  }

  public void directory(String name, int mode) throws IOException {
    header(name.endsWith("/") ? name : name + "/", '5', "", 0, mode);
  }

  public void symlink(String name, String target) throws IOException {
    header(name, '2', target, 0, 0777);
  }

  public void hardLink(String name, String target) throws IOException {
    header(name, '1', target, 0, 0644);
  }

  public void file(String name, int mode, byte[] content) throws IOException {
    header(name, '0', "", content.length, mode);
    out.write(content);
    pad(content.length);
  }

  public void file(String name, int mode, long size, InputStream content) throws IOException {
    header(name, '0', "", size, mode);
    long written = content.transferTo(out);
    if (written != size) {
      throw new IOException(name + " changed while it was read");
    }
    pad(size);
  }

  private void header(String name, char type, String link, long size, int mode) throws IOException {
    StringBuilder pax = new StringBuilder();
    if (bytes(name).length > 100) {
      pax(pax, "path", name);
    }
    if (bytes(link).length > 100) {
      pax(pax, "linkpath", link);
    }
    if (owner.uid() > LARGEST_ID) {
      pax(pax, "uid", Integer.toString(owner.uid()));
    }
    if (owner.gid() > LARGEST_ID) {
      pax(pax, "gid", Integer.toString(owner.gid()));
    }
    if (size > 077777777777L) {
      pax(pax, "size", Long.toString(size));
    }
    if (!pax.isEmpty()) {
      byte[] text = bytes(pax.toString());
      block("PaxHeader", 'x', "", text.length, 0644);
      out.write(text);
      pad(text.length);
    }
    block(name, type, link, Math.min(size, 077777777777L), mode);
  }

  private static void pax(StringBuilder into, String key, String value) {
    int body = bytes(key).length + bytes(value).length + 3;
    int length = body + Integer.toString(body).length();
    if (Integer.toString(length).length() > Integer.toString(body).length()) {
      length++;
    }
    into.append(length).append(' ').append(key).append('=').append(value).append('\n');
  }

  private void block(String name, char type, String link, long size, int mode) throws IOException {
    byte[] h = new byte[BLOCK];
    put(h, 0, 100, name);
    put(h, 100, 8, String.format(Locale.ROOT, "%07o", mode));
    put(h, 108, 8, String.format(Locale.ROOT, "%07o", Math.min(owner.uid(), LARGEST_ID)));
    put(h, 116, 8, String.format(Locale.ROOT, "%07o", Math.min(owner.gid(), LARGEST_ID)));
    put(h, 124, 12, String.format(Locale.ROOT, "%011o", size));
    put(h, 136, 12, String.format(Locale.ROOT, "%011o", Math.max(0, owner.modified())));
    put(h, 148, 8, "        ");
    h[156] = (byte) type;
    put(h, 157, 100, link);
    put(h, 257, 8, "ustar\00000");
    int sum = 0;
    for (byte b : h) {
      sum += b & 0xff;
    }
    put(h, 148, 8, String.format(Locale.ROOT, "%06o\0 ", sum));
    out.write(h);
  }

  private static void put(byte[] block, int offset, int length, String text) {
    byte[] bytes = bytes(text);
    System.arraycopy(bytes, 0, block, offset, Math.min(length, bytes.length));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private void pad(long size) throws IOException {
    out.write(new byte[(int) ((BLOCK - size % BLOCK) % BLOCK)]);
  }

  @Override
  public void close() throws IOException {
    out.write(new byte[2 * BLOCK]);
    out.close();
  }
}
