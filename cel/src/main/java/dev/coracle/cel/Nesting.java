package dev.coracle.cel;

/**
 * How deep the brackets of an expression are nested, by its text alone: the parser looks ahead, and
 * recurses for it, before its own limit counts. Brackets in texts count like all others.
 */
final class Nesting {

  private Nesting() {}

  static int of(String text) {
    int depth = 0;
    int deepest = 0;
    for (int i = 0; i < text.length(); i++) {
      switch (text.charAt(i)) {
        case '(', '[', '{' -> deepest = Math.max(deepest, ++depth);
        case ')', ']', '}' -> depth = Math.max(0, depth - 1);
        default -> {}
      }
    }
    return deepest;
  }
}
