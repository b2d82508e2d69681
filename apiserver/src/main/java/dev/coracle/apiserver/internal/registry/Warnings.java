package dev.coracle.apiserver.internal.registry;

import java.util.ArrayList;
import java.util.List;

/**
 * What a client is told beside its answer, in {@code Warning} headers (RFC 9111, code 299).
 * Bounded.
 */
public final class Warnings {

  private static final int MOST = 32;
  private static final int LONGEST = 1024;

  private final List<String> texts = new ArrayList<>();
  private final AuditNotes notes;

  public Warnings() {
    this(AuditNotes.NONE);
  }

  /**
   * @param notes where what is not for the client goes
   */
  public Warnings(AuditNotes notes) {
    this.notes = notes;
  }

  /** What is for the audit log. */
  public AuditNotes notes() {
    return notes;
  }

  public synchronized void add(String text) {
    if (texts.size() < MOST && !texts.contains(text)) {
      texts.add(text.length() > LONGEST ? text.substring(0, LONGEST) : text);
    }
  }

  public synchronized List<String> texts() {
    return List.copyOf(texts);
  }
}
