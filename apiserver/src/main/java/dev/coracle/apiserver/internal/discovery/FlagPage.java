package dev.coracle.apiserver.internal.discovery;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.Responder;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * Serves {@code /flagz} (KEP-4828): the options this server runs with, as a text for people and as
 * an object for who asks for {@code as=Flagz} of {@code config.k8s.io}.
 */
public final class FlagPage {

  private static final String PATH = "/flagz";
  private static final String[] SEPARATORS = {":", ": ", "=", " "};

  private final Map<String, String> flags;

  /** By chance, as upstream has it: nobody is to read it by a program. */
  private final String separator =
      SEPARATORS[RandomGenerator.getDefault().nextInt(SEPARATORS.length)];

  /**
   * @param flags by their names without hyphens in front; none of the values is a secret
   */
  public FlagPage(Map<String, String> flags) {
    this.flags = new TreeMap<>(flags);
  }

  /** Answers, or says that the path is another one. */
  public boolean handle(Exchange exchange) {
    if (!exchange.info().path().equals(PATH)) {
      return false;
    }
    PageForm wanted = PageForm.of(exchange, "Flagz");
    if (wanted.isText()) {
      Responder.text(exchange, 200, text());
    } else {
      Responder.tree(exchange, wanted.form(), 200, object(wanted));
    }
    return true;
  }

  private ObjectNode object(PageForm wanted) {
    ObjectNode out = Json.object().put("kind", "Flagz").put("apiVersion", wanted.apiVersion());
    out.putObject("metadata").put("name", "apiserver");
    ObjectNode all = out.putObject("flags");
    flags.forEach(all::put);
    return out;
  }

  private String text() {
    StringBuilder out =
        new StringBuilder(
            """

            apiserver flags
            Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.

            """);
    flags.forEach((name, value) -> out.append(name).append(separator).append(value).append('\n'));
    return out.toString();
  }
}
