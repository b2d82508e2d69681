package dev.coracle.apiserver.openapi;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * A document, kept compressed.
 *
 * @param etag the entity tag, in its quotes
 * @param gzip the content, compressed: never changed
 */
public record OpenApiDocument(String contentType, String etag, byte[] gzip) {

  static OpenApiDocument of(String contentType, String hash, byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(content.length / 8 + 64);
    try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
      zip.write(content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new OpenApiDocument(contentType, "\"" + hash + "\"", out.toByteArray());
  }

  /** The content as it is, for the rare client that takes no gzip. */
  public byte[] plain() {
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(gzip))) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
