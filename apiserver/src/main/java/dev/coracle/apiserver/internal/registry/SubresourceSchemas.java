package dev.coracle.apiserver.internal.registry;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.SchemaTable;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.schema.Subresource;
import java.util.Map;

/** What a request's body is decoded as: the object's own kind, or the kind of its subresource. */
public record SubresourceSchemas(SchemaType type, GroupVersionKind kind) {

  private static final Map<String, String> DEFINITIONS =
      Map.of(
          "Scale", "io.k8s.api.autoscaling.v1.Scale",
          "Eviction", "io.k8s.api.policy.v1.Eviction",
          "Binding", "io.k8s.api.core.v1.Binding",
          "TokenRequest", "io.k8s.api.authentication.v1.TokenRequest");

  /** Whether the subresource is of a kind of its own, such as an Eviction or a Scale. */
  public static boolean isOfItsOwn(Call call) {
    ResourceDefinition definition = call.type().definition();
    return definition
        .subresource(call.subresource())
        .map(s -> !s.kind().equals(definition.kind()))
        .orElse(false);
  }

  public static SubresourceSchemas of(Call call) {
    ResourceDefinition definition = call.type().definition();
    GroupVersionKind kind =
        definition.subresource(call.subresource()).map(Subresource::kind).orElse(definition.kind());
    if (kind.equals(definition.kind())) {
      return new SubresourceSchemas(definition.schema(), kind);
    }
    String name = DEFINITIONS.get(kind.kind());
    return new SubresourceSchemas(
        name == null ? definition.schema() : SchemaTable.kubernetes().require(name), kind);
  }
}
