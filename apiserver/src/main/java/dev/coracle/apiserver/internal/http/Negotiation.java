package dev.coracle.apiserver.internal.http;

import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which form an answer takes, from the {@code Accept} header (API concepts, "Alternate
 * representations of resources").
 *
 * @param as empty for the object itself, else {@code Table}, {@code PartialObjectMetadata} or
 *     {@code PartialObjectMetadataList}
 * @param version of {@code as}: {@code v1} or {@code v1beta1} of meta.k8s.io, or of another group
 */
public record Negotiation(Form form, String as, String group, String version) {

  /** The forms that are spoken. */
  public enum Form {
    JSON("application/json"),
    YAML("application/yaml"),
    PROTOBUF("application/vnd.kubernetes.protobuf");

    private final String mediaType;

    Form(String mediaType) {
      this.mediaType = mediaType;
    }

    public String mediaType() {
      return mediaType;
    }
  }

  private static final List<String> TRANSFORMING = List.of("as", "g", "v");

  public static final Negotiation JSON = new Negotiation(Form.JSON, "", "", "");

  private record Clause(String type, Map<String, String> parameters) {

    /** One where none is said that can be read. */
    double quality() {
      try {
        return Double.parseDouble(parameters.getOrDefault("q", "1"));
      } catch (NumberFormatException e) {
        return 1;
      }
    }

    /** The form that this names, or null; events alone are streamed, and not as YAML. */
    @Nullable Form form() {
      String stream = parameters.getOrDefault("stream", "");
      if (!stream.isEmpty() && (!stream.equals("watch") || type.equals("application/yaml"))) {
        return null;
      }
      return switch (type) {
        case "application/json", "*/*", "*", "application/*" -> Form.JSON;
        case "application/yaml" -> Form.YAML;
        case "application/vnd.kubernetes.protobuf" -> Form.PROTOBUF;
        default -> null;
      };
    }

    /** Whether it asks for the object as another kind than its own. */
    boolean transforms() {
      return TRANSFORMING.stream().anyMatch(parameters::containsKey);
    }
  }

  /**
   * For documents of JSON.
   *
   * @throws StatusException {@code NotAcceptable} when the header names nothing that is spoken
   */
  public static Negotiation of(String accept) {
    return of(accept, false);
  }

  /**
   * For the events of a watch, which have no YAML form.
   *
   * @param protobuf whether the kind has a protobuf form
   * @throws StatusException {@code NotAcceptable} when the header names nothing that is spoken
   */
  public static Negotiation ofWatch(String accept, boolean protobuf) {
    return choose(accept, false, protobuf, true)
        .orElseThrow(() ->
            StatusException.of(
                StatusReason.NOT_ACCEPTABLE,
                "only the following media types are accepted: application/json;stream=watch,"
                    + " application/vnd.kubernetes.protobuf;stream=watch"));
  }

  /**
   * @param protobuf whether the kind has a protobuf form
   * @throws StatusException {@code NotAcceptable} when the header names nothing that is spoken
   */
  public static Negotiation of(String accept, boolean protobuf) {
    return tryOf(accept, false, protobuf)
        .orElseThrow(() ->
            StatusException.of(
                StatusReason.NOT_ACCEPTABLE,
                "only the following media types are accepted: application/json, application/yaml,"
                    + " application/vnd.kubernetes.protobuf"));
  }

  /**
   * As {@link #of}.
   *
   * @param discovery whether {@code g} and {@code v} name a discovery document
   */
  public static Optional<Negotiation> tryOf(String accept, boolean discovery, boolean protobuf) {
    return choose(accept, discovery, protobuf, false);
  }

  /** For a Status: a clause that asks for a Table or metadata does not count, as there is none. */
  static Form ofStatus(String accept) {
    for (Clause clause : accept.isBlank() ? List.<Clause>of() : clauses(accept)) {
      Form form = clause.form();
      if (form != null && !clause.transforms()) {
        return form;
      }
    }
    return Form.JSON;
  }

  private static Optional<Negotiation> choose(
      String accept, boolean discovery, boolean protobuf, boolean stream) {
    if (accept.isBlank()) {
      return Optional.of(JSON);
    }
    for (Clause clause : clauses(accept)) {
      String as = clause.parameters().getOrDefault("as", "");
      // Metadata alone has a protobuf form, whatever it is of.
      boolean spoken = protobuf || !discovery && as.startsWith("PartialObjectMetadata");
      Form form = clause.form();
      if (form == null || form == Form.YAML && stream || form == Form.PROTOBUF && !spoken) {
        continue;
      }
      String group = clause.parameters().getOrDefault("g", "");
      String version = clause.parameters().getOrDefault("v", "");
      if (!clause.transforms()) {
        return Optional.of(new Negotiation(form, "", "", ""));
      }
      boolean known =
          discovery
              ? group.equals("apidiscovery.k8s.io") && as.equals("APIGroupDiscoveryList")
              : group.equals("meta.k8s.io")
                  && (version.equals("v1") || version.equals("v1beta1"))
                  && (as.equals("Table") || as.startsWith("PartialObjectMetadata"));
      // A Table has no protobuf form.
      if (known && !(form == Form.PROTOBUF && as.equals("Table"))) {
        return Optional.of(new Negotiation(form, as, group, version));
      }
    }
    return Optional.empty();
  }

  /** The best first: by {@code q}, then what names a type before what names any. */
  private static List<Clause> clauses(String accept) {
    if (accept.indexOf(',') < 0) {
      return List.of(clause(accept));
    }
    return Arrays.stream(accept.split(","))
        .map(Negotiation::clause)
        .sorted(
            Comparator.comparingDouble((Clause c) -> -c.quality())
                .thenComparing(c -> c.type().startsWith("*/"))
                .thenComparing(c -> c.type().endsWith("/*")))
        .toList();
  }

  private static Clause clause(String text) {
    String[] parts = text.trim().split(";");
    Map<String, String> parameters = new HashMap<>();
    for (int i = 1; i < parts.length; i++) {
      int is = parts[i].indexOf('=');
      if (is > 0) {
        parameters.put(parts[i].substring(0, is).trim(), parts[i].substring(is + 1).trim());
      }
    }
    return new Clause(parts[0].trim(), parameters);
  }

  public boolean table() {
    return as.equals("Table");
  }

  public boolean metadataOnly() {
    return as.startsWith("PartialObjectMetadata");
  }
}
