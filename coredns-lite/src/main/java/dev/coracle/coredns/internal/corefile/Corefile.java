package dev.coracle.coredns.internal.corefile;

import java.util.ArrayList;
import java.util.List;

/**
 * CoreDNS's configuration as text has it: server blocks of zones, with directives that may have
 * bodies of their own.
 */
record Corefile(List<Block> blocks) {

  /**
   * @param keys zones as written, such as {@code .:53} or {@code consul.local:53}
   */
  record Block(List<String> keys, List<Directive> directives) {}

  record Directive(int line, String name, List<String> arguments, List<Directive> body) {}

  static Corefile parse(String text) throws CorefileException {
    List<Line> lines = lines(text);
    List<Block> blocks = new ArrayList<>();
    int at = 0;
    while (at < lines.size()) {
      Line head = lines.get(at);
      if (!head.opens()) {
        throw new CorefileException(head.number(), "expected '{' behind the zones of a block");
      }
      if (head.words().isEmpty()) {
        throw new CorefileException(head.number(), "a block has to name its zones");
      }
      List<Directive> directives = new ArrayList<>();
      at = body(lines, at + 1, head, 1, directives);
      blocks.add(new Block(keys(head.words()), List.copyOf(directives)));
    }
    return new Corefile(List.copyOf(blocks));
  }

  /** Deeper than any plugin of CoreDNS goes. */
  private static final int MOST_DEPTH = 4;

  /**
   * Reads to the brace that closes {@code head}.
   *
   * @return the index behind it
   */
  private static int body(List<Line> lines, int from, Line head, int depth, List<Directive> out)
      throws CorefileException {
    if (depth > MOST_DEPTH) {
      throw new CorefileException(head.number(), "too many braces within one another");
    }
    int at = from;
    while (at < lines.size()) {
      Line line = lines.get(at);
      if (line.closes()) {
        return at + 1;
      }
      if (line.words().isEmpty()) {
        throw new CorefileException(line.number(), "unexpected '{'");
      }
      List<Directive> body = new ArrayList<>();
      at = line.opens() ? body(lines, at + 1, line, depth + 1, body) : at + 1;
      List<String> words = line.words();
      out.add(
          new Directive(
              line.number(),
              words.getFirst(),
              List.copyOf(words.subList(1, words.size())),
              List.copyOf(body)));
    }
    throw new CorefileException(head.number(), "its '{' is never closed");
  }

  private static List<String> keys(List<String> words) {
    List<String> out = new ArrayList<>();
    for (String word : words) {
      for (String key : word.split(",")) {
        if (!key.isEmpty()) {
          out.add(key);
        }
      }
    }
    return List.copyOf(out);
  }

  private record Line(int number, List<String> words, boolean opens, boolean closes) {}

  private static List<Line> lines(String text) throws CorefileException {
    List<Line> out = new ArrayList<>();
    int number = 0;
    for (String line : text.split("\n", -1)) {
      number++;
      List<String> words = new ArrayList<>(words(number, line));
      if (words.isEmpty()) {
        continue;
      }
      boolean closes = words.getFirst().equals("}");
      if (closes && words.size() > 1) {
        throw new CorefileException(number, "nothing may stand behind '}' in its line");
      }
      boolean opens = words.getLast().equals("{");
      if (opens) {
        words.removeLast();
      }
      if (words.contains("{") || words.size() > 1 && words.contains("}")) {
        throw new CorefileException(number, "a brace ends its line");
      }
      out.add(new Line(number, List.copyOf(words), opens, closes));
    }
    return out;
  }

  /** Words of a line: quoted ones keep their spaces, what follows a {@code #} is a remark. */
  private static List<String> words(int number, String line) throws CorefileException {
    List<String> out = new ArrayList<>();
    int at = 0;
    while (at < line.length()) {
      char c = line.charAt(at);
      if (Character.isWhitespace(c)) {
        at++;
      } else if (c == '#') {
        break;
      } else if (c == '"') {
        int end = line.indexOf('"', at + 1);
        if (end < 0) {
          throw new CorefileException(number, "a quotation mark is never closed");
        }
        out.add(line.substring(at + 1, end));
        at = end + 1;
      } else {
        int end = at;
        while (end < line.length() && !Character.isWhitespace(line.charAt(end))) {
          end++;
        }
        out.add(line.substring(at, end));
        at = end;
      }
    }
    return out;
  }
}
