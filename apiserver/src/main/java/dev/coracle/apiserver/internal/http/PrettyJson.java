package dev.coracle.apiserver.internal.http;

import java.util.Arrays;

/**
 * Lays JSON out for people as Go's {@code json.Indent} does: two blanks a level, also in arrays,
 * and a blank behind a field's colon. It works on the text, so nothing is parsed for it.
 */
final class PrettyJson {

  private final byte[] in;
  private byte[] out;
  private int length;
  private int depth;

  private PrettyJson(byte[] in, int depth) {
    this.in = in;
    this.out = new byte[in.length * 2 + 16];
    this.depth = depth;
  }

  /** A document by itself, with its last line ended. */
  static byte[] document(byte[] json) {
    PrettyJson pretty = new PrettyJson(json, 0);
    pretty.run();
    pretty.put('\n');
    return pretty.toBytes();
  }

  /**
   * A value inside of another one, from its first character to its last.
   *
   * @param json well-formed
   * @param depth of the value
   */
  static byte[] value(byte[] json, int depth) {
    PrettyJson pretty = new PrettyJson(json, depth);
    pretty.run();
    return pretty.toBytes();
  }

  private byte[] toBytes() {
    return Arrays.copyOf(out, length);
  }

  private void run() {
    for (int i = 0; i < in.length; i++) {
      byte c = in[i];
      switch (c) {
        case '"' -> {
          int end = endOfText(i);
          put(i, end);
          i = end - 1;
        }
        case '{', '[' -> {
          put(c);
          int next = significant(i + 1);
          if (in[next] == '}' || in[next] == ']') {
            put(in[next]);
            i = next;
          } else {
            depth++;
            line();
          }
        }
        case '}', ']' -> {
          depth--;
          line();
          put(c);
        }
        case ',' -> {
          put(c);
          line();
        }
        case ':' -> {
          put(c);
          put(' ');
        }
        case ' ', '\t', '\n', '\r' -> {}
        default -> put(c);
      }
    }
  }

  private int significant(int from) {
    int at = from;
    while (in[at] <= ' ') {
      at++;
    }
    return at;
  }

  /** Behind the quote that ends the text whose first quote is here. */
  private int endOfText(int quote) {
    int at = quote + 1;
    while (in[at] != '"') {
      at += in[at] == '\\' ? 2 : 1;
    }
    return at + 1;
  }

  private void line() {
    room(1 + 2 * depth);
    out[length++] = '\n';
    Arrays.fill(out, length, length + 2 * depth, (byte) ' ');
    length += 2 * depth;
  }

  private void put(int c) {
    room(1);
    out[length++] = (byte) c;
  }

  private void put(int from, int to) {
    room(to - from);
    System.arraycopy(in, from, out, length, to - from);
    length += to - from;
  }

  private void room(int more) {
    if (length + more > out.length) {
      out = Arrays.copyOf(out, Math.max(length + more, out.length * 2));
    }
  }
}
