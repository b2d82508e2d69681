package dev.coracle.apiserver.internal.verb;

import dev.coracle.api.GroupResource;
import dev.coracle.apiserver.ObjectProvider;
import java.util.Map;
import java.util.Optional;

/** Resources whose objects are computed instead of stored. */
public record Providers(Map<GroupResource, ObjectProvider> byResource) {

  public Providers {
    byResource = Map.copyOf(byResource);
  }

  public Optional<ObjectProvider> of(GroupResource resource) {
    return byResource.isEmpty() ? Optional.empty() : Optional.ofNullable(byResource.get(resource));
  }
}
