package dev.coracle.api.zpages;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/** {@code /flagz} (KEP-4828): the options that a component runs with. */
public final class FlagPage implements ZPage {

  private static final String[] SEPARATORS = {":", ": ", "=", " "};

  private final String component;
  private final Map<String, String> flags;

  /** By chance, as upstream has it: nobody is to read it by a program. */
  private final String separator =
      SEPARATORS[RandomGenerator.getDefault().nextInt(SEPARATORS.length)];

  /**
   * @param flags by their names without hyphens in front; none of the values is a secret
   */
  public FlagPage(String component, Map<String, String> flags) {
    this.component = component;
    this.flags = new TreeMap<>(flags);
  }

  @Override
  public String path() {
    return "/flagz";
  }

  @Override
  public String kind() {
    return "Flagz";
  }

  @Override
  public String component() {
    return component;
  }

  @Override
  public void fill(ObjectNode object) {
    ObjectNode all = object.putObject("flags");
    flags.forEach(all::put);
  }

  @Override
  public String text() {
    StringBuilder out = new StringBuilder(ZPage.heading(component, "flags"));
    flags.forEach((name, value) -> out.append(name).append(separator).append(value).append('\n'));
    return out.toString();
  }
}
