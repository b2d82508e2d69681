package dev.coracle.api;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keys that stand twice in one map of a document, in the words of Go's YAML reader: {@code line 9:
 * key "foo" already set in map}. At most a hundred are told. Fed with the document's events.
 */
public final class DuplicateKeys {

  private static final String BREAK = "\n  ";
  private static final String WORDS = "yaml: unmarshal errors:" + BREAK;

  private static final int MOST = 100;

  /** Of a list there are no keys. */
  private static final class Level {
    final @Nullable Set<String> keys;
    boolean keyIsNext = true;

    Level(boolean map) {
      keys = map ? new HashSet<>() : null;
    }
  }

  private final Deque<Level> levels = new ArrayDeque<>();
  private final List<String> found = new ArrayList<>(0);

  /** In the order in which they were met. */
  public List<String> found() {
    return found;
  }

  /** All of them, as the reason that the YAML is none. */
  public static String words(List<String> found) {
    return WORDS + String.join(BREAK, found);
  }

  /** What a text of {@link #words} has found, one each; of any other the text itself. */
  public static List<String> each(String text) {
    return text.startsWith(WORDS)
        ? List.of(text.substring(WORDS.length()).split(BREAK))
        : List.of(text);
  }

  void open(boolean map) {
    valueBegins();
    levels.push(new Level(map));
  }

  void close() {
    levels.pop();
  }

  /** A scalar or an alias: a key or a value, whichever is next. */
  void scalar(@Nullable String text, int line) {
    Level level = levels.peek();
    if (level == null || level.keys == null) {
      return;
    }
    if (!level.keyIsNext) {
      level.keyIsNext = true;
      return;
    }
    level.keyIsNext = false;
    if (text != null && !level.keys.add(text) && found.size() < MOST) {
      found.add("line " + line + ": key \"" + text + "\" already set in map");
    }
  }

  /** A map or a list stands for a value, and seldom for a key. */
  private void valueBegins() {
    Level level = levels.peek();
    if (level != null) {
      level.keyIsNext = !level.keyIsNext;
    }
  }

  /** Of a JSON document that has been read before. */
  public static List<String> ofJson(byte[] json) {
    DuplicateKeys keys = new DuplicateKeys();
    try (JsonParser parser = Json.MAPPER.createParser(json)) {
      for (JsonToken t = parser.nextToken(); t != null; t = parser.nextToken()) {
        switch (t) {
          case START_OBJECT -> keys.open(true);
          case START_ARRAY -> keys.open(false);
          case END_OBJECT, END_ARRAY -> keys.close();
          case FIELD_NAME ->
              keys.scalar(parser.currentName(), parser.currentTokenLocation().getLineNr());
          default -> keys.scalar(null, 0);
        }
      }
    } catch (IOException e) {
      // It has been read before: what follows its end is nobody's.
    }
    return keys.found;
  }
}
