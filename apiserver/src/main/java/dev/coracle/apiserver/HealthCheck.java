package dev.coracle.apiserver;

import java.util.Optional;
import java.util.function.Supplier;

/**
 * One named line of {@code /readyz?verbose}, {@code /livez?verbose} and {@code /healthz?verbose}.
 *
 * @param asked at which of the three
 * @param problem empty when all is well; cheap, never blocks
 */
public record HealthCheck(String name, At asked, Supplier<Optional<String>> problem) {

  /** Which of the three a check is asked at. */
  public enum At {
    EVERYWHERE,
    /** Not at {@code /livez}: nothing that a new start would mend. */
    NOT_LIVEZ,
    READYZ;

    /**
     * @param root {@code healthz}, {@code livez} or {@code readyz}
     */
    public boolean includes(String root) {
      return switch (this) {
        case EVERYWHERE -> true;
        case NOT_LIVEZ -> !root.equals("livez");
        case READYZ -> root.equals("readyz");
      };
    }
  }
}
