package dev.coracle.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import io.smallrye.mutiny.Uni;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * What the kubelet's API shows that is not the kubelet's own.
 *
 * @param metrics the Prometheus text of {@code /metrics}
 * @param logEntries answers {@code /logs/entries} from the query's parameters (empty where one is
 *     not given); empty while no log entries are kept here
 * @param flags the options of the process for {@code /flagz}, without what is secret
 */
public record ShownBeside(
    Supplier<String> metrics,
    Function<UnaryOperator<String>, Optional<Uni<JsonNode>>> logEntries,
    Map<String, String> flags) {

  public static final ShownBeside NOTHING =
      new ShownBeside(() -> "", _ -> Optional.empty(), Map.of());

  public ShownBeside {
    flags = Map.copyOf(flags);
  }
}
