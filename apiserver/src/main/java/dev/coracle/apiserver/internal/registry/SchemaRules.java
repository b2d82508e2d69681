package dev.coracle.apiserver.internal.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.api.patch.StrategicMergePatch;
import dev.coracle.api.schema.Defaulter;
import dev.coracle.api.schema.ResourceDefinition;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The rules that a definition's schema gives, the same way for built-in and custom resources. */
public final class SchemaRules implements ObjectRules {

  private final ResourceDefinition definition;

  public SchemaRules(ResourceDefinition definition) {
    this.definition = definition;
  }

  @Override
  public void setDefaults(ObjectNode object) {
    Defaulter.apply(definition, object);
  }

  @Override
  public List<StatusCause> validate(
      ObjectNode now, @Nullable KubeObject before, String subresource) {
    return List.of();
  }

  @Override
  public Set<String> selectableFields() {
    Set<String> out = new LinkedHashSet<>();
    ObjectNode custom = definition.custom();
    if (custom != null) {
      custom
          .path("selectableFields")
          .forEach(f -> out.add(f.path("jsonPath").asText("").replaceFirst("^\\.", "")));
    }
    return out;
  }

  @Override
  public ObjectNode strategicMerge(ObjectNode current, ObjectNode patch) {
    return StrategicMergePatch.apply(current, patch, definition.schema());
  }

  @Override
  public ObjectNode apply(
      @Nullable KubeObject current,
      ObjectNode configuration,
      String manager,
      boolean force,
      String subresource,
      Instant now) {
    throw StatusException.notImplemented("server-side apply");
  }

  @Override
  public void recordManager(
      @Nullable KubeObject before,
      ObjectNode now,
      String manager,
      String subresource,
      Instant time) {}
}
