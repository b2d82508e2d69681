package dev.coracle.watchhub.internal.hub;

import dev.coracle.watchhub.StoredReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Puts {@code metadata.resourceVersion} into an encoded object and takes it out, without parsing
 * the rest. The bytes must be one valid JSON object; the scan ends at the metadata, which usually
 * stands near the beginning.
 */
public final class JsonSplice {

  private static final byte[] METADATA = ascii("\"metadata\"");
  private static final byte[] VERSION = ascii("\"resourceVersion\"");

  private final byte[] json;
  private int at;

  private JsonSplice(byte[] json) {
    this.json = json;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** The object with this resourceVersion; it must have none yet. */
  public static byte[] with(byte[] json, long revision) {
    JsonSplice scan = new JsonSplice(json);
    int metadata = scan.find(METADATA, 0);
    byte[] version;
    int insert;
    if (metadata < 0) {
      insert = scan.open(0);
      version =
          ascii(
              "\"metadata\":{\"resourceVersion\":\""
                  + revision
                  + "\"}"
                  + (scan.emptyAt(insert) ? "" : ","));
    } else {
      insert = scan.open(metadata);
      version =
          ascii("\"resourceVersion\":\"" + revision + "\"" + (scan.emptyAt(insert) ? "" : ","));
    }
    byte[] out = new byte[json.length + version.length];
    System.arraycopy(json, 0, out, 0, insert);
    System.arraycopy(version, 0, out, insert, version.length);
    System.arraycopy(json, insert, out, insert + version.length, json.length - insert);
    return out;
  }

  /** As {@link #with(byte[], long)}, of a value that is copied only once. */
  public static byte[] with(StoredReader.Value value, long revision) {
    byte[] version = ascii("\"resourceVersion\":\"" + revision + "\",");
    int room = version.length;
    byte[] out = new byte[room + value.length()];
    value.copyTo(out, room);
    JsonSplice scan = new JsonSplice(out);
    int metadata = scan.find(METADATA, room);
    int insert = metadata < 0 ? -1 : scan.open(metadata);
    if (insert < 0 || scan.emptyAt(insert)) {
      return with(Arrays.copyOfRange(out, room, out.length), revision);
    }
    System.arraycopy(out, room, out, 0, insert - room);
    System.arraycopy(version, 0, out, insert - room, room);
    return out;
  }

  /** The object without resourceVersion; the very array when it had none. */
  public static byte[] without(byte[] json) {
    JsonSplice scan = new JsonSplice(json);
    if (!scan.findVersion()) {
      return json;
    }
    byte[] out = new byte[json.length - (scan.cutTo - scan.cutFrom)];
    System.arraycopy(json, 0, out, 0, scan.cutFrom);
    System.arraycopy(json, scan.cutTo, out, scan.cutFrom, json.length - scan.cutTo);
    return out;
  }

  /** Whether the object would be this value without resourceVersion. */
  static boolean isWithout(byte[] json, byte[] value) {
    JsonSplice scan = new JsonSplice(json);
    if (!scan.findVersion()) {
      return Arrays.equals(json, value);
    }
    return value.length == json.length - (scan.cutTo - scan.cutFrom)
        && Arrays.equals(json, 0, scan.cutFrom, value, 0, scan.cutFrom)
        && Arrays.equals(json, scan.cutTo, json.length, value, scan.cutFrom, value.length);
  }

  /** Where what makes up the resourceVersion begins and ends, with the comma that belongs to it. */
  private int cutFrom;

  private int cutTo;

  private boolean findVersion() {
    int metadata = find(METADATA, 0);
    int value = metadata < 0 ? -1 : find(VERSION, metadata);
    if (value < 0) {
      return false;
    }
    int from = keyStart;
    at = value;
    skipValue();
    int to = at;
    blanks();
    if (at < json.length && json[at] == ',') {
      to = at + 1;
    } else {
      // It was the last: the comma before it goes.
      int i = from - 1;
      while (i > 0 && json[i] != ',' && json[i] != '{') {
        i--;
      }
      from = json[i] == ',' ? i : from;
    }
    cutFrom = from;
    cutTo = to;
    return true;
  }

  private int keyStart;

  /** Where the value of a key of the object that begins at {@code start} begins; -1 without it. */
  private int find(byte[] key, int start) {
    at = open(start);
    while (true) {
      blanks();
      byte c = next();
      if (c == '}') {
        return -1;
      }
      if (c == ',') {
        continue;
      }
      if (c != '"') {
        throw new IllegalArgumentException("not a JSON object");
      }
      int begin = at - 1;
      skipText();
      boolean found =
          at - begin == key.length && Arrays.equals(json, begin, at, key, 0, key.length);
      blanks();
      if (next() != ':') {
        throw new IllegalArgumentException("not a JSON object");
      }
      blanks();
      if (found) {
        keyStart = begin;
        return at;
      }
      skipValue();
    }
  }

  /** The place behind the brace of the object that begins here. */
  private int open(int start) {
    at = start;
    blanks();
    if (next() != '{') {
      throw new IllegalArgumentException("not a JSON object");
    }
    return at;
  }

  private boolean emptyAt(int start) {
    at = start;
    blanks();
    return at < json.length && json[at] == '}';
  }

  private byte next() {
    if (at >= json.length) {
      throw new IllegalArgumentException("the JSON ends too early");
    }
    return json[at++];
  }

  private void blanks() {
    while (at < json.length
        && (json[at] == ' ' || json[at] == '\n' || json[at] == '\r' || json[at] == '\t')) {
      at++;
    }
  }

  /** Behind the closing quote of a text whose opening quote was read. */
  private void skipText() {
    while (true) {
      byte c = next();
      if (c == '"') {
        return;
      }
      if (c == '\\') {
        at++;
      }
    }
  }

  private void skipValue() {
    int depth = 0;
    while (true) {
      byte c = next();
      switch (c) {
        case '"' -> {
          skipText();
          if (depth == 0) {
            return;
          }
        }
        case '{', '[' -> depth++;
        case '}', ']' -> {
          if (--depth == 0) {
            return;
          }
        }
        default -> {
          if (depth == 0) {
            while (at < json.length
                && json[at] != ','
                && json[at] != '}'
                && json[at] != ']'
                && json[at] > ' ') {
              at++;
            }
            return;
          }
        }
      }
    }
  }
}
