package dev.coracle.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Makes trees that stay in memory: their objects are small. They equal all others. */
final class CompactNodes extends JsonNodeFactory {

  private static final long serialVersionUID = 1L;

  @Override
  public ObjectNode objectNode() {
    return new ObjectNode(this, new CompactMap());
  }
}
