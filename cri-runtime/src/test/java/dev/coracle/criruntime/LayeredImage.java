package dev.coracle.criruntime;

import dev.coracle.criruntime.internal.image.Digest;
import dev.coracle.criruntime.internal.image.TarWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** An image of several layers, in an archive as {@code docker save} writes it. */
final class LayeredImage {
  /** Writes one layer. */
  interface Layer {
    void write(TarWriter tar) throws IOException;
  }

  private LayeredImage() {}

  /**
   * @param layers the lowest first
   */
  static Path write(Path archive, String name, Layer... layers) throws IOException {
    List<byte[]> written = new ArrayList<>();
    for (Layer layer : layers) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      try (TarWriter tar = new TarWriter(out)) {
        layer.write(tar);
      }
      written.add(out.toByteArray());
    }
    String ids =
        written.stream().map(l -> "\"" + Digest.of(l) + "\"").collect(Collectors.joining(","));
    StringBuilder files = new StringBuilder();
    try (TarWriter tar = new TarWriter(Files.newOutputStream(archive))) {
      for (int i = 0; i < written.size(); i++) {
        tar.file(i + "/layer.tar", 0644, written.get(i));
        files.append(i == 0 ? "" : ",").append("\"").append(i).append("/layer.tar\"");
      }
      tar.file(
          "config.json",
          0644,
          text(
              """
              {"architecture":"amd64","os":"linux","config":{},
               "rootfs":{"type":"layers","diff_ids":[%s]}}
              """
                  .formatted(ids)));
      tar.file(
          "manifest.json",
          0644,
          text(
              """
              [{"Config":"config.json","RepoTags":["%s"],"Layers":[%s]}]
              """
                  .formatted(name, files)));
    }
    return archive;
  }

  static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
