package dev.coracle.apiserver.internal.audit;

import java.util.Optional;

/** When an event is recorded. */
enum AuditStage {
  REQUEST_RECEIVED("RequestReceived"),
  /** Of long-running requests, such as watches. */
  RESPONSE_STARTED("ResponseStarted"),
  RESPONSE_COMPLETE("ResponseComplete"),
  PANIC("Panic");

  private final String word;

  AuditStage(String word) {
    this.word = word;
  }

  String word() {
    return word;
  }

  static Optional<AuditStage> of(String word) {
    for (AuditStage stage : values()) {
      if (stage.word.equals(word)) {
        return Optional.of(stage);
      }
    }
    return Optional.empty();
  }
}
