package dev.coracle.client;

import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelSelector;

/**
 * What an informer follows of its resource.
 *
 * @param namespace empty for all namespaces
 */
public record InformerOptions(String namespace, LabelSelector labels, FieldSelector fields) {

  public static final InformerOptions ALL =
      new InformerOptions("", LabelSelector.EVERYTHING, FieldSelector.EVERYTHING);

  public static InformerOptions inNamespace(String namespace) {
    return new InformerOptions(namespace, LabelSelector.EVERYTHING, FieldSelector.EVERYTHING);
  }

  public InformerOptions withLabels(LabelSelector selector) {
    return new InformerOptions(namespace, selector, fields);
  }

  public InformerOptions withFields(FieldSelector selector) {
    return new InformerOptions(namespace, labels, selector);
  }
}
