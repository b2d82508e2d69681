package dev.coracle.apiserver.internal.discovery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.Responder;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/** Serves {@code /}: where there is something to be read, for whoever begins with nothing. */
public final class RootPaths {

  private static final Set<String> ROOTS = Set.of("/", "/index.html");

  private final Collection<String> fixed;
  private final Supplier<JsonNode> groups;

  /**
   * @param fixed paths that are always there
   * @param groups an {@code APIGroupList} of all that there are now
   */
  public RootPaths(Collection<String> fixed, Supplier<JsonNode> groups) {
    this.fixed = fixed;
    this.groups = groups;
  }

  /** Answers, or says that this is another path. */
  public boolean handle(Exchange exchange) {
    if (!ROOTS.contains(exchange.info().path())) {
      return false;
    }
    ObjectNode document = Json.object();
    ArrayNode paths = document.putArray("paths");
    all().forEach(paths::add);
    Responder.indented(exchange, document);
    return true;
  }

  private Set<String> all() {
    Set<String> out = new TreeSet<>(fixed);
    for (JsonNode group : groups.get().path("groups")) {
      out.add("/apis/" + group.path("name").asText());
      for (JsonNode version : group.path("versions")) {
        out.add("/apis/" + version.path("groupVersion").asText());
      }
    }
    return out;
  }
}
