package dev.coracle.apiserver.internal.audit;

import java.util.Optional;

/** How much is recorded; each level holds the ones before. */
public enum AuditLevel {
  NONE("None"),
  METADATA("Metadata"),
  REQUEST("Request"),
  REQUEST_RESPONSE("RequestResponse");

  private final String word;

  AuditLevel(String word) {
    this.word = word;
  }

  String word() {
    return word;
  }

  boolean includes(AuditLevel other) {
    return compareTo(other) >= 0;
  }

  static Optional<AuditLevel> of(String word) {
    for (AuditLevel level : values()) {
      if (level.word.equals(word)) {
        return Optional.of(level);
      }
    }
    return Optional.empty();
  }
}
