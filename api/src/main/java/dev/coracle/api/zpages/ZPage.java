package dev.coracle.api.zpages;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;

/** A page about a component: a text for people, and an object for who names its kind. */
public interface ZPage {

  /** Where it is served. */
  String path();

  /** The kind of its object, in the group {@value PageForm#GROUP}. */
  String kind();

  /** The component that tells about itself, as upstream names it. */
  String component();

  String text();

  /** Puts what the object holds beside its kind, version and name. */
  void fill(ObjectNode object);

  /**
   * @param form one that is no text
   */
  default ObjectNode object(PageForm form) {
    ObjectNode out = Json.object().put("kind", kind()).put("apiVersion", form.apiVersion());
    out.putObject("metadata").put("name", component());
    fill(out);
    return out;
  }

  /** How the text begins. */
  static String heading(String component, String page) {
    return "\n"
        + component
        + " "
        + page
        + "\nWarning: This endpoint is not meant to be machine parseable, has no formatting"
        + " compatibility guarantees and is for debugging purposes only.\n\n";
  }
}
