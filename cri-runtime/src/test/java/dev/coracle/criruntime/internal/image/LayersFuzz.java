package dev.coracle.criruntime.internal.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.fuzz.Fuzzer;
import dev.coracle.criruntime.internal.image.LayerUnpacker.Form;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Layers of images from anywhere: unpacked inside their directory, or an {@code IOException}. */
class LayersFuzz {

  @TempDir Path dir;

  private static final int BLOCK = 512;
  private static final UnpackLimit LIMIT = new UnpackLimit(1 << 20, "for the test");

  @FuzzTest(maxDuration = "60s")
  void archives(byte[] input) throws IOException {
    read(input);
    read(ArchiveChanges.of(layer(), input));
    decompress(input);
  }

  private static byte[] layer() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (TarWriter tar = new TarWriter(out)) {
      tar.directory("etc", 0750);
      tar.file("etc/conf", 0640, "x".getBytes(StandardCharsets.UTF_8));
      tar.symlink("etc/link", "../../outside");
      tar.hardLink("etc/hard", "etc/conf");
      tar.file("a/" + "long-directory-name/".repeat(12) + "file", 0644, new byte[600]);
    }
    return out.toByteArray();
  }

  /** One pax header before one empty file. */
  private static byte[] pax(String records) {
    byte[] text = records.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(header("pax", 'x', text.length));
    out.writeBytes(text);
    out.writeBytes(new byte[(BLOCK - text.length % BLOCK) % BLOCK]);
    out.writeBytes(header("file", '0', 0));
    out.writeBytes(new byte[2 * BLOCK]);
    return checked(out.toByteArray());
  }

  private static byte[] header(String name, char type, int size) {
    byte[] header = new byte[BLOCK];
    put(header, 0, name);
    put(header, 124, String.format(Locale.ROOT, "%011o", size));
    header[156] = (byte) type;
    put(header, 257, "ustar");
    return header;
  }

  private static void put(byte[] to, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    System.arraycopy(bytes, 0, to, at, bytes.length);
  }

  /** With right checksums in all headers, so that a changed one is looked at at all. */
  static byte[] checked(byte[] tar) {
    byte[] out = tar.clone();
    for (int block = 0; block + BLOCK <= out.length; block += BLOCK) {
      String magic = new String(out, block + 257, 5, StandardCharsets.ISO_8859_1);
      if (magic.equals("ustar")) {
        put(out, block + 148, "        ");
        int sum = 0;
        for (int i = 0; i < BLOCK; i++) {
          sum += out[block + i] & 0xff;
        }
        put(out, block + 148, String.format(Locale.ROOT, "%06o\0 ", sum));
      }
    }
    return out;
  }

  @Test
  void headers() throws Exception {
    new Fuzzer()
        .seed(layer())
        .seed(pax("16 path=new-name\n20 mtime=1700000.5\n12 size=123\n"))
        .words("path=", "size=", "mtime=", "uid=", "../", "/", "99 ", "2147483647 ", "ustar")
        .run(LayersFuzz::read);
  }

  @Test
  void compressed() throws Exception {
    new Fuzzer().seed(ZstdStreamTest.zstd(layer())).run(LayersFuzz::decompress);
  }

  private static void decompress(byte[] input) {
    try (var plain = LIMIT.bound(new ZstdStream(new ByteArrayInputStream(input)))) {
      plain.readAllBytes();
    } catch (IOException e) {
      // said so
    }
  }

  private static void read(byte[] input) {
    TarReader reader = new TarReader(new ByteArrayInputStream(checked(input)));
    try {
      for (var entry = reader.next(); entry != null; entry = reader.next()) {
        assertThat(entry.size()).isNotNegative();
        if (entry.mode() % 2 == 0) {
          reader.content().readAllBytes();
        }
      }
    } catch (IOException e) {
      // said so
    }
  }

  @Test
  void layers() throws Exception {
    Path inside = Files.createDirectories(dir.resolve("deep/er"));
    int[] count = {0};
    new Fuzzer()
        .seed(layer())
        .seed(pax("16 path=new-name\n19 linkpath=../../x\n"))
        .words("path=", "../", "/", ".wh.", ".wh..wh..opq", "etc/link", "\u0000", "ustar")
        .percent(10)
        .run(input -> {
          Path root = Files.createDirectory(inside.resolve("l" + count[0]++));
          try {
            new LayerUnpacker(root, Form.PLAIN, LIMIT)
                .unpack(new ByteArrayInputStream(checked(input)));
          } catch (IOException e) {
            // said so
          }
          FileTrees.delete(root);
        });
    try (var left = Files.list(inside)) {
      assertThat(left).isEmpty();
    }
    try (var outside = Files.list(dir)) {
      assertThat(outside).containsExactly(dir.resolve("deep"));
    }
  }

  @Test
  void paxNumbersThatAreNoneAreRefused() {
    for (String record : new String[] {"12 size=-12\n", "11 size=xx\n", "11 uid=1.5\n"}) {
      TarReader reader = new TarReader(new ByteArrayInputStream(pax(record)));
      assertThatThrownBy(reader::next).as(record).isInstanceOf(IOException.class);
    }
  }

  @Test
  void aPaxRecordLongerThanItsHeaderIsRefused() {
    TarReader reader = new TarReader(new ByteArrayInputStream(pax("2147483647 path=x\n")));
    assertThatThrownBy(reader::next).isInstanceOf(IOException.class).hasMessageContaining("pax");
  }

  @Test
  void aTimeBeyondAllTimesIsBrought() throws Exception {
    Path root = Files.createDirectory(dir.resolve("times"));
    new LayerUnpacker(root, Form.PLAIN, LIMIT)
        .unpack(new ByteArrayInputStream(pax("15 mtime=1e300\n")));
    assertThat(root.resolve("file")).exists();
  }

  @Test
  void aNameThatCannotBeIsRefused() {
    assertThatThrownBy(() ->
            new LayerUnpacker(dir, Form.PLAIN, LIMIT)
                .unpack(new ByteArrayInputStream(pax("12 path=a\u0000b\n"))))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("name that cannot be");
  }
}
