package dev.coracle.client;

import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelSelector;

/**
 * What an informer follows of its resource.
 *
 * @param namespace empty for all namespaces
 * @param compact keep objects in their encoded form only and parse them when read: for caches of
 *     many objects that are seldom looked at
 */
public record InformerOptions(
    String namespace, LabelSelector labels, FieldSelector fields, boolean compact) {

  public static final InformerOptions ALL =
      new InformerOptions("", LabelSelector.EVERYTHING, FieldSelector.EVERYTHING, false);

  public static InformerOptions inNamespace(String namespace) {
    return new InformerOptions(
        namespace, LabelSelector.EVERYTHING, FieldSelector.EVERYTHING, false);
  }

  public InformerOptions withLabels(LabelSelector selector) {
    return new InformerOptions(namespace, selector, fields, compact);
  }

  public InformerOptions withFields(FieldSelector selector) {
    return new InformerOptions(namespace, labels, selector, compact);
  }

  public InformerOptions compacted() {
    return new InformerOptions(namespace, labels, fields, true);
  }
}
