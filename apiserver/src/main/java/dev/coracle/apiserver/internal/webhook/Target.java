package dev.coracle.apiserver.internal.webhook;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.Subresource;

/**
 * In which version a request is shown to a webhook or policy.
 *
 * @param kind of the object, or of the subresource's own
 */
public record Target(GroupVersionResource resource, GroupVersionKind kind) {

  static Target of(ResourceDefinition definition, String subresource) {
    return new Target(
        definition.gvr(),
        definition.subresource(subresource).map(Subresource::kind).orElse(definition.kind()));
  }
}
