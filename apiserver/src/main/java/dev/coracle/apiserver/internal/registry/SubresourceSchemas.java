package dev.coracle.apiserver.internal.registry;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.Scheme;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.schema.Subresource;

/**
 * What a request's body is decoded as: the object's own kind, or the kind of its subresource.
 */
public record SubresourceSchemas(SchemaType type, GroupVersionKind kind) {

  public static SubresourceSchemas of(Scheme scheme, Call call) {
    ResourceDefinition definition = call.type().definition();
    GroupVersionKind kind =
        definition.subresource(call.subresource()).map(Subresource::kind).orElse(definition.kind());
    if (kind.equals(definition.kind())) {
      return new SubresourceSchemas(definition.schema(), kind);
    }
    return new SubresourceSchemas(scheme.schema(kind).orElse(definition.schema()), kind);
  }
}
