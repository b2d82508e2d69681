package dev.coracle.metrics.internal.state;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.ExpositionText;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * The families of a kind of which most are one field each: {@code spec.replicas} becomes {@code
 * kube_deployment_spec_replicas}. Built once, then immutable.
 */
final class FieldFamilies implements StateFamilies {

  /** Writes the series of one object under its own labels. */
  interface Writer {
    void write(ExpositionText out, KubeObject object, String[] own);
  }

  private final GroupVersionResource resource;
  private final String prefix;
  private final String nameLabel;
  private final boolean namespaced;
  private final List<Consumer<ExpositionText>> declarations = new ArrayList<>();
  private final List<Writer> writers = new ArrayList<>();

  /**
   * @param nameLabel which label carries the object's name; it is part of the families' names
   */
  FieldFamilies(GroupVersionResource resource, String nameLabel, boolean namespaced) {
    this(resource, "kube_" + nameLabel + "_", nameLabel, namespaced);
  }

  FieldFamilies(
      GroupVersionResource resource, String prefix, String nameLabel, boolean namespaced) {
    this.resource = resource;
    this.prefix = prefix;
    this.nameLabel = nameLabel;
    this.namespaced = namespaced;
    with(
        "created",
        "Unix creation timestamp",
        (out, o, own) -> Facts.created(out, prefix + "created", o, own));
  }

  /** A field that is zero where it is left out. */
  FieldFamilies count(String suffix, String help, String... path) {
    return with(suffix, help, (out, o, own) -> Facts.count(out, prefix + suffix, o.at(path), own));
  }

  /** A field without a series where it is left out. */
  FieldFamilies number(String suffix, String help, String... path) {
    return with(suffix, help, (out, o, own) -> Facts.number(out, prefix + suffix, o.at(path), own));
  }

  FieldFamilies flag(String suffix, String help, String... path) {
    return with(
        suffix,
        help,
        (out, o, own) -> out.sample(prefix + suffix, o.at(path).asBoolean() ? 1 : 0, own));
  }

  FieldFamilies time(String suffix, String help, String... path) {
    return with(suffix, help, (out, o, own) -> Facts.time(out, prefix + suffix, o.at(path), own));
  }

  FieldFamilies generations() {
    number("metadata_generation", "The generation that was asked for", "metadata", "generation");
    return number(
        "status_observed_generation",
        "The generation the controller has seen",
        "status",
        "observedGeneration");
  }

  FieldFamilies owners() {
    return with(
        "owner", "The owners", (out, o, own) -> Facts.owners(out, prefix + "owner", o, own));
  }

  FieldFamilies conditions() {
    return with(
        "status_condition",
        "The conditions",
        (out, o, own) ->
            Facts.conditions(out, prefix + "status_condition", o.at("status", "conditions"), own));
  }

  /** Whether a Job has come to this end; no series before. */
  FieldFamilies outcome(String suffix, String type) {
    return with(
        suffix,
        "Whether it is " + suffix,
        (out, o, own) ->
            Facts.elements(o.at("status", "conditions"))
                .filter(c -> c.path("type").asText().equals(type))
                .forEach(c ->
                    Facts.oneOf(
                        out,
                        prefix + suffix,
                        List.of("true", "false", "unknown"),
                        c.path("status").asText().toLowerCase(Locale.ROOT),
                        "condition",
                        own)));
  }

  /** One series with the value 1 and these texts as labels: label, path with dots, … */
  FieldFamilies info(String... labelsAndPaths) {
    return with(
        "info",
        "What it is",
        (out, o, own) -> {
          String[] values = labelsAndPaths.clone();
          for (int i = 1; i < values.length; i += 2) {
            JsonNode value = o.at(labelsAndPaths[i].split("\\."));
            values[i] = value.isValueNode() ? value.asText() : "";
          }
          out.sample(prefix + "info", 1, Facts.labels(own, values));
        });
  }

  /** The phase out of all phases. */
  FieldFamilies phase(String... phases) {
    return with(
        "status_phase",
        "The phase",
        (out, o, own) ->
            Facts.oneOf(
                out,
                prefix + "status_phase",
                List.of(phases),
                o.text("status", "phase"),
                "phase",
                own));
  }

  /** A family with a writer of its own; it gets the full name by {@code kube_…_suffix}. */
  FieldFamilies with(String suffix, String help, Writer writer) {
    declarations.add(out -> out.gauge(prefix + suffix, help));
    writers.add(writer);
    return this;
  }

  @Override
  public GroupVersionResource resource() {
    return resource;
  }

  @Override
  public void declare(ExpositionText out) {
    declarations.forEach(declaration -> declaration.accept(out));
  }

  @Override
  public void write(ExpositionText out, KubeObject object) {
    String[] own =
        namespaced
            ? new String[] {"namespace", object.namespace(), nameLabel, object.name()}
            : new String[] {nameLabel, object.name()};
    writers.forEach(writer -> writer.write(out, object, own));
  }
}
