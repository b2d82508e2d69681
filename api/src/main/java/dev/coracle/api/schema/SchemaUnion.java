package dev.coracle.api.schema;

import java.util.Map;

/**
 * Fields of which one may be set ({@code x-kubernetes-unions}).
 *
 * @param discriminator the field that names the one that is set; empty where there is none
 * @param fields field name to the discriminator's value
 */
public record SchemaUnion(String discriminator, Map<String, String> fields) {

  public SchemaUnion {
    fields = Map.copyOf(fields);
  }
}
