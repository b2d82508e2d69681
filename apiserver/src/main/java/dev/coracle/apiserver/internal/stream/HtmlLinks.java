package dev.coracle.apiserver.internal.stream;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Rewrites the URLs in the tags of an HTML page as it passes, piece by piece; all else leaves byte
 * for byte as it came. It looks at the structure alone (HTML Living Standard, "Tokenization"):
 * tags, quoted values, comments, and the elements whose content has no tags. Any encoding that
 * contains ASCII will do.
 */
final class HtmlLinks {

  /** A tag that is longer passes as it is. */
  private static final int MOST_TAG = 64 << 10;

  /** The attributes that are URLs (HTML 4.01, "Index of Attributes", and HTML 5). */
  private static final Map<String, Set<String>> URLS =
      Map.ofEntries(
          Map.entry("a", Set.of("href")),
          Map.entry("applet", Set.of("codebase")),
          Map.entry("area", Set.of("href")),
          Map.entry("audio", Set.of("src")),
          Map.entry("base", Set.of("href")),
          Map.entry("blockquote", Set.of("cite")),
          Map.entry("body", Set.of("background")),
          Map.entry("button", Set.of("formaction")),
          Map.entry("command", Set.of("icon")),
          Map.entry("del", Set.of("cite")),
          Map.entry("embed", Set.of("src")),
          Map.entry("form", Set.of("action")),
          Map.entry("frame", Set.of("longdesc", "src")),
          Map.entry("head", Set.of("profile")),
          Map.entry("html", Set.of("manifest")),
          Map.entry("iframe", Set.of("longdesc", "src")),
          Map.entry("img", Set.of("longdesc", "src", "usemap")),
          Map.entry("input", Set.of("src", "usemap", "formaction")),
          Map.entry("ins", Set.of("cite")),
          Map.entry("link", Set.of("href")),
          Map.entry("object", Set.of("classid", "codebase", "data", "usemap")),
          Map.entry("q", Set.of("cite")),
          Map.entry("script", Set.of("src")),
          Map.entry("source", Set.of("src")),
          Map.entry("video", Set.of("poster", "src")));

  /** Elements that end only at their own end tag. */
  private static final Set<String> RAW =
      Set.of("iframe", "noembed", "noframes", "script", "style", "textarea", "title", "xmp");

  private final UnaryOperator<String> rewrite;

  /** What has come and not left: at most the beginning of a tag, or of what may end a comment. */
  private final StringBuilder held = new StringBuilder();

  /** What ends the passage that has no tags, in lower case; empty among tags. */
  private String until = "";

  private boolean passesTag;

  HtmlLinks(UnaryOperator<String> rewrite) {
    this.rewrite = rewrite;
  }

  /** The next piece of the page, and what of it may leave. */
  Buffer feed(Buffer piece) {
    held.append(new String(piece.getBytes(), StandardCharsets.ISO_8859_1));
    StringBuilder out = new StringBuilder(held.length() + 256);
    int from = 0;
    while (from < held.length()) {
      int next = step(from, out);
      if (next < 0) {
        break;
      }
      from = next;
    }
    held.delete(0, from);
    return bytes(out);
  }

  /** What is left at the end of the page. */
  Buffer finish() {
    Buffer rest = bytes(held);
    held.setLength(0);
    return rest;
  }

