package dev.coracle.apiserver.internal.flowcontrol;

/** A flow schema with the level that it names and what is counted of it. */
public record Flow(FlowSchema schema, PriorityLevel level, FlowMeters meters) {

  public String schemaUid() {
    return schema.uid();
  }

  public String levelUid() {
    return level.config().uid();
  }
}
