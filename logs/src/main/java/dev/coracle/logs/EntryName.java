package dev.coracle.logs;

import dev.coracle.logs.internal.store.LogQuery.Place;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What an entry is called, {@code l1-2f8a.NODE}: where it stands in the store of its node. */
record EntryName(Place place, String node) {

  private static final Pattern TEXT =
      Pattern.compile("l([0-9a-f]{1,12})-([0-9a-f]{1,12})\\.([a-z0-9.-]{1,253})");

  /** Empty for what is no such name. */
  static Optional<EntryName> parse(String text) {
    Matcher parts = TEXT.matcher(text);
    return parts.matches()
        ? Optional.of(
            new EntryName(
                new Place(Long.parseLong(parts.group(1), 16), Long.parseLong(parts.group(2), 16)),
                parts.group(3)))
        : Optional.empty();
  }

  /** A place before which this entry and everything before it stands, and nothing else. */
  EntryName after() {
    return new EntryName(new Place(place.segment(), place.offset() + 1), node);
  }

  @Override
  public String toString() {
    return "l%x-%x.%s".formatted(place.segment(), place.offset(), node);
  }
}
