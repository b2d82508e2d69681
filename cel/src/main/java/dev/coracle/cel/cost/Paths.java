package dev.coracle.cel.cost;

import java.util.ArrayList;
import java.util.List;

/** From a variable down to a value: names of fields, and these for what has no name. */
final class Paths {

  static final String ITEMS = "@items";
  static final String VALUES = "@values";
  static final String KEYS = "@keys";
  static final String INDICES = "@indices";

  private Paths() {}

  static List<String> below(List<String> path, String step) {
    List<String> out = new ArrayList<>(path);
    out.add(step);
    return List.copyOf(out);
  }
}
