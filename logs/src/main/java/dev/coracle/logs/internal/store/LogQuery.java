package dev.coracle.logs.internal.store;

import dev.coracle.api.selector.LabelSelector;
import dev.coracle.logs.LogEntry;
import dev.coracle.logs.LogStream;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What is looked for. Empty texts mean: any.
 *
 * @param after only what is later than this time
 * @param texts all have to occur in the message, in any case of letters
 * @param limit the newest so many
 * @param before only what stands before this place: the next page
 */
public record LogQuery(
    String namespace,
    String pod,
    String container,
    String output,
    LabelSelector labels,
    String after,
    List<String> texts,
    int limit,
    Optional<Place> before) {

  public LogQuery {
    texts = texts.stream().map(t -> t.toLowerCase(Locale.ROOT)).toList();
  }

  /** Where an entry stands: a segment and a byte in it. Later entries have later places. */
  public record Place(long segment, long offset) implements Comparable<Place> {
    @Override
    public int compareTo(Place other) {
      int bySegment = Long.compare(segment, other.segment);
      return bySegment != 0 ? bySegment : Long.compare(offset, other.offset);
    }
  }

  /** An entry and where it stands. */
  public record Hit(Place place, LogEntry entry) {}

  boolean wantsContainer(String path) {
    String[] parts = path.split("/", 3);
    return isOrAny(namespace, parts[0]) && isOrAny(pod, parts[1]) && isOrAny(container, parts[2]);
  }

  boolean wants(LogStream stream) {
    return isOrAny(namespace, stream.namespace())
        && isOrAny(pod, stream.pod())
        && isOrAny(container, stream.container())
        && labels.matches(stream.labels());
  }

  boolean wants(String time, String itsOutput, String message) {
    if (time.compareTo(after) <= 0 || !isOrAny(output, itsOutput)) {
      return false;
    }
    if (texts.isEmpty()) {
      return true;
    }
    String lower = message.toLowerCase(Locale.ROOT);
    return texts.stream().allMatch(lower::contains);
  }

  private static boolean isOrAny(String wanted, String is) {
    return wanted.isEmpty() || wanted.equals(is);
  }
}
