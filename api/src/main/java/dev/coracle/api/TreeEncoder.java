package dev.coracle.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BigIntegerNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Writes trees as JSON, from the nodes to the bytes in one step, and byte for byte as {@link
 * Json#MAPPER} does: no blanks, characters outside the Basic Multilingual Plane as two escapes,
 * halves of them as one. What is in no object of Kubernetes (binary values, decimals, infinite
 * numbers, nesting that the mapper refuses) is left to the mapper.
 *
 * <p>For one tree, on one thread; the buffers are shared by all.
 */
final class TreeEncoder {

  /** Such a tree is left to the mapper. */
  private static final class Unusual extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Unusual() {
      super("", null, false, false);
    }
  }

  private static final Unusual UNUSUAL = new Unusual();

  /** As deep as the mapper writes. */
  private static final int DEEPEST = 1000;

  private static final int FIRST = 8 << 10;

  /** A larger buffer is left to the collector. */
  private static final int LARGEST_KEPT = 128 << 10;

  /** Buffers that nobody uses; a power of two of them. */
  private static final AtomicReferenceArray<byte @Nullable []> SPARE =
      new AtomicReferenceArray<>(8);

  /** Of an ASCII character: 0 as it is, a letter behind a backslash, or 1 for four digits. */
  private static final byte[] ESCAPES = escapes();

  private static final byte[] DIGITS = "0123456789ABCDEF".getBytes(StandardCharsets.US_ASCII);

  /** The most bytes that a character of a text becomes. */
  private static final int WIDEST = 6;

  /** There is made room for so many characters at once. */
  private static final int STRETCH = 256;

  private static final int LONGEST_LONG = 20;

  private static final int NAMES = 4096;
  private static final int LONGEST_NAME = 64;

  /**
   * The names that came last, one for each place; what does not come again is soon forgotten. Safe
   * without locks, as a record is, and a lost race only makes one more.
   */
  private static final @Nullable Name[] RECENT = new Name[NAMES];

  /** The encoding has the quotes and the colon. */
  private record Name(String name, byte[] encoded) {}

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;

  private byte[] out;
  private int at;
  private int depth;

  private TreeEncoder(byte[] buffer) {
    this.out = buffer;
  }

  private static byte[] escapes() {
    byte[] table = new byte[128];
    Arrays.fill(table, 0, ' ', (byte) 1);
    table['"'] = '"';
    table['\\'] = '\\';
    table['\b'] = 'b';
    table['\f'] = 'f';
    table['\n'] = 'n';
    table['\r'] = 'r';
    table['\t'] = 't';
    return table;
  }

  /** The encoding; null where it is left to the mapper. */
  static byte @Nullable [] bytes(JsonNode tree) {
    int place = (int) Thread.currentThread().threadId() & SPARE.length() - 1;
    byte[] spare = SPARE.getAndSet(place, null);
    TreeEncoder encoder = new TreeEncoder(spare == null ? new byte[FIRST] : spare);
    try {
      encoder.value(tree);
      return Arrays.copyOf(encoder.out, encoder.at);
    } catch (Unusual e) {
      return null;
    } finally {
      if (encoder.out.length <= LARGEST_KEPT) {
        SPARE.setRelease(place, encoder.out);
      }
    }
  }

  private void value(JsonNode node) {
    if (node instanceof TextNode text) {
      text(text.textValue());
    } else if (node instanceof ObjectNode object) {
      object(object);
    } else if (node instanceof ArrayNode array) {
      array(array);
    } else if (node instanceof IntNode || node instanceof LongNode) {
      number(node.longValue());
    } else if (node instanceof BooleanNode) {
      ascii(node.booleanValue() ? "true" : "false");
    } else if (node instanceof NullNode) {
      ascii("null");
    } else if (node instanceof DoubleNode && Double.isFinite(node.doubleValue())) {
      ascii(Double.toString(node.doubleValue()));
    } else if (node instanceof BigIntegerNode) {
      ascii(node.bigIntegerValue().toString());
    } else {
      throw UNUSUAL;
    }
  }

  private void object(ObjectNode node) {
    enter();
    put('{');
    if (node instanceof CompactObject object && object.fieldMap().isFew()) {
      CompactMap fields = object.fieldMap();
      int size = fields.size();
      for (int i = 0; i < size; i++) {
        field(fields.name(i), fields.value(i));
      }
    } else {
      node.forEachEntry(this::field);
    }
    close('}');
  }

  private void field(String name, JsonNode value) {
    name(name);
    value(value);
    put(',');
  }

  /** With its colon. */
  private void name(String name) {
    int place = name.hashCode();
    place = (place ^ place >>> 12) & NAMES - 1;
    Name known = RECENT[place];
    if (known != null && known.name().equals(name)) {
      byte[] encoded = known.encoded();
      room(encoded.length);
      System.arraycopy(encoded, 0, out, at, encoded.length);
      at += encoded.length;
      return;
    }
    int from = at;
    text(name);
    put(':');
    if (at - from <= LONGEST_NAME) {
      RECENT[place] = new Name(name, Arrays.copyOfRange(out, from, at));
    }
  }

  private void array(ArrayNode node) {
    enter();
    put('[');
    int size = node.size();
    for (int i = 0; i < size; i++) {
      value(node.get(i));
      put(',');
    }
    close(']');
  }

  private void enter() {
    if (++depth > DEEPEST) {
      throw UNUSUAL;
    }
  }

  /** In the place of the last comma, where there is one. */
  private void close(char bracket) {
    depth--;
    if (out[at - 1] == ',') {
      at--;
    }
    put(bracket);
  }

  private void put(char c) {
    if (at == out.length) {
      room(1);
    }
    out[at++] = (byte) c;
  }

  /** Makes room for so many bytes. */
  private void room(int more) {
    if (more > out.length - at) {
      out = Arrays.copyOf(out, Math.max(Math.addExact(at, more), 2 * out.length));
    }
  }

  @SuppressWarnings("deprecation") // of characters of one byte it is the fastest
  private void ascii(String text) {
    int length = text.length();
    room(length);
    text.getBytes(0, length, out, at);
    at += length;
  }

  private void number(long value) {
    room(LONGEST_LONG);
    if (value < 0) {
      if (value == Long.MIN_VALUE) {
        ascii(Long.toString(value));
        return;
      }
      out[at++] = '-';
      value = -value;
    }
    int end = at + digits(value);
    int i = end;
    do {
      out[--i] = (byte) ('0' + value % 10);
      value /= 10;
    } while (value != 0);
    at = end;
  }

  private static int digits(long value) {
    int n = 1;
    for (long limit = 10; n < 19 && value >= limit; limit *= 10) {
      n++;
    }
    return n;
  }

  private void text(String text) {
    // Of a text that holds one-byte characters alone this is a copy.
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    if (!isPlain(bytes)) {
      escaped(text);
      return;
    }
    int length = bytes.length;
    room(length + 2);
    byte[] to = out;
    to[at] = '"';
    System.arraycopy(bytes, 0, to, at + 1, length);
    at += length + 2;
    to[at - 1] = '"';
  }

  /**
   * Whether all of these are ASCII characters that are written as they are. Of a question mark it
   * is not said: one stands for every character that has no byte.
   */
  private static boolean isPlain(byte[] text) {
    int i = 0;
    for (; i <= text.length - Long.BYTES; i += Long.BYTES) {
      long eight = (long) LONGS.get(text, i);
      // Where a byte is smaller than what is taken from it, its highest bit is set afterwards. The
      // borrow may let the next byte look so too, but then the answer is there already.
      long below = eight - ONES * ' ';
      long quote = (eight ^ ONES * '"') - ONES;
      long slash = (eight ^ ONES * '\\') - ONES;
      long mark = (eight ^ ONES * '?') - ONES;
      if (((eight | below | quote | slash | mark) & HIGHS) != 0) {
        return false;
      }
    }
    for (; i < text.length; i++) {
      byte c = text[i];
      if (c < 0 || ESCAPES[c] != 0 || c == '?') {
        return false;
      }
    }
    return true;
  }

  /** A text with any characters. */
  private void escaped(String text) {
    put('"');
    int length = text.length();
    int i = 0;
    while (i < length) {
      int end = Math.min(length, i + STRETCH);
      room((end - i) * WIDEST);
      for (; i < end; i++) {
        escaped(text.charAt(i));
      }
    }
    put('"');
  }

  /** There is room for it. */
  private void escaped(char c) {
    if (c < 0x80) {
      byte escape = ESCAPES[c];
      if (escape == 0) {
        out[at++] = (byte) c;
      } else if (escape == 1) {
        code(c);
      } else {
        out[at++] = '\\';
        out[at++] = escape;
      }
    } else if (c < 0x800) {
      out[at++] = (byte) (0xC0 | c >> 6);
      out[at++] = (byte) (0x80 | c & 0x3F);
    } else if (Character.isSurrogate(c)) {
      code(c);
    } else {
      out[at++] = (byte) (0xE0 | c >> 12);
      out[at++] = (byte) (0x80 | c >> 6 & 0x3F);
      out[at++] = (byte) (0x80 | c & 0x3F);
    }
  }

  private void code(char c) {
    out[at++] = '\\';
    out[at++] = 'u';
    out[at++] = DIGITS[c >> 12];
    out[at++] = DIGITS[c >> 8 & 0xF];
    out[at++] = DIGITS[c >> 4 & 0xF];
    out[at++] = DIGITS[c & 0xF];
  }
}
