package dev.coracle.apiserver.internal.registry;

/** Takes what admission wants to be found in the audit log: the annotations of an event. */
public interface AuditNotes {

  AuditNotes NONE = (key, value, detail) -> {};

  /**
   * @param detail shows contents of objects: only for logs that show them anyway
   */
  void note(String key, String value, boolean detail);
}