  private static Buffer bytes(CharSequence text) {
    return Buffer.buffer(text.toString().getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Takes what begins at an index; the index behind it, or -1 where more has to come first. */
  private int step(int from, StringBuilder out) {
    if (!until.isEmpty()) {
      return passRaw(from, out);
    }
    if (passesTag) {
      int end = indexOf(">", from);
      passesTag = end < 0;
      return copy(from, end < 0 ? held.length() : end + 1, out);
    }
    if (held.charAt(from) != '<') {
      int tag = held.indexOf("<", from);
      return copy(from, tag < 0 ? held.length() : tag, out);
    }
    if (held.length() < from + 4 && "<!--".startsWith(held.substring(from))) {
      return -1;
    }
    if (held.indexOf("<!--", from) == from) {
      until = "-->";
      // <!--> is a comment too.
      return copy(from, from + 2, out);
    }
    char first = held.charAt(from + 1);
    boolean isTag = first >= 'a' && first <= 'z' || first >= 'A' && first <= 'Z';
    if (!isTag && first != '/' && first != '!' && first != '?') {
      return copy(from, from + 1, out);
    }
    int end = isTag ? endOfTag(from) : indexOf(">", from);
    if (end < 0) {
      if (held.length() - from <= MOST_TAG) {
        return -1;
      }
      passesTag = true;
      return copy(from, held.length(), out);
    }
    if (isTag) {
      tag(held.substring(from, end + 1), out);
      return end + 1;
    }
    return copy(from, end + 1, out);
  }

  private int passRaw(int from, StringBuilder out) {
    int end = indexOf(until, from);
    if (end >= 0) {
      boolean isTag = until.startsWith("<");
      int behind = isTag ? end : end + until.length();
      until = "";
      return copy(from, behind, out);
    }
    int keep = Math.max(from, held.length() - until.length() + 1);
    if (keep == from) {
      return -1;
    }
    return copy(from, keep, out);
  }

  private int copy(int from, int to, StringBuilder out) {
    out.append(held, from, to);
    return to;
  }

  /** Without regard to case; the text is one that {@link #until} can be. */
  private int indexOf(String text, int from) {
    for (int i = from; i + text.length() <= held.length(); i++) {
      int n = 0;
      while (n < text.length() && lower(held.charAt(i + n)) == text.charAt(n)) {
        n++;
      }
      if (n == text.length()) {
        return i;
      }
    }
    return -1;
  }

  private static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
  }

  /** Where a tag's {@code >} is; those in quoted values do not count. */
  private int endOfTag(int from) {
    char quote = 0;
    char before = 0;
    for (int i = from; i < held.length(); i++) {
      char c = held.charAt(i);
      if (quote != 0) {
        quote = c == quote ? 0 : quote;
      } else if ((c == '"' || c == '\'') && before == '=') {
        quote = c;
      } else if (c == '>') {
        return i;
      }
      if (!isSpace(c)) {
        before = c;
      }
    }
    return -1;
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
  }

  private void tag(String tag, StringBuilder out) {
    int i = 1;
    while (i < tag.length() && !isSpace(tag.charAt(i)) && "/>".indexOf(tag.charAt(i)) < 0) {
      i++;
    }
    String name = tag.substring(1, i).toLowerCase(Locale.ROOT);
    if (RAW.contains(name)) {
      until = "</" + name;
    }
    Set<String> urls = URLS.getOrDefault(name, Set.of());
    out.append(tag, 0, i);
    while (i < tag.length()) {
      int start = i;
      while (i < tag.length() && (isSpace(tag.charAt(i)) || "/>".indexOf(tag.charAt(i)) >= 0)) {
        i++;
      }
      int key = i;
      while (i < tag.length() && !isSpace(tag.charAt(i)) && "/>=".indexOf(tag.charAt(i)) < 0) {
        i++;
      }
      String attribute = tag.substring(key, i).toLowerCase(Locale.ROOT);
      int value = i;
      while (value < tag.length() && isSpace(tag.charAt(value))) {
        value++;
      }
      if (value == tag.length() || tag.charAt(value) != '=') {
        i = Math.max(i, start + 1);
        out.append(tag, start, i);
        continue;
      }
      value++;
      while (value < tag.length() && isSpace(tag.charAt(value))) {
        value++;
      }
      char quote = value < tag.length() ? tag.charAt(value) : 0;
      boolean quoted = quote == '"' || quote == '\'';
      value += quoted ? 1 : 0;
      i = value;
      while (i < tag.length() && (quoted ? tag.charAt(i) != quote : !ends(tag.charAt(i)))) {
        i++;
      }
      String text = tag.substring(value, i);
      out.append(tag, start, value).append(urls.contains(attribute) ? rewrite.apply(text) : text);
    }
  }

  private static boolean ends(char c) {
    return isSpace(c) || c == '>';
  }
}
