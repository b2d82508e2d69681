package dev.coracle.scheduler.spi;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.selector.LabelRequirement;
import dev.coracle.api.selector.LabelRequirement.Operator;
import dev.coracle.api.selector.LabelSelector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A node selector's terms, of which one must match, each with all its requirements. An empty term
 * matches nothing (Kubernetes docs, "Assigning Pods to Nodes").
 */
public record NodeTerms(List<Term> terms) {

  /** Requirements on labels and on {@code metadata.name}. */
  public record Term(List<LabelRequirement> labels, List<LabelRequirement> fields) {

    public static Term of(JsonNode term) {
      List<LabelRequirement> labels = new ArrayList<>();
      term.path("matchExpressions").forEach(e -> labels.add(LabelSelector.expression(e)));
      List<LabelRequirement> fields = new ArrayList<>();
      term.path("matchFields").forEach(e -> fields.add(LabelSelector.expression(e)));
      return new Term(labels, fields);
    }

    public boolean matches(KubeObject node, Map<String, String> nodeLabels) {
      if (labels.isEmpty() && fields.isEmpty()) {
        return false;
      }
      Map<String, String> nodeFields = Map.of("metadata.name", node.name());
      return labels.stream().allMatch(r -> r.matches(nodeLabels))
          && fields.stream().allMatch(r -> r.matches(nodeFields));
    }
  }

  /** Reads {@code nodeSelectorTerms}. */
  public static NodeTerms of(JsonNode selector) {
    List<Term> terms = new ArrayList<>();
    selector.path("nodeSelectorTerms").forEach(t -> terms.add(Term.of(t)));
    return new NodeTerms(terms);
  }

  /**
   * The names of the nodes that it is about; null where some term is about nodes of any name. Empty
   * where no node can have the name that it asks for.
   */
  public @Nullable Set<String> names() {
    Set<String> all = new TreeSet<>();
    for (Term term : terms) {
      Set<String> names = null;
      for (LabelRequirement field : term.fields()) {
        if (field.key().equals("metadata.name") && field.operator() == Operator.IN) {
          if (names == null) {
            names = new TreeSet<>(field.values());
          } else {
            names.retainAll(field.values());
          }
        }
      }
      if (names == null) {
        return null;
      }
      all.addAll(names);
    }
    return terms.isEmpty() ? null : all;
  }

  public boolean matches(KubeObject node) {
    Map<String, String> labels = node.labels();
    return terms.stream().anyMatch(t -> t.matches(node, labels));
  }
}
